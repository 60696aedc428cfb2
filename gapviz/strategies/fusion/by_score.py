"""One list a modality, merged by scores that are rescaled within each list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing, Targets
from gapviz.strategies.fusion.counting import head, matching, place, standing_of
from gapviz.strategies.fusion.heads import targets_of
from gapviz.strategies.fusion.merged_lists import (
    TURN_CODE,
    TURN_WORDS,
    refuse_bad_ties,
    tie_turns,
)
from gapviz.strategies.fusion.ties import TOLERANCE, TieRule

ListScale = Literal["min-max", "z-score", "dbsf"]

# Distribution-based score fusion takes everything further from the mean for equal.
DBSF_SIGMAS = 3.0

_MERGE = '''

# Cosines no further apart are equal: what a product in float32 rounds.
ROUNDING = {rounding!r}


def rescaled(cosines):
    """One whole list made comparable with another, and what divided its differences."""
    cosines = np.asarray(cosines, dtype=np.float64)
    {rescale}


def merge(lists, modality):
    """Merge whole lists {{modality: [(key, cosine)]}} by rescaled score, as [(key, score)]."""
    left, near = {{}}, 0.0
    for name in MODALITIES:
        entries = sorted(lists.get(name, []), key=lambda entry: -entry[1])
        if entries:
            fused, width = rescaled([cosine for _, cosine in entries])
            left[name] = [(key, float(score)) for (key, _), score in zip(entries, fused)][::-1]
            near = max(near, ROUNDING / width)
    places, merged = dict.fromkeys(left, 0), []
    while left:
        best = max(entries[-1][1] for entries in left.values())
        # Of equal scores: {first}; then the modality that is named first.
        turns = [
            ({turn}, order, name)
            for order, (name, place) in enumerate(places.items())
            if name in left and left[name][-1][1] >= best - near
        ]
        name = min(turns)[-1]
        merged.append(left[name].pop())
        places[name] += 1
        if not left[name]:
            del left[name]
    return merged
'''

_RESCALE = {
    "min-max": "low, width = cosines.min(), np.ptp(cosines)\n"
    "    return ((cosines - low) / width, width) if width > 0 else (0 * cosines, 1.0)",
    "z-score": "spread = cosines.std()\n"
    "    fused = (cosines - cosines.mean()) / spread if spread > 0 else 0 * cosines\n"
    "    return fused, spread if spread > 0 else 1.0",
    "dbsf": "spread = cosines.std()\n"
    "    fused = (cosines - cosines.mean()) / spread if spread > 0 else 0 * cosines\n"
    "    return np.clip(fused, -3, 3), spread if spread > 0 else 1.0",
}


@dataclass(frozen=True, slots=True)
class ScoreFusion(Fusion):
    """One list a modality, merged by scores that are rescaled within each list.

    `min-max` maps a list to 0…1; `z-score` takes (s − mean)/σ of the list; `dbsf` is the
    z-score clipped at ±3σ. Equal scores are no accident: under `min-max` the best of every list
    ties at 1, under `dbsf` all beyond 3σ.

    Raises:
        GapvizError: an unknown scale or tie order.
    """

    copies: ClassVar[int] = 8
    whole_lists: ClassVar[bool] = True

    scale: ListScale = "min-max"
    ties: TieRule = "shared"

    def __post_init__(self) -> None:
        if self.scale not in _RESCALE:
            raise GapvizError(
                f"unknown scale {self.scale!r}",
                where="score fusion",
                hint="choose min-max, z-score or dbsf",
            )
        refuse_bad_ties(self.ties, "score fusion")

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        lists = [rescaled(scores[None, span], self.scale) for span in corpus.spans]
        fused = np.concatenate([part[0] for part, _ in lists])
        stretch = float(max(1 / width[0] for _, width in lists))
        found = [span.start + np.flatnonzero(open_rows[span]) for span in corpus.spans]
        # The first k of all are among the first k of each.
        heads = [head([scores], rows, k) for rows in found]
        merge = _Merge(own, self.ties, TOLERANCE * stretch)
        top = np.array(
            [heads[which][at] for which, at in merge.first([fused[rows] for rows in heads], k)],
            dtype=np.int64,
        )
        stands = {}
        for row in matching(corpus, item, own, open_rows):
            which = int(corpus.modality[row])
            at = place([scores], found[which], row)
            before = merge.before([fused[rows] for rows in found], which, at, float(fused[row]))
            shown = np.flatnonzero(top == row)
            stands[row] = int(shown[0]) + 1 if shown.size else max(before + 1, top.size + 1)
        match = min(stands, key=lambda row: stands[row], default=None)
        rank = None if match is None else stands[match]
        return Ranked(top, fused[top].astype(np.float64), rank, match, stretch)

    @property
    def shares_ties(self) -> bool:
        return self.ties == "shared"

    def standing(self, asked: Asked, k: int) -> Standing:
        fused = self._fused(asked)
        return standing_of(fused, fused.scores, k, self.ties)

    def targets(self, asked: Asked, k: int) -> Targets:
        fused = self._fused(asked)
        return targets_of(fused, fused.scores, k, self.ties)

    def _fused(self, asked: Asked) -> Asked:
        """The same queries with fused scores."""
        parts = [rescaled(asked.scores[:, span], self.scale) for span in asked.corpus.spans]
        fused = np.concatenate([part for part, _ in parts], axis=1)
        # As far apart as rounding can move two equal cosines, in the list that is stretched most.
        stretch = np.max([1 / width for _, width in parts], axis=0)
        near = (asked.tolerance * stretch).astype(np.float32)
        return replace(asked, scores=fused, tolerance=near)

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows * (1 if self.scale == "min-max" else 3)

    @property
    def serving(self) -> Serving:
        return "merge"

    @property
    def plain(self) -> dict[str, Any]:
        return {"method": self.scale, "ties": self.ties}

    def merge_code(self, modalities: object) -> str:
        return _MERGE.format(
            rounding=TOLERANCE,
            rescale=_RESCALE[self.scale],
            first=TURN_WORDS[self.ties],
            turn=TURN_CODE[self.ties],
        )

    def described(self, detail: str) -> str:
        return f"One list a modality; {detail.split(', ', 1)[-1]}."


@dataclass(frozen=True, slots=True)
class _Merge:
    """Lists merged by score, no list out of its own order; equal scores take their turns.

    Of the same turn, the list that stands first: cosines of lists say nothing of one another.
    """

    own: int
    """The list of the query's modality; −1 for none."""
    ties: TieRule
    near: float
    """Scores no further apart are equal."""

    def first(self, lists: Sequence[Float32], k: int) -> list[tuple[int, int]]:
        """The `k` first of lists of falling scores, as (list, place)."""
        falling = [scores[:k].tolist() for scores in lists]
        turns = [self._turns(which, 0, len(one)).tolist() for which, one in enumerate(falling)]
        places = [0] * len(falling)
        found: list[tuple[int, int]] = []
        while len(found) < k:
            left = [which for which, one in enumerate(falling) if places[which] < len(one)]
            if not left:
                break
            best = max(falling[which][places[which]] for which in left)
            level = [which for which in left if falling[which][places[which]] >= best - self.near]
            which = min(level, key=lambda one: (turns[one][places[one]], one))
            found.append((which, places[which]))
            places[which] += 1
        return found

    def before(self, lists: Sequence[Float32], which: int, at: int, score: float) -> int:
        """How many entries of lists in any order stand before one at a place of a list."""
        turn, count = int(self._turns(which, at, 1)[0]), at
        for other, scores in enumerate(lists):
            if other != which:
                above = int(np.count_nonzero(scores > score + self.near))
                equal = int(np.count_nonzero(scores >= score - self.near)) - above
                turns = self._turns(other, above, equal)
                earlier = (turns < turn) | ((turns == turn) & (other < which))
                count += above + int(np.count_nonzero(earlier))
        return count

    def _turns(self, which: int, start: int, n: int) -> Indices:
        """Turns of `n` places of a list."""
        is_own = np.full(n, which == self.own)
        return tie_turns(is_own, np.arange(start, start + n), self.ties)


