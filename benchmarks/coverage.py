"""`python -m benchmarks.coverage`: how often intervals hold the truth, where it is known.

Every world is drawn many times; the truth of a figure is its mean over those draws and as many
again, each with a fresh calibration set and a fresh corpus. Coverage is the share of the draws
whose 95 % interval holds it; width is the mean width of the interval over that of a normal one
with the figure's true standard deviation.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.worlds import WORLDS, World
from gapviz.core.estimate import Estimate
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.intervals import Intervals
from gapviz.measures.retrieval.outcomes import Figure, figure_name
from gapviz.strategies import StrategyOptions

SIZES = (60, 250, 500)
STRATEGIES = ("raw", "centre", "znorm", "route", "minmax")
FIGURES = (
    ("bias", "image"),
    ("lift", "image"),
    ("ndcg", "image"),
    ("mrr", "image"),
    ("recall", "image"),
    ("recall@1", "text", "image"),
    ("recall@5", "text", "image"),
    ("recall@10", "text", "image"),
    ("mrr", "text", "image"),
)
IMBALANCE = ("imbalance",)
CHANGE = " − raw"
"""Behind the name of a strategy: what it changes."""

Found = dict[tuple[str, tuple[str, ...]], Estimate]


def figures(world: World, n: int, intervals: Intervals, strategies: list[str], seed: int) -> Found:
    """Every figure of one draw, and its change from raw cosine."""
    base = Experiment(world.sample(n, seed), intervals=intervals)
    measured = {name: base.having(StrategyOptions(name)).measurement for name in strategies}
    found: Found = {}
    for name, one in measured.items():
        for key in FIGURES:
            found[name, key] = one.estimate(*key)
            if name != "raw" and intervals == "all":
                found[f"{name}{CHANGE}", key] = one.change(measured["raw"], *key)
        found[name, IMBALANCE] = one.imbalance
    return found


def values(world: World, n: int, strategies: list[str], seed: int) -> dict[object, float]:
    """The values alone."""
    found = figures(world, n, "queries", strategies, seed)
    alone: dict[object, float] = {key: one.value for key, one in found.items()}
    for name in strategies:
        for key in FIGURES:
            alone[f"{name}{CHANGE}", key] = found[name, key].value - found["raw", key].value
    return alone


def coverage(
    world: World, n: int, draws: int, strategies: list[str], intervals: Intervals
) -> Iterator[tuple[str, Figure, float, float]]:
    """(strategy, figure, coverage, width) of everything that varies."""
    with ProcessPoolExecutor() as pool:
        measured = list(
            pool.map(partial(figures, world, n, intervals, strategies), range(draws), chunksize=4)
        )
        fresh = range(1_000_000, 1_000_000 + draws)
        more = list(pool.map(partial(values, world, n, strategies), fresh, chunksize=4))
    for key in measured[0]:
        drawn = np.array([one[key].value for one in measured] + [one[key] for one in more])
        truth, spread = np.nanmean(drawn), np.nanstd(drawn)
        if spread < 1e-9 or np.isnan(truth):
            continue
        ends = np.array([(one[key].low, one[key].high) for one in measured])
        holds = (ends[:, 0] <= truth + 1e-9) & (truth <= ends[:, 1] + 1e-9)
        width = np.nanmean(ends[:, 1] - ends[:, 0]) / (2 * 1.96 * spread)
        yield *key, float(holds.mean()), float(width)


By = Mapping[tuple[str, Figure], Mapping[int, Sequence[tuple[float, float]]]]
"""By strategy and figure, by size, a world after another: coverage and width."""


def plain(found: By, options: argparse.Namespace) -> dict[str, Any]:
    """What gapviz ships: lowest and highest coverage over worlds, strategies and queries."""
    kinds: dict[bool, dict[str, dict[int, list[float]]]] = {
        changed: defaultdict(lambda: defaultdict(list)) for changed in (False, True)
    }
    for (strategy, figure), by_size in found.items():
        by_name = kinds[strategy.endswith(CHANGE)][figure_name(figure)]
        for n, measured in by_size.items():
            by_name[n] += [covers for covers, _ in measured]
    figures, changes = (
        {
            name: {str(n): [min(all_of), max(all_of)] for n, all_of in sorted(by_size.items())}
            for name, by_size in by_name.items()
        }
        for by_name in kinds.values()
    )
    return {
        "date": date.today().isoformat(),
        "draws": options.draws,
        "worlds": [
            f"gap {one.gap:g}, {one.content} content"
            for one in (WORLDS[number] for number in options.worlds)
        ],
        "strategies": list(options.strategies),
        "figures": figures,
        "changes": changes,
    }


def main() -> None:
    """Print Markdown: coverage by strategy, figure and size, lowest and highest over the worlds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--worlds", type=int, nargs="+", default=range(len(WORLDS)))
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES)
    parser.add_argument("--intervals", choices=("all", "queries"), default="all")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write what gapviz ships, too")
    options = parser.parse_args()
    if options.json is not None and options.intervals != "all":
        parser.error("--json is of the intervals that gapviz shows")
    found: dict[tuple[str, Figure], dict[int, list[tuple[float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for n in options.sizes:
        for number in options.worlds:
            world = WORLDS[number]
            for strategy, figure, covers, width in coverage(
                world, n, options.draws, list(options.strategies), options.intervals
            ):
                found[strategy, figure][n].append((covers, width))
                words = f"{strategy} {' '.join(figure)}"
                print(f"<!-- {world} n={n} {words} {covers:.3f} {width:.2f} -->")
    heads = [f"n = {n}" for n in options.sizes]
    print(f"\n| strategy | figure | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
    for (strategy, figure), by_size in found.items():
        cells = [
            f"{min(c for c, _ in by_size[n]):.3f}–{max(c for c, _ in by_size[n]):.3f}"
            if by_size[n]
            else "constant"
            for n in options.sizes
        ]
        print(f"| {strategy} | {' '.join(figure)} | {' | '.join(cells)} |")
    if options.json is not None:
        text = json.dumps(plain(found, options), indent=1, ensure_ascii=False)
        options.json.write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
