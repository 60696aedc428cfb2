"""`python -m benchmarks.false_claims`: how often "better" is said where nothing is better.

Every world is drawn many times, and the advisor asked about each draw. A way is truly better where
its mean gain over all draws is above 0 by more than three standard errors of that mean. A claim is
false where it is made for a way that is not. Beside it, what is claimed where each way has its own
95 % interval, and how often the way that is truly best is found (power).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from benchmarks.worlds import World
from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation

SIZES = (60, 250)
WORLDS = (
    World(0.0, "strong", isotropic=True),
    World(0.0, "weak", isotropic=True),
    World(0.0, "none", isotropic=True),
    World(0.6, "none"),
    World(0.6, "weak"),
    World(0.6, "strong"),
)

Claims = dict[str, tuple[float, bool, bool]]
"""By way: its gain, whether it is called better, and whether its own interval would say so."""


def claims(world: World, n: int, seed: int) -> Claims:
    """What the advisor says of one draw."""
    given = advise(Evidence(world.sample(n, seed)), Situation("mixed", "index"))
    found: Claims = {}
    for one in given.recommendations:
        for effect in one.effects[:1]:
            own = effect.change.low > 0
            found[one.rule.name] = (effect.gain.value, one.verdict == "better", own)
    return found


def main() -> None:
    """Print Markdown, a line a world and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--worlds", type=int, nargs="+", default=range(len(WORLDS)))
    options = parser.parse_args()
    print("| world | n | false claims | with own intervals | truly better | power |")
    print("|---|---|---|---|---|---|")
    for n in options.sizes:
        for world in (WORLDS[number] for number in options.worlds):
            with ProcessPoolExecutor() as pool:
                drawn = list(pool.map(partial(claims, world, n), range(options.draws)))
            gains = defaultdict(list)
            for one in drawn:
                for way, (gain, _, _) in one.items():
                    gains[way].append(gain)
            means = {way: float(np.mean(values)) for way, values in gains.items()}
            errors = {way: np.std(values) / np.sqrt(len(values)) for way, values in gains.items()}
            true = {way for way, mean in means.items() if mean > 3 * errors[way]}
            false, own = (
                np.mean([any(one[w][place] for w in one if w not in true) for one in drawn])
                for place in (1, 2)
            )
            best = max(true, key=lambda way: means[way], default=None)
            power = "" if best is None else f"{np.mean([one[best][1] for one in drawn]):.3f}"
            cells = [
                f"gap {world.gap:g}, {world.content} content",
                str(n),
                f"{false:.3f}",
                f"{own:.3f}",
                f"{len(true)} of {len(means)}",
                power,
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
