"""Whether the intervals of the gap hold the true one, in worlds where that is known.

`python -m benchmarks.gap_coverage [--replications 200] [--workers 1]` draws collections, has
gapviz measure them, and prints as Markdown how often each 95 % interval held the truth and how
wide it was on average.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, unit_rows
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.pair_scores import PairScores
from gapviz.strategies import StrategyOptions

CONTENTS = {"strong": (0.6, 0.35), "weak": (0.35, 0.6), "none": (0.0, 0.7), "unpaired": (0.0, 0.7)}
"""Length of what a pair shares, and of what each row has alone, beside a centre of length 1."""
GAPS = (0.0, 0.1, 0.6, 1.1)
SIZES = (60, 250, 500)
STRATEGIES = {
    "raw": StrategyOptions("raw"),
    "half-way": StrategyOptions("half", strength=0.5),
    "centred": StrategyOptions("centre"),
}
POPULATION_ENTRIES, BLOCK = 12_800_000, 12_500
NOTHING = (np.empty(0), np.empty(0), np.empty(0), np.empty(0))
NO_SCORES = PairScores(*NOTHING, sampled=False)
"""In place of the cosines of single pairs: they take most of the time, and no interval."""
CENTRE, OFFSET = 0, 1
"""Dimensions along which both clouds, and each against the other, are moved."""


@dataclass(frozen=True)
class World:
    """A population of pairs (x, y) whose two sides mirror each other along `OFFSET`.

    Therefore Δ has no part in any other dimension, before and after a strategy.
    """

    content: str
    gap: float
    n: int
    """Items of each split; of each modality, where they are unpaired."""
    dim: int = 64
    isotropic: bool = False

    @property
    def title(self) -> str:
        """Its first columns in the table."""
        spread = "isotropic" if self.isotropic else "falling"
        return f"{self.dim}, {spread} | {self.content} | {self.gap:g} | {self.n}"

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Float32, Float32]:
        """Unit rows of n pairs, `(n, dim)` each."""
        shared, own = CONTENTS[self.content]
        scale = np.ones(self.dim) if self.isotropic else (1 + np.arange(self.dim)) ** -0.5
        scale /= np.linalg.norm(scale)
        meaning = shared * scale * rng.standard_normal((n, self.dim))
        sides = []
        for sign in (1, -1):
            rows = meaning + own * scale * rng.standard_normal((n, self.dim))
            rows[:, CENTRE] += 1
            rows[:, OFFSET] += sign * self.gap / 2
            sides.append(unit_rows(rows))
        return sides[0], sides[1]

    def collection(self, rng: np.random.Generator) -> Collection:
        """2n pairs, or 2n items of each modality, calibrated and evaluated by halves."""
        x, y = self.draw(rng, 2 * self.n)
        paired = self.content != "unpaired"
        own_y = np.arange(2 * self.n) + (0 if paired else 2 * self.n)
        n_items = int(own_y[-1]) + 1
        places = np.arange(n_items)
        first = places % (2 * self.n) < self.n
        return Collection(
            "world",
            items_of_rows(n_items),
            {"x": ModalityVectors.of(x), "y": ModalityVectors.of(y, own_y)},
            {"calibrate": places[first], "evaluate": places[~first]},
        )


def worlds() -> Iterator[World]:
    """All of the table."""
    for content in CONTENTS:
        for gap in GAPS:
            for n in SIZES:
                yield World(content, gap, n)
    for content in CONTENTS:
        for gap in GAPS[:3]:
            for n in SIZES[:2]:
                yield World(content, gap, n, dim=512, isotropic=True)


@cache
def population_gaps(world: World) -> dict[str, float]:
    """The gap of the population by strategy, whatever n is."""
    if world.gap == 0:
        return dict.fromkeys(STRATEGIES, 0.0)
    population, rng = POPULATION_ENTRIES // world.dim, np.random.default_rng(2)
    sums = np.zeros((2, world.dim))
    for _ in range(population // BLOCK):
        sums += [rows.sum(axis=0, dtype=np.float64) for rows in world.draw(rng, BLOCK)]
    x, y = sums / population
    shifts = {
        "raw": (x * 0, y * 0),
        "half-way": ((y - x) / 4, (x - y) / 4),
        "centred": (-x, -y),
    }
    moved: dict[str, float] = defaultdict(float)
    rng = np.random.default_rng(2)
    for _ in range(population // BLOCK):
        sides = world.draw(rng, BLOCK)
        for name, both in shifts.items():
            for sign, rows, shift in zip((1, -1), sides, both, strict=True):
                along = unit_rows(rows + shift, shift=np.zeros(world.dim))[:, OFFSET]
                moved[name] += sign * float(along.sum(dtype=np.float64))
    return {name: abs(total) / population for name, total in moved.items()}


def estimates(world: World, seed: tuple[int, ...]) -> dict[str, Estimate]:
    """Of one collection: the gap by strategy, and what each changes of the raw one."""
    raw = Experiment(world.collection(np.random.default_rng(seed)), pair=("x", "y"))
    vars(raw)["split_warnings"] = ()
    gaps = {}
    for name, options in STRATEGIES.items():
        geometry = raw.having(options).measurement.geometry
        vars(geometry)["scores"] = NO_SCORES
        gaps[name] = geometry.gap
    found = {name: gap.estimate for name, gap in gaps.items()}
    for name in list(STRATEGIES)[1:]:
        found[f"change, {name}"] = gaps[name].change_from(gaps["raw"])
    return found


def row(world: World, replications: int) -> str:
    """Coverage and mean width of each interval, in a line of the table."""
    truth = dict(population_gaps(replace(world, n=0)))
    truth |= {f"change, {name}": truth[name] - truth["raw"] for name in list(STRATEGIES)[1:]}
    held: dict[str, list[bool]] = defaultdict(list)
    widths: dict[str, list[float]] = defaultdict(list)
    place = list(worlds()).index(world)
    for replication in range(replications):
        for name, one in estimates(world, (1, place, replication)).items():
            held[name].append(one.low <= truth[name] <= one.high)
            widths[name].append(one.high - one.low)
    cells = [f"{np.mean(held[name]):.3f} ({np.mean(widths[name]):.3f})" for name in truth]
    true = " · ".join(f"{truth[name]:.3f}" for name in STRATEGIES)
    return f"| {world.title} | {true} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gap_coverage", description=__doc__)
    parser.add_argument("--replications", type=int, default=200, help="collections of each world")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args()
    columns = ["dimensions", "content", "offset", "n", "true gap: raw · half-way · centred"]
    columns += [*STRATEGIES, *(f"change, {name}" for name in list(STRATEGIES)[1:])]
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    with ProcessPoolExecutor(options.workers) as pool:
        for line in pool.map(partial(row, replications=options.replications), worlds()):
            print(line, flush=True)


if __name__ == "__main__":
    main()