def rescaled(scores: Float32, scale: ListScale) -> tuple[Float32, Float64]:
    """The scores of one list a query, made comparable with those of another list.

    Args:
        scores: `(n_queries, n)`; −∞ marks an entry that a query must not find: it does not
            count, and stays −∞. A list whose scores are all equal becomes 0.
        scale: see `ScoreFusion`.

    Returns:
        The new scores, and what their differences were divided by, `(n_queries,)`.
    """
    # In float64: cosines of one list lie close together, and their differences cancel.
    exact = scores.astype(np.float64)
    known = np.isfinite(exact)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    if scale == "min-max":
        middle = np.where(known, exact, np.inf).min(axis=1, keepdims=True, initial=np.inf)
        width = exact.max(axis=1, keepdims=True, initial=-np.inf) - middle
    else:
        middle = np.where(known, exact, 0).sum(axis=1, keepdims=True) / count
        squares = np.where(known, exact - middle, 0) ** 2
        width = np.sqrt(squares.sum(axis=1, keepdims=True) / count)
    flat = ~(width > 0)
    width = np.where(flat, 1, width)
    fused = np.where(flat, 0, (exact - np.where(flat, 0, middle)) / width)
    if scale == "dbsf":
        fused = np.clip(fused, -DBSF_SIGMAS, DBSF_SIGMAS)
    kept: Float32 = np.where(known, fused, -np.inf).astype(np.float32)
    return kept, width[:, 0]
