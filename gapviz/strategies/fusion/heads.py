"""The first k of a ranked list by modality: which of them have it, and whether any does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.base import Asked, Targets
from gapviz.strategies.fusion.ties import TieRule

# Of the first of a list, how many times k are looked at for the k first of a part of it.
HEAD_FACTOR = 3

# Entries worked on at once (64 MiB).
PART_ENTRIES = 16_777_216


@dataclass(frozen=True, eq=False)
class Head:
    """The first k entries of the lists of queries, counted by modality.

    All of `(n_queries, n_modalities)`, but for `taken`.
    """

    taken: Indices
    """`(n_queries,)` how many entries those are: k, or all where there are fewer."""
    above: Indices
    """Entries that score higher than the last of them."""
    level: Indices
    """Entries that score as the last of them does, whether there is room for them or not."""
    own: int
    """Position of the queries' modality."""
    ties: TieRule
    """Who of the level is taken."""

    @property
    def shares(self) -> Float64:
        """Share of the first k that has each modality; equals share the room that is left."""
        room, equals = self._room
        inside = room * self.level / np.maximum(equals, 1)
        return ratio(self.above + inside, np.repeat(self.taken[:, None], inside.shape[1], axis=1))

    @property
    def hits(self) -> Float64:
        """Chance that one of the first k has each modality; NaN where there are none."""
        room, equals = self._room
        found = np.where(self.above > 0, 1.0, chance_of_any(room, self.level, equals))
        found[self.taken == 0] = np.nan
        return found

    @property
    def _room(self) -> tuple[Indices, Indices]:
        """Places for the equals of each modality, and how many equals those places are for."""
        room = self.taken - self.above.sum(axis=1)
        equals, own = self.level.sum(axis=1), self.level[:, self.own]
        of_own = np.arange(self.level.shape[1]) == self.own
        if self.ties == "shared":
            of_own[:] = False
            for_own = np.zeros_like(room)
            own = for_own
        elif self.ties == "own-first":
            for_own = np.minimum(room, own)
        else:
            for_own = room - np.minimum(room, equals - own)
        return (
            np.where(of_own, for_own[:, None], (room - for_own)[:, None]),
            np.where(of_own, own[:, None], (equals - own)[:, None]),
        )


def head_of(
    asked: Asked, scores: Float32, k: int, best: Sequence[Float32], ties: TieRule = "shared"
) -> Head:
    """The first k of one list of all rows, by falling `scores` `(n_queries, n_rows)`.

    Args:
        asked: who asks.
        scores: of all rows.
        k: how many.
        best: the k + 1 `best_scores` of each modality.
        ties: who of equal scores stands first.
    """
    near = np.broadcast_to(np.asarray(asked.tolerance, dtype=np.float32), (len(scores),))
    pooled = np.concatenate(best, axis=1)
    taken = np.minimum(asked.n_open, k)
    falling = -np.sort(-pooled, axis=1)
    last = np.take_along_axis(falling, np.maximum(taken - 1, 0)[:, None], axis=1)
    high, low = last + near[:, None], last - near[:, None]
    above = np.stack([(part > high).sum(axis=1) for part in best], axis=1)
    level = np.stack([((part >= low) & (part <= high)).sum(axis=1) for part in best], axis=1)
    for row in np.flatnonzero(level.sum(axis=1) > taken - above.sum(axis=1)):
        equal = (scores[row] >= low[row]) & (scores[row] <= high[row])
        level[row] = [np.count_nonzero(equal[span]) for span in asked.corpus.spans]
    return Head(taken, above, level, asked.own, ties)


def targets_of(asked: Asked, scores: Float32, k: int, ties: TieRule = "shared") -> Targets:
    """What the first k of one list of all rows have; arguments as of `head_of`."""
    best = [best_scores(scores[:, span], k + 1) for span in asked.corpus.spans]
    found = head_of(asked, scores, k, best, ties)
    return Targets(found.shares, found.hits)


