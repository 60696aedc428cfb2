"""Which modality the first results of the pooled index have, whatever was asked for.

For queries of modality A and a target modality B, both over the mixed index of `evaluate_mixed`,
with the rows of the query's own item in A left out: the target share@10 is the mean share of the
first 10 entries that has B, and the target hit rate@10 the share of queries with at least one such
entry among them. The target shares of one query modality add up to 1, and that of its own modality
is its bias. Equal scores: the mean over all their orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.measures.retrieval.mixed import MAX_QUERIES, asked_by_modality
from gapviz.strategies import Strategy

TARGET_FIGURES = ("share", "hit")


@dataclass(frozen=True, eq=False)
class TargetOutcome:
    """What queries of one modality got of another; `(n_queries,)` each."""

    items: Indices
    """Of each query."""
    share: Float64
    """Share of the first k of the mixed index that has the target modality; NaN where nothing can
    be found, or where results are items, which have several."""
    hit: Float64
    """Chance that at least one of the first k has it."""
    expected_share: Float64
    """Share of the entries that can be found that has it: what chance would give."""
    parts: Mapping[str, Float64] = field(default_factory=dict)
    """Means of `share` and `hit` in parts of the corpus, `(n_parts,)`."""


def evaluate_targets(
    collection: Collection,
    strategy: Strategy,
    *,
    k: int = 10,
    max_queries: int = MAX_QUERIES,
    seed: int = DEFAULT_SEED,
    kept: Mask | None = None,
) -> dict[tuple[str, str], TargetOutcome]:
    """Outcome by query modality and target modality; arguments as of `evaluate_mixed`."""
    outcomes = {}
    for name, items, blocks in asked_by_modality(
        collection, strategy, max_queries=max_queries, seed=seed
    ):
        found, chance, totals = [], [], []
        for asked in blocks:
            found.append(strategy.fusion.targets(asked, k))
            n_rows = np.diff([0, *(span.stop for span in asked.corpus.spans)])
            open_rows = np.repeat(n_rows[None, :], asked.items.size, axis=0)
            open_rows[:, asked.own] -= asked.n_excluded
            chance.append(ratio(open_rows, np.repeat(asked.n_open[:, None], len(n_rows), axis=1)))
            if kept is not None:
                part = strategy.fusion.targets_of_parts(asked, k, kept)
                totals.append([_sums(part.share), _sums(part.hit)])
        share, hit = (np.concatenate([getattr(one, n) for one in found]) for n in TARGET_FIGURES)
        expected = np.concatenate(chance)
        # (n_figures, sum and count, n_modalities, n_parts).
        summed = np.sum(totals, axis=0) if totals else None
        for code, target in enumerate(collection.modality_names):
            parts = (
                {}
                if summed is None
                else dict(
                    zip(TARGET_FIGURES, ratio(summed[:, 0, code], summed[:, 1, code]), strict=True)
                )
            )
            outcomes[name, target] = TargetOutcome(
                items, share[:, code], hit[:, code], expected[:, code], parts
            )
    return outcomes


def _sums(values: Float64) -> Float64:
    """`(2, n_modalities, n_parts)`: sum and number of what is known over the queries."""
    return np.stack([np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0)])
