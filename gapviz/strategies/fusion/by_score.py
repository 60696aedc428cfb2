"""One list a modality, merged by scores that are rescaled within each list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Mask
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing, Targets
from gapviz.strategies.fusion.counting import matching, places_in_list, ranked_by, standing_of
from gapviz.strategies.fusion.heads import targets_of
from gapviz.strategies.fusion.merged_lists import (
    TURN_CODE,
    TURN_WORDS,
    refuse_bad_ties,
    tie_turns,
)
from gapviz.strategies.fusion.ties import TieRule

ListScale = Literal["min-max", "z-score", "dbsf"]

# Distribution-based score fusion takes everything further from the mean for equal.
DBSF_SIGMAS = 3.0

_MERGE = '''

def rescaled(cosines):
    """The cosines of one whole list, made comparable with those of another."""
    cosines = np.asarray(cosines, dtype=np.float64)
    {rescale}


def merge(lists, modality):
    """Merge whole lists {{modality: [(key, cosine)]}} by rescaled score, as [(key, score)]."""
    scores = []
    for name, entries in lists.items():
        entries = sorted(entries, key=lambda entry: -entry[1])
        fused = rescaled([cosine for _, cosine in entries])
        for place, ((key, cosine), score) in enumerate(zip(entries, fused)):
            # Of equal scores: {first}; then by cosine.
            scores.append((key, float(score), {turn}, cosine))
    scores.sort(key=lambda entry: (-entry[1], entry[2], -entry[3]))
    return [(key, score) for key, score, _, _ in scores]
'''

_RESCALE = {
    "min-max": "low, width = cosines.min(), np.ptp(cosines)\n"
    "    return (cosines - low) / width if width > 0 else np.zeros_like(cosines)",
    "z-score": "spread = cosines.std()\n"
    "    return (cosines - cosines.mean()) / spread if spread > 0 else np.zeros_like(cosines)",
    "dbsf": "spread = cosines.std()\n"
    "    fused = (cosines - cosines.mean()) / spread if spread > 0 else np.zeros_like(cosines)\n"
    "    return np.clip(fused, -3, 3)",
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
        place = np.concatenate([places_in_list(scores[span]) for span in corpus.spans])
        turn = tie_turns(corpus.modality == own, place, self.ties)
        matches = matching(corpus, item, own, open_rows)
        found = ranked_by([fused, -turn, scores], np.flatnonzero(open_rows), k, matches)
        return replace(found, stretch=float(max(1 / width[0] for _, width in lists)))

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
            rescale=_RESCALE[self.scale], first=TURN_WORDS[self.ties], turn=TURN_CODE[self.ties]
        )

    def described(self, detail: str) -> str:
        return f"One list a modality; {detail.split(', ', 1)[-1]}."


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