def targets_of_parts(asked: Asked, scores: Float32, k: int, kept: Mask) -> Targets:
    """The same of parts of the corpus; `kept` as of `Fusion.resampled`."""
    counts, n_found = head_of_parts(asked, scores, k, kept, asked.corpus.spans)
    asks = kept[asked.items][:, None, :]
    shares = ratio(counts, np.broadcast_to(n_found[:, None], counts.shape))
    hits = np.where(n_found[:, None] > 0, counts > 0, np.nan)
    return Targets(np.where(asks, shares, np.nan), np.where(asks, hits, np.nan))


def head_of_parts(
    asked: Asked, scores: Float32, k: int, kept: Mask, spans: Sequence[slice]
) -> tuple[Indices, Indices]:
    """How many of the first k of each part of the corpus stand in each of `spans`.

    Returns:
        `(n_queries, n_spans, n_parts)`, and how many entries those first are, at most k,
        `(n_queries, n_parts)`.
    """
    n, rows = scores.shape[1], kept[asked.corpus.item]
    # The k first of a part stand nearly always among so many first of all.
    counts, n_found = _head_among(scores, k, rows, min(n, HEAD_FACTOR * k), spans)
    n_open = rows.sum(axis=0) - asked.n_excluded[:, None]
    short = np.flatnonzero((n_found < np.minimum(n_open, k)).any(axis=1))
    if short.size:
        counts[short], n_found[short] = _head_among(scores[short], k, rows, n, spans)
    return counts, n_found


def _head_among(
    scores: Float32, k: int, kept: Mask, most: int, spans: Sequence[slice]
) -> tuple[Indices, Indices]:
    """As `head_of_parts`, of those entries that stand among the `most` first of all."""
    n = scores.shape[1]
    counts = np.empty((len(scores), len(spans), kept.shape[1]), dtype=np.int64)
    n_found = np.empty((len(scores), kept.shape[1]), dtype=np.int64)
    top = np.argpartition(-scores, most - 1, axis=1)[:, :most] if most < n else np.arange(n)[None]
    top = np.broadcast_to(top, (len(scores), most))
    by_score = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, by_score, axis=1)
    open_rows = np.isfinite(np.take_along_axis(scores, top, axis=1))
    step = max(1, PART_ENTRIES // (most * kept.shape[1]))
    for start in range(0, len(scores), step):
        rows = slice(start, start + step)
        room = kept[top[rows]] & open_rows[rows, :, None]
        filled = np.cumsum(room, axis=1, dtype=np.int32)
        taken = room & (filled <= k)
        n_found[rows] = np.minimum(filled[:, -1], k)
        for place, span in enumerate(spans):
            here = (top[rows] >= span.start) & (top[rows] < span.stop)
            counts[rows, place] = (taken & here[:, :, None]).sum(axis=1)
    return counts, n_found


def chance_of_any(drawn: Indices, wanted: Indices, n: Indices) -> Float64:
    """Chance that one of `wanted` is among `drawn` of `n` that are drawn without replacement.

    1 − C(n − wanted, drawn) / C(n, drawn), of arrays of one shape.
    """
    # Half a second that an import of gapviz need not pay.
    from scipy.special import gammaln

    left = n - wanted - drawn
    log_none = (
        gammaln(n - wanted + 1) + gammaln(n - drawn + 1)
        - gammaln(np.maximum(left, 0) + 1) - gammaln(n + 1)
    )  # fmt: skip
    chance = np.where(left < 0, 1.0, -np.expm1(np.minimum(log_none, 0)))
    return np.where((drawn > 0) & (wanted > 0), chance, 0.0)


def best_scores(scores: Float32, k: int) -> Float32:
    """The `k` largest of each row, in no order; all of them where there are no more."""
    n = scores.shape[1]
    if n <= k:
        return scores
    best: Float32 = np.partition(scores, n - k, axis=1)[:, n - k :]
    return best
