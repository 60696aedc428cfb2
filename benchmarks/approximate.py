"""What the modality gap costs in an approximate index: the tables of docs/approximate.md.

`python -m benchmarks.approximate [SOURCE …] [--rows 1000,5000,20000]` measures the built-in
collection, every source named (as for `gapviz measure`), and larger worlds with the means and
covariances of the first source. It prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.core.wording import figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.pair import default_pair
from gapviz.measures.retrieval.approximate_recall import (
    LEVELS,
    EffortCurve,
    Sample,
    effort_curves,
    effort_ratio,
    sampled,
)
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.stored_recall import storage_losses
from gapviz.retrieval.approximate import STORAGES, Hnsw, IndexKind, Ivf
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.files import read
from gapviz.strategies import StrategyOptions

KINDS: dict[str, IndexKind] = {"HNSW": Hnsw(), "IVF": Ivf()}
MOST_QUERIES = 500
READ_AT = 0.95
STORED_ROWS = 20_000
"""Of the drawn world whose storage is measured."""
SEEDS = (42, 43, 44)


def grown(collection: Collection, n_items: int, *, seed: int = 1) -> Collection:
    """A world of matched items with the means and covariances of a collection's matched pairs.

    Every item is drawn from the normal distribution whose mean and covariance, over both
    modalities together, are those of the pairs: what a pair shares it shares here too.
    """
    first, second = default_pair(collection)
    pairs = collection.pairs(first, second)
    sides = [
        collection.modality(name).corpus.vectors[rows].astype(np.float64)
        for name, rows in ((first, pairs.rows_a), (second, pairs.rows_b))
    ]
    joint = np.concatenate(sides, axis=1)
    mean = joint.mean(axis=0)
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((n_items, len(joint))) / np.sqrt(len(joint) - 1)
    drawn = mean + weights @ (joint - mean)
    halves = np.split(drawn, [collection.dim], axis=1)
    return Collection(
        f"drawn like {collection.name}",
        items_of_rows(n_items),
        {
            name: ModalityVectors.of(half)
            for name, half in zip((first, second), halves, strict=True)
        },
        alternate_splits(n_items),
        encoder=collection.encoder,
    )


def sample_of(collection: Collection) -> Sample:
    """Of one collection, without a limit of rows."""
    return sampled(
        collection,
        default_pair(collection),
        n_queries=MOST_QUERIES,
        most_rows=sys.maxsize,
        seed=SEEDS[0],
    )


def told(estimate: Estimate, decimals: int = 2) -> str:
    """An estimate as it stands in a table."""
    if np.isnan(estimate.value):
        return "not reached"
    ends = f"{figure(estimate.low, decimals)}–{figure(estimate.high, decimals)}"
    return f"{figure(estimate.value, decimals)} ({ends})"


Curves = Mapping[tuple[str, str], Mapping[tuple[str, str | None], EffortCurve]]
"""By index and strategy, and then by who asks and what is searched."""


def curves_of(
    collection: Collection, names: Sequence[str], kinds: Mapping[str, IndexKind]
) -> Curves:
    """Every curve of one collection."""
    sample, experiment = sample_of(collection), Experiment(collection)
    return {
        (title, name): {
            (one.source, one.target): one
            for one in effort_curves(sample, experiment.fitted(StrategyOptions(name)), kind)
        }
        for title, kind in kinds.items()
        for name in names
    }


def effort_rows(found: Curves, first: str) -> Iterator[str]:
    """Cost of cross-modal queries over that of the modality's own, by index and strategy."""
    for (title, name), curves in found.items():
        for (source, target), curve in curves.items():
            if target in (source, None):
                continue
            own = curves[str(target), target]
            factors = [told(effort_ratio(curve, own, level)) for level in LEVELS]
            needed = [told(one.needed(READ_AT), 0) for one in (curve, own)]
            raw = found[title, first][source, target]
            change = "" if name == first else told(effort_ratio(curve, raw, READ_AT))
            way = f"{source} → {target}"
            yield _row([title, name, way, f"{curve.n_indexed:,}", *factors, *needed, change])


def mixed_rows(found: Curves, first: str) -> Iterator[str]:
    """The mixed index: cost by query modality, and what a strategy changes of it."""
    for (title, name), curves in found.items():
        for (source, target), curve in curves.items():
            if target is not None:
                continue
            needed = [told(curve.needed(level), 0) for level in LEVELS]
            raw = found[title, first][source, None]
            changes = [
                "" if name == first else told(effort_ratio(curve, raw, level))
                for level in LEVELS[1:]
            ]
            yield _row([title, name, source, f"{curve.n_indexed:,}", *needed, *changes])


