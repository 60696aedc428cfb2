"""Scores of pairs that match and of a sample of those that do not, with the items they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.labels import is_labelled, share_label
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.pairs import Pairs, matching_rows
from gapviz.core.rows import Rows, rows_of_one
from gapviz.core.seeds import seeded_sample
from gapviz.core.vectors import Float64, Indices, Mask
from gapviz.measures.geometry.pair_scores import EXACT_SCORES, dots
from gapviz.measures.match_probability.model import Match
from gapviz.strategies import Strategy

MOST_PAIRS = 200_000
"""Of either kind: of more a seeded sample."""
MOST_ASKING = 2_000
"""Rows that ask where scores are adjusted and there are too many to make them all."""


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """Scores of one pair type."""

    matched: Float64
    """`(n_matched,)`."""
    matched_items: Indices
    """`(n_matched, 2)`, the items of each pair."""
    mismatched: Float64
    """`(n_mismatched,)`."""
    mismatched_items: Indices
    """`(n_mismatched, 2)`."""
    rate: float
    """Share of all pairs that match; NaN where there is none."""

    @classmethod
    def together(cls, parts: Sequence[ScoredPairs], rate: float) -> ScoredPairs:
        """All pairs of several."""
        return cls(
            np.concatenate([one.matched for one in parts]),
            np.concatenate([one.matched_items for one in parts]),
            np.concatenate([one.mismatched for one in parts]),
            np.concatenate([one.mismatched_items for one in parts]),
            rate,
        )

    def of_items(self, positions: Indices) -> ScoredPairs:
        """The same, with `positions` `(n_items,)` in place of items 0, 1, …."""
        return ScoredPairs(
            self.matched,
            positions[self.matched_items],
            self.mismatched,
            positions[self.mismatched_items],
            self.rate,
        )


def judges_cosines(strategy: Strategy) -> bool:
    """Whether a match is told from the cosine of two moved rows, not from an adjusted score.

    So it is where nothing is adjusted, where fused scores tell of places alone, and where the
    adjusted score of a pair would be another among other queries.
    """
    return not strategy.spec.adjusts_scores or strategy.spec.transductive


def match_within(collection: Collection, modality: str) -> Match | None:
    """What makes two rows of one modality match; None where nothing does."""
    block = collection.modality(modality)
    if is_labelled(collection.label_sets[block.item_index]).any():
        return "label"
    several = np.unique(block.item_index).size < block.n_rows
    return "row" if several else None


def scored_pairs(
    collection: Collection,
    strategy: Strategy,
    modalities: tuple[str, str],
    match: Match,
    *,
    seed: int,
    most: int = MOST_PAIRS,
) -> ScoredPairs:
    """Scores of the pairs of indexed rows of two modalities, or of one given twice.

    Where the strategy adjusts scores, either modality asks, and both scores of a pair count.
    Within a modality, the rows of one item are a pair only where they match.

    Args:
        collection: the items.
        strategy: fitted.
        modalities: of the pair type.
        match: what makes a pair match.
        seed: of the samples.
        most: pairs of either kind; of more a sample.
    """
    first, second = modalities
    ways = [(first, second)]
    if first != second and not judges_cosines(strategy):
        ways.append((second, first))
    rng = np.random.default_rng(seed)
    parts = [_scored(collection, strategy, way, match, most // len(ways), rng) for way in ways]
    return ScoredPairs.together(parts, parts[0].rate)


def moved(strategy: Strategy, block: ModalityVectors, modality: str) -> Rows:
    """The rows of one modality, as the strategy moved them."""
    return rows_of_one(modality, strategy.transform(block.vectors, modality), block.item_index)


def _scored(
    collection: Collection,
    strategy: Strategy,
    way: tuple[str, str],
    match: Match,
    most: int,
    rng: np.random.Generator,
) -> ScoredPairs:
    source, target = (collection.modality(name) for name in way)
    asks = source.queries if match == "row" else source.corpus
    asking, gallery = moved(strategy, asks, way[0]), moved(strategy, target.corpus, way[1])
    itself = np.full(asking.n_rows, -1, dtype=np.int64)
    if way[0] == way[1]:
        itself = source.indexed_queries if match == "row" else np.arange(asking.n_rows)
    chosen = np.arange(asking.n_rows, dtype=np.int64)
    if not judges_cosines(strategy) and asking.n_rows * gallery.n_rows > EXACT_SCORES:
        chosen = seeded_sample(chosen, MOST_ASKING, rng)
    drawn = _drawn(chosen, gallery.n_rows, 3 * most, rng)
    one, other = asking.item[drawn.rows_a], gallery.item[drawn.rows_b]
    if match == "label":
        labels = collection.label_sets
        pair = (one != other) & is_labelled(labels[one]) & is_labelled(labels[other])
        alike = pair & share_label(labels[one], labels[other])
        all_matched, unlike = _only(drawn, alike), pair & ~alike
        rate = float(alike.sum() / pair.sum()) if pair.any() else float("nan")
    else:
        all_matched = _of_one_item(asking, gallery, itself, chosen)
        unlike = one != other
        n_pairs = chosen.size * gallery.n_rows - np.count_nonzero(itself[chosen] >= 0)
        rate = len(all_matched) / n_pairs if n_pairs else float("nan")
    matched = _some(all_matched, most, rng)
    others = _some(_only(drawn, unlike), most, rng)
    scores = [_scores(strategy, asking, gallery, pairs) for pairs in (matched, others)]
    items = [
        np.stack([asking.item[pairs.rows_a], gallery.item[pairs.rows_b]], axis=1)
        for pairs in (matched, others)
    ]
    return ScoredPairs(scores[0], items[0], scores[1], items[1], rate)


def _of_one_item(asking: Rows, gallery: Rows, itself: Indices, chosen: Indices) -> Pairs:
    """Every pair of a chosen asking row and another row, of the gallery, of the same item."""
    found = matching_rows(asking.item[chosen], gallery.item)
    pairs = Pairs(chosen[found.rows_a], found.rows_b)
    return _only(pairs, itself[pairs.rows_a] != pairs.rows_b)


def _drawn(chosen: Indices, n_gallery: int, most: int, rng: np.random.Generator) -> Pairs:
    """All pairs of chosen rows and gallery, or random ones, by rising row that asks."""
    n_all = chosen.size * n_gallery
    if n_all <= max(most, EXACT_SCORES // 4):
        numbers = np.arange(n_all, dtype=np.int64)
    else:
        numbers = np.sort(rng.integers(0, n_all, most))
    return Pairs(chosen[numbers // n_gallery], numbers % n_gallery)


def _only(pairs: Pairs, wanted: Mask) -> Pairs:
    return Pairs(pairs.rows_a[wanted], pairs.rows_b[wanted])


def _some(pairs: Pairs, most: int, rng: np.random.Generator) -> Pairs:
    if len(pairs) <= most:
        return pairs
    kept = seeded_sample(np.arange(len(pairs), dtype=np.int64), most, rng)
    return Pairs(pairs.rows_a[kept], pairs.rows_b[kept])


def _scores(strategy: Strategy, asking: Rows, gallery: Rows, pairs: Pairs) -> Float64:
    """Of each pair, `(n_pairs,)`; the rows that ask are rising."""
    cosines = judges_cosines(strategy)
    if cosines and asking.n_rows * gallery.n_rows > EXACT_SCORES:
        return dots(asking.vectors, gallery.vectors, pairs.rows_a, pairs.rows_b)
    prepared = None if cosines else strategy.prepare(gallery, asking)
    found = np.empty(len(pairs))
    rows, first = np.unique(pairs.rows_a, return_index=True)
    ends = np.append(first, len(pairs))
    step = max(1, BLOCK_SCORES // gallery.n_rows)
    for start in range(0, rows.size, step):
        few = rows[start : start + step]
        span = slice(int(ends[start]), int(ends[start + few.size]))
        scores = asking.vectors[few] @ gallery.vectors.T
        if prepared is not None:
            scores = prepared.adjust(scores, asking.names[0])
        found[span] = scores[np.searchsorted(few, pairs.rows_a[span]), pairs.rows_b[span]]
    return found
