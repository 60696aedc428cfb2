"""One list a modality, merged by scores that are rescaled within each list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Indices, Mask
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing
from gapviz.strategies.fusion.by_rank import TieOrder, refuse_bad_ties, tie_order
from gapviz.strategies.fusion.counting import (
    bias_of,
    matching,
    place_in_group,
    ranked_by,
    stand_apart,
)

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
        fused = rescaled([cosine for _, cosine in entries])
        scores += [
            (key, float(score), name {sign}= modality, cosine)
            for (key, cosine), score in zip(entries, fused)
        ]
    # Equal scores: {first}, then by cosine.
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
    z-score clipped at ±3σ. The order within a list stays. Equal scores of two lists are no
    accident: under `min-max` the best of every list ties at 1, under `dbsf` all beyond 3σ.

    Raises:
        GapvizError: an unknown scale or tie order.
    """

    copies: ClassVar[int] = 8
    whole_lists: ClassVar[bool] = True

    scale: ListScale = "min-max"
    ties: TieOrder = "own-first"

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
        fused = np.concatenate([rescaled(scores[None, s], self.scale)[0] for s in corpus.spans])
        place = np.argsort(tie_order(len(corpus.names), own, self.ties))
        keys = [fused, -place[corpus.modality], scores]
        matches = matching(corpus, item, own, open_rows)
        return ranked_by(keys, np.flatnonzero(open_rows), k, matches)

    def standing(self, asked: Asked, k: int) -> Standing:
        corpus, scores = asked.corpus, asked.scores
        fused = np.concatenate(
            [rescaled(scores[:, span], self.scale) for span in corpus.spans], axis=1
        )
        codes = tie_order(len(corpus.names), asked.own, self.ties)
        own_share, first_other = bias_of(asked, fused, k, codes)
        ranks, tied = _merged_ranks(asked, fused, codes)
        return Standing(own_share, asked.chance, first_other, ranks, asked.n_relevant, tied)

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows * (1 if self.scale == "min-max" else 3)

    @property
    def serving(self) -> Serving:
        return "merge"

    @property
    def plain(self) -> dict[str, Any]:
        return {"method": self.scale, "ties": self.ties}

    def merge_code(self, modalities: object) -> str:
        own_first = self.ties == "own-first"
        return _MERGE.format(
            rescale=_RESCALE[self.scale],
            sign="!" if own_first else "=",
            first="the query's modality first" if own_first else "the other modalities first",
        )

    def described(self, detail: str) -> str:
        return f"One list a modality; {detail.split(', ', 1)[-1]}."


def rescaled(scores: Float32, scale: ListScale) -> Float32:
    """The scores of one list a query, made comparable with those of another list.

    Args:
        scores: `(n_queries, n)`; −∞ marks an entry that a query must not find: it does not
            count, and stays −∞. A list whose scores are all equal becomes 0.
        scale: see `ScoreFusion`.
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
    fused = (exact - np.where(flat, 0, middle)) / np.where(flat, 1, width)
    fused = np.where(flat, 0, fused)
    if scale == "dbsf":
        fused = np.clip(fused, -DBSF_SIGMAS, DBSF_SIGMAS)
    kept: Float32 = np.where(known, fused, -np.inf).astype(np.float32)
    return kept


def _merged_ranks(asked: Asked, fused: Float32, codes: list[int]) -> tuple[Indices, Mask]:
    """As `ranks_of`, over lists merged by `fused` score, each list in the order of its scores.

    Of equal entries of two lists the one whose modality comes first in `codes` stands first;
    told to be tied is what that favours.
    """
    corpus, scores, count = asked.corpus, asked.scores, asked.n_relevant
    place = place_in_group(asked.asking, count)
    none = np.iinfo(np.int64).max
    rising = np.full((len(scores), max(1, count.max(initial=0))), none)
    level = np.zeros(rising.shape, dtype=np.int64)
    for query, row, column in zip(asked.asking, asked.found, place, strict=True):
        code = int(corpus.modality[row])
        inside, merged = scores[query, corpus.spans[code]], fused[query]
        rising[query, column] = 1 + np.count_nonzero(inside > scores[query, row])
        level[query, column] = np.count_nonzero(inside == scores[query, row])
        for other in codes:
            if other != code:
                theirs = merged[corpus.spans[other]]
                n_equal = np.count_nonzero(theirs == merged[row])
                wins_ties = codes.index(other) < codes.index(code)
                rising[query, column] += np.count_nonzero(theirs > merged[row])
                rising[query, column] += n_equal if wins_ties else 0
                level[query, column] += 0 if wins_ties else n_equal
    best = rising.argmin(axis=1)[:, None]
    n_level = np.take_along_axis(level, best, axis=1)[:, 0]
    rising = np.sort(rising, axis=1)
    n_best = (rising == rising[:, :1]).sum(axis=1)
    stand_apart(rising, count)
    return np.where(rising == none, 0, rising), (count > 0) & (n_level > n_best)