def storage_rows(collection: Collection, names: Sequence[str]) -> Iterator[str]:
    """What a way of storing keeps across the modalities, and what a strategy changes of it."""
    sample, experiment = sample_of(collection), Experiment(collection)
    raw: dict[tuple[str, str, str | None], np.ndarray] = {}
    for name in names:
        strategy = experiment.fitted(StrategyOptions(name))
        losses = storage_losses(sample, strategy, tuple(STORAGES))
        for one in losses:
            key = (one.storage, one.source, one.target)
            raw.setdefault(key, one.recall)
            if one.storage == "float32" or one.target is None:
                continue
            change = bootstrap_mean(one.recall - raw[key], one.items)
            yield _row(
                [
                    STORAGES[one.storage],
                    name,
                    f"{one.source} → {one.target}",
                    f"{one.bytes_per_row:,.0f}",
                    told(bootstrap_mean(one.recall, one.items), 3),
                    told(bootstrap_mean(one.ranked_again, one.items), 3),
                    "" if name == names[0] else told(change, 3),
                ]
            )


def seed_rows(collection: Collection) -> Iterator[str]:
    """The same factors with the index built anew, raw cosine, the same queries."""
    sample = sample_of(collection)
    strategy = Experiment(collection).fitted(StrategyOptions())
    for title, kind in KINDS.items():
        factors: dict[str, list[str]] = {}
        for seed in SEEDS:
            curves = {
                (one.source, one.target): one
                for one in effort_curves(sample, strategy, kind, seed=seed)
            }
            for (source, target), curve in curves.items():
                if target not in (source, None):
                    own = curves[str(target), target]
                    value = effort_ratio(curve, own, READ_AT).value
                    factors.setdefault(f"{source} → {target}", []).append(figure(value, 2))
        for way, values in factors.items():
            yield _row([title, way, *values])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _print(title: str, columns: Sequence[str], rows: Iterator[str]) -> None:
    print(f"\n### {title}\n\n{_row(columns)}\n|{' --- |' * len(columns)}")
    for row in rows:
        print(row, flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.approximate", description=__doc__)
    parser.add_argument("sources", nargs="*", help="as for `gapviz measure`")
    parser.add_argument("--rows", default="1000,5000,20000", help="rows of the drawn worlds")
    parser.add_argument("--strategies", default="raw,centre", help="the first is held against")
    parser.add_argument("--indexes", default=",".join(KINDS), help="of HNSW and IVF")
    parser.add_argument("--worlds-only", action="store_true", help="leave the collections out")
    options = parser.parse_args()
    kinds = {title: KINDS[title] for title in options.indexes.split(",")}
    names = options.strategies.split(",")
    read_in = [read(source).collection for source in options.sources]
    collections = [] if options.worlds_only else [builtin_collection(), *read_in]
    levels = [f"×, recall {level:.0%}" for level in LEVELS]
    effort = ["index", "strategy", "query → searched", "rows", *levels]
    effort += ["cost at 95%", "own cost at 95%", f"over {names[0]}"]
    mixed = ["index", "strategy", "queries", "rows", *(f"cost at {level:.0%}" for level in LEVELS)]
    mixed += [f"over {names[0]}, {level:.0%}" for level in LEVELS[1:]]
    stored = ["stored as", "strategy", "query → searched", "bytes", "recall@10", "ranked again"]
    stored += [f"over {names[0]}"]
    worlds = []
    for rows in map(int, options.rows.split(",")) if read_in else ():
        world = grown(read_in[0], rows // 2)
        worlds.append(replace(world, name=f"{world.name}, {rows:,} rows"))
    for one in (*collections, *worlds):
        found = curves_of(one, names, kinds)
        _print(f"{one.name}: search effort", effort, effort_rows(found, names[0]))
        _print(f"{one.name}: mixed index", mixed, mixed_rows(found, names[0]))
        if one in collections or 2 * one.n_items == STORED_ROWS:
            _print(f"{one.name}: storage", stored, storage_rows(one, names))
        if one in collections:
            columns = ["index", "query → searched", *(f"seed {seed}" for seed in SEEDS)]
            _print(f"{one.name}: × at {READ_AT:.0%}, index built anew", columns, seed_rows(one))


if __name__ == "__main__":
    main()
