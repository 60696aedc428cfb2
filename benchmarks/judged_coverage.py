"""`python -m benchmarks.judged_coverage`: how often intervals by judgments hold the truth.

As `benchmarks.coverage`, of collections whose items are texts or pictures of topics, and whose
queries, asked in texts, are answered by the items of their topic, some better than others. Every
draw has fresh items, fresh topics and fresh queries.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.coverage import CHANGE, SIZES
from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.item import items_of_rows
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions

STRATEGIES = ("raw", "centre", "znorm", "route")
NAMES = {
    "ndcg": "judged_ndcg",
    "recall@10": "judged_recall@10",
    "recall@100": "judged_recall@100",
    "mrr": "judged_mrr",
    "map": "judged_map",
    "bias": "judged_bias",
    "lift": "judged_bias",
    "target_hit": "target_hit",
    "unjudged": "unjudged",
}
"""Figure of a `JudgedMeasurement` → its name in the protocol."""
BETTER = 0.3
"""Share of the answers that have the grade 2."""
JUDGED = 0.8
"""Share of the answers that somebody judged."""

Found = dict[tuple[str, str], Estimate]


@dataclass(frozen=True)
class JudgedWorld:
    """A population of topics."""

    gap: float
    """How far the pictures lie from the texts, in standard deviations of a topic."""
    answers: float
    """Items a topic, on average."""
    dim: int = 24

    def __str__(self) -> str:
        return f"gap {self.gap:g}, {self.answers:g} answers a query"

    def sample(self, n: int, seed: int) -> Collection:
        """2n items with 2n queries, half of which evaluate."""
        rng = np.random.default_rng(seed)
        n_topics = max(int(2 * n / self.answers), 1)
        topics = rng.standard_normal((n_topics, self.dim))
        of_item, of_query = rng.integers(0, n_topics, (2, 2 * n))
        side = np.zeros(self.dim)
        side[0] = self.gap
        is_picture = rng.random(2 * n) < 0.5
        items = topics[of_item] + rng.standard_normal((2 * n, self.dim))
        items += np.where(is_picture[:, None], side, -side)
        asked = topics[of_query] + rng.standard_normal((2 * n, self.dim)) - side
        query, item = np.nonzero(of_query[:, None] == of_item)
        kept = rng.random(query.size) < JUDGED
        grade = 1 + (rng.random(query.size) < BETTER)
        evaluation = Evaluation(
            "made",
            tuple(JudgedQuery(str(k), "text", asked_modality="image") for k in range(2 * n)),
            Judgments.of(query[kept], item[kept], grade[kept]),
            {"text": ModalityVectors.of(asked)},
        )
        blocks = {
            name: ModalityVectors.of(items[rows], rows)
            for name, rows in (
                ("image", np.flatnonzero(is_picture)),
                ("text", np.flatnonzero(~is_picture)),
            )
        }
        made = Collection("made", items_of_rows(2 * n), blocks, alternate_splits(2 * n))
        return with_evaluation(made, evaluation)


WORLDS = (JudgedWorld(0.5, 8), JudgedWorld(2.0, 8), JudgedWorld(2.0, 2))


def figures(world: JudgedWorld, n: int, seed: int) -> Found:
    """Every figure of one draw, and its change from raw cosine."""
    base = Experiment(world.sample(n, seed))
    measured = {name: base.having(StrategyOptions(name)).judged() for name in STRATEGIES}
    found: Found = {}
    for name, one in measured.items():
        for figure in NAMES:
            found[name, figure] = one.estimate(figure, "text")
            if name != "raw":
                found[f"{name}{CHANGE}", figure] = one.change(measured["raw"], figure, "text")
    return found


def values(world: JudgedWorld, n: int, seed: int) -> dict[tuple[str, str], float]:
    """The values alone."""
    base = Experiment(world.sample(n, seed))
    found: dict[tuple[str, str], float] = {}
    for name in STRATEGIES:
        measured = base.having(StrategyOptions(name)).judged()
        for figure in NAMES:
            found[name, figure] = float(np.nanmean(measured.values[figure, "text"]))
            if name != "raw":
                change = found[name, figure] - found["raw", figure]
                found[f"{name}{CHANGE}", figure] = change
    return found


def main() -> None:
    """Print Markdown: coverage by strategy, figure and size, lowest and highest over the worlds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", type=Path, metavar="PATH", help="add to what gapviz ships, too")
    options = parser.parse_args()
    covers: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ProcessPoolExecutor() as pool:
        for n in options.sizes:
            for world in WORLDS:
                draws = range(options.draws)
                fresh = range(1_000_000, 1_000_000 + options.draws)
                measured = list(pool.map(partial(figures, world, n), draws, chunksize=4))
                more = list(pool.map(partial(values, world, n), fresh, chunksize=4))
                for key in measured[0]:
                    drawn = [one[key].value for one in measured] + [one[key] for one in more]
                    truth, spread = np.nanmean(drawn), np.nanstd(drawn)
                    if spread < 1e-9 or np.isnan(truth):
                        continue
                    ends = np.array([(one[key].low, one[key].high) for one in measured])
                    holds = (ends[:, 0] <= truth + 1e-9) & (truth <= ends[:, 1] + 1e-9)
                    covers[key][n].append(float(holds.mean()))
                print(f"<!-- {world}, n = {n} -->", flush=True)
    heads = [f"n = {n}" for n in options.sizes]
    print(f"\n| strategy | figure | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
    for (strategy, figure), by_size in covers.items():
        cells = [
            f"{min(by_size[n]):.2f}–{max(by_size[n]):.2f}" if by_size[n] else "constant"
            for n in options.sizes
        ]
        print(f"| {strategy} | {figure} | {' | '.join(cells)} |")
    if options.json is not None:
        shipped = json.loads(options.json.read_text("utf-8"))
        shipped["judged_worlds"] = list(map(str, WORLDS))
        for (strategy, figure), by_size in covers.items():
            kind = shipped["changes" if strategy.endswith(CHANGE) else "figures"]
            ends = kind.setdefault(NAMES[figure], {})
            for n, shares in ((n, shares) for n, shares in by_size.items() if shares):
                known = ends.get(str(n), [1.0, 0.0])
                ends[str(n)] = [min(known[0], *shares), max(known[1], *shares)]
        text = json.dumps(shipped, indent=1, ensure_ascii=False)
        options.json.write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
