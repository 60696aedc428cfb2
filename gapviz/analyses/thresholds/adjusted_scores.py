"""Adjusted scores by type of pair: what a strategy that moves no vector makes of cosines.

Every indexed row asks. Across the modalities x and y the rows of one of them ask those of the
other, since a score may depend on who asks; within a modality every row asks all others, so
that a pair counts in both orders. As in a search, a row never finds the rows of its own item in
its own modality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.labels import is_labelled, share_label
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.rows import Rows, rows_of_one
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.geometry.pair_scores import EXACT_SCORES, SAMPLED_SCORES, PairScores
from gapviz.measures.geometry.thresholds import PairType, TypedScores
from gapviz.strategies import Strategy

# Rows that ask where there are too many scores to keep: a seeded sample of them.
MAX_ASKING = 2_000


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the rows of one modality score with those of one modality."""

    matched: Float64
    """Scores with rows of the same item; −∞ within a modality."""
    others: Float64
    """Scores with rows of other items."""
    typed: TypedScores
    """Of them, by relevance."""
    sampled: bool


def indexed_rows(
    collection: Collection, strategy: Strategy, modality: str, *, asking: bool = False
) -> Rows:
    """The indexed rows of one modality, as the strategy moved them, or moves them as queries."""
    block = collection.modality(modality).corpus
    move = strategy.transform_queries if asking else strategy.transform
    return rows_of_one(modality, move(block.vectors, modality), block.item_index)


def adjusted_blocks(
    strategy: Strategy, asking: Rows, gallery: Rows, chosen: Indices
) -> Iterator[tuple[Indices, Float32]]:
    """Row numbers of a few of `asking`, and their adjusted scores `(n_few, n_gallery)`.

    Rows of the asking row's own item in its own modality score −∞.

    Args:
        strategy: fitted, one that adjusts scores; all of `asking` counts as its queries.
        asking: rows of one modality.
        gallery: rows of one modality.
        chosen: which of `asking` ask, in this order.
    """
    prepared = strategy.prepare(gallery, asking)
    assert prepared is not None, strategy.label
    source = asking.names[0]
    step = max(1, BLOCK_SCORES // gallery.n_rows)
    for start in range(0, chosen.size, step):
        few = chosen[start : start + step]
        scores: Float32 = asking.vectors[few] @ gallery.vectors.T
        if source == gallery.names[0]:
            scores[asking.item[few, None] == gallery.item] = -np.inf
        yield few, prepared.adjust(scores, source)


def adjusted_scores(
    collection: Collection,
    strategy: Strategy,
    pair: tuple[str, str],
    *,
    query_modality: str,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> tuple[PairScores, Mapping[PairType, TypedScores]]:
    """Adjusted scores of all pairs of indexed rows, by kind, and by pair type and relevance.

    Up to 4,000,000 scores of a type are all taken; of more, those of at most 2,000 rows that
    ask: all their matches, and 500,000 random other pairs, drawn with `seed`.

    Args:
        collection: the items to look at; those that were not fitted on, say.
        strategy: fitted, one that adjusts scores.
        pair: the modalities x and y.
        query_modality: which of them asks the other across.
        seed: of the samples.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a modality that is missing or that the strategy was not fitted on.
    """
    rows, asking = (
        {name: indexed_rows(collection, strategy, name, asking=asks) for name in pair}
        for asks in (False, True)
    )
    asked_for = pair[1] if query_modality == pair[0] else pair[0]
    searches: list[tuple[str, str, Indices | None]] = [(query_modality, asked_for, None)]
    searches += [(name, name, collection.label_sets[rows[name].item]) for name in pair]
    across, x, y = (
        _ask(strategy, asking[source], rows[target], labels, seed, share_of(progress, place, 3))
        for place, (source, target, labels) in enumerate(searches)
    )
    sampled = across.sampled or x.sampled or y.sampled
    return (
        PairScores(across.matched, across.others, x.others, y.others, sampled),
        {"cross": across.typed, "within_x": x.typed, "within_y": y.typed},
    )


def _ask(
    strategy: Strategy,
    asking: Rows,
    gallery: Rows,
    labels: Indices | None,
    seed: int,
    progress: Progress,
) -> _Asked:
    """Across the modalities a pair is relevant where it matches; within one, given the `labels`
    of the asking rows, where both rows share one. Rows without one count only where none has any.
    """
    stage = f"{asking.names[0]} → {gallery.names[0]}"
    progress(0.0, stage)
    rng = np.random.default_rng(seed)
    n_asking, n_gallery = asking.n_rows, gallery.n_rows
    sampled = n_asking * n_gallery > EXACT_SCORES
    chosen = np.arange(n_asking, dtype=np.int64)
    if sampled:
        chosen = seeded_sample(chosen, MAX_ASKING, rng)
    n_drawn = max(1, SAMPLED_SCORES // chosen.size)
    matched, others, sources, targets = [], [], [], []
    n_done = 0
    for few, scores in adjusted_blocks(strategy, asking, gallery, chosen):
        n_done += few.size
        progress(n_done / chosen.size, stage)
        same = asking.item[few, None] == gallery.item
        matched.append(scores[same])
        if sampled:
            own = np.repeat(np.arange(few.size), n_drawn)
            found = rng.integers(0, n_gallery, own.size)
            other = ~same[own, found]
            own, found = own[other], found[other]
        else:
            own, found = np.nonzero(~same)
        others.append(scores[own, found])
        sources.append(few[own])
        targets.append(found)
    n_same = _n_pairs_of_one_item(asking.item, gallery.item)
    same_item, other_items = (
        np.concatenate(parts).astype(np.float64) for parts in (matched, others)
    )
    relevant, rest = np.empty(0), other_items
    weight = relevant_weight = (n_asking * n_gallery - n_same) / max(other_items.size, 1)
    if labels is None:
        relevant, relevant_weight = same_item, n_same / max(same_item.size, 1)
    elif (labels >= 0).any():
        first, second = labels[np.concatenate(sources)], labels[np.concatenate(targets)]
        known = is_labelled(first) & is_labelled(second)
        alike = share_label(first, second)
        relevant, rest = other_items[alike], other_items[known & ~alike]
    typed = TypedScores(np.sort(relevant), np.sort(rest), relevant_weight, weight)
    return _Asked(same_item, other_items, typed, sampled)


def _n_pairs_of_one_item(first: Indices, second: Indices) -> int:
    n_items = int(max(first.max(), second.max())) + 1
    counts = (np.bincount(items, minlength=n_items) for items in (first, second))
    return int(np.dot(*counts))
