"""One list a modality, fused by rank, with everything that usually hides made explicit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.python_source import literal
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, read_only
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing
from gapviz.strategies.fusion.counting import head, matching, place, ranks_of

TieOrder = Literal["own-first", "other-first"]
"""Which list wins where fused scores are equal: the query's own modality, or another's."""


# Fused scores are sums of a few reciprocals; relatively nearer than this they are one number.
SAME_SCORE = 1e-12

# Beyond it the ranks of a long list drown in the rounding of k + rank.
LARGEST_K = 1e6

RRF_K = Parameter(
    "rrf_k",
    "k of rank fusion",
    "number",
    60.0,
    "weight / (k + rank): a larger k flattens the difference of ranks; over disjoint lists with "
    "equal weights it changes nothing",
    symbol="k",
    low=0.0,
    high=LARGEST_K,
)
WEIGHTS = Parameter(
    "weights",
    "Weight of a modality's list",
    "weights",
    (),
    "weight of a modality's list in rank fusion, 1 where not given",
    low=0.0,
    high=10.0,
    step=0.1,
    flag="--weight",
)
RANK_BASE = Parameter(
    "rank_base",
    "Rank of the best",
    "count",
    1,
    "rank of the best entry of a list: 1 in the paper, 0 in Qdrant, whose k = 61 is this 60",
    low=0,
    high=1,
)
TIES = Parameter(
    "ties",
    "Equal scores",
    "choice",
    "own-first",
    "which list wins equal fused scores: of equal weights they tie at every rank, by min-max at "
    "the top, by DBSF beyond 3σ, and with them the rank of the match",
    choices={
        "own-first": "the query's modality first",
        "other-first": "the other modality first",
    },
)

_MERGE = '''

K, RANK_BASE = {k}, {rank_base}
WEIGHTS = {weights}


def list_order(modality):
    """Modalities in the order in which equal fused scores are broken."""
    return sorted(MODALITIES, key=lambda name: name {sign}= modality)


def merge(lists, modality):
    """Fuse {{modality: [(key, cosine), best first]}} by rank, as [(key, score)]."""
    scores = {{}}
    for name in list_order(modality):
        for rank, (key, _) in enumerate(lists.get(name, []), start=RANK_BASE):
            scores[key] = scores.get(key, 0.0) + WEIGHTS[name] / (K + rank)
    return sorted(scores.items(), key=lambda entry: -entry[1])
'''


@dataclass(frozen=True, slots=True)
class RankFusion(Fusion):
    """Σ over lists of weight / (k + rank) (Cormack, Clarke & Büttcher 2009).

    Raises:
        GapvizError: k, a weight or the rank base out of range.
    """

    k: float = 60.0
    """Damping constant; Cormack's 60. Larger values flatten the difference of ranks."""
    weights: tuple[tuple[str, float], ...] = field(default=())
    """Weight of each modality's list by name; 1 where not named."""
    rank_base: int = 1
    """Rank of the best entry: 1 in the paper, 0 in Qdrant (whose k = 61 is this 60)."""
    ties: TieOrder = "own-first"

    def __post_init__(self) -> None:
        if self.rank_base not in (0, 1):
            raise GapvizError("the rank base must be 0 or 1", where="rank fusion")
        if not 0 <= self.k <= LARGEST_K or self.k + self.rank_base <= 0:
            raise GapvizError(
                f"k = {self.k:g} is out of range",
                where="rank fusion",
                hint=f"choose a number above 0 (60 is usual), at most {LARGEST_K:,.0f}",
            )
        refuse_bad_ties(self.ties, "rank fusion")
        for modality, weight in self.weights:
            if not np.isfinite(weight) or weight < 0:
                raise GapvizError(
                    f"the weight {weight:g} of {modality} is out of range",
                    where="rank fusion",
                    hint="choose a number of 0 or more",
                )

    def weight(self, modality: str) -> float:
        """Weight of the list of `modality`."""
        return dict(self.weights).get(modality, 1.0)

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        codes = tie_order(len(corpus.names), own, self.ties)
        by_modality = [np.flatnonzero(open_rows & (corpus.modality == code)) for code in codes]
        order = self._interleaved(corpus, codes, [rows.size for rows in by_modality])
        top = order[:k]
        # The first k of all are among the first k of each.
        lists = [head([scores], rows, k) for rows in by_modality]
        rows = [int(lists[which][at]) for which, at in top]
        weights = np.array([self.weight(corpus.names[code]) for code in codes])
        fused = weights[top[:, 0]] / (self.k + self.rank_base + top[:, 1])
        rank, match = None, None
        for row in matching(corpus, item, own, open_rows):
            which = codes.index(int(corpus.modality[row]))
            at = place([scores], by_modality[which], row)
            stands = int(np.flatnonzero((order[:, 0] == which) & (order[:, 1] == at))[0]) + 1
            if rank is None or stands < rank:
                rank, match = stands, row
        return Ranked(np.array(rows, dtype=np.int64), fused, rank, match)

    def standing(self, asked: Asked, k: int) -> Standing:
        corpus, scores, own, found = asked.corpus, asked.scores, asked.own, asked.found
        codes = tie_order(len(corpus.names), own, self.ties)
        own_share = np.full(len(scores), np.nan)
        first_other = np.zeros(len(scores), dtype=np.int64)
        tied = np.zeros(len(scores), dtype=np.bool_)
        in_list = {}
        for code in codes:
            if code != own:
                span, here = corpus.spans[code], corpus.modality[found] == code
                ranks, tied_here = ranks_of(
                    scores[:, span], asked.asking[here], found[here] - span.start
                )
                in_list[code] = ranks
                tied |= tied_here
        fused = {code: np.zeros_like(ranks) for code, ranks in in_list.items()}
        for left_out in np.unique(asked.n_excluded):
            those = asked.n_excluded == left_out
            lengths = [
                corpus.spans[code].stop - corpus.spans[code].start - (left_out * (code == own))
                for code in codes
            ]
            merged = self._interleaved(corpus, codes, lengths)[:, 0]
            is_own = merged == codes.index(own)
            if merged.size:
                own_share[those] = is_own[:k].mean()
                first_other[those] = 0 if is_own.all() else int(np.argmin(is_own)) + 1
            for code, ranks in in_list.items():
                places = np.concatenate([[0], np.flatnonzero(merged == codes.index(code)) + 1])
                fused[code][those] = places[ranks[those]]
        no_rank = np.zeros((len(scores), 1), dtype=np.int64)
        ranks = np.concatenate([no_rank, *fused.values()], axis=1)
        return Standing(own_share, asked.chance, first_other, ranks, asked.n_relevant, tied)

    def _interleaved(self, corpus: Rows, codes: list[int], lengths: Sequence[int]) -> Indices:
        weights = tuple(self.weight(corpus.names[code]) for code in codes)
        return interleaving(tuple(map(int, lengths)), weights, self)

    @property
    def serving(self) -> Serving:
        return "ranks"

    @property
    def plain(self) -> dict[str, Any]:
        return {
            "method": "rrf",
            "k": self.k,
            "weights": dict(self.weights),
            "rank_base": self.rank_base,
            "ties": self.ties,
        }

    def merge_code(self, modalities: Sequence[str]) -> str:
        return _MERGE.format(sign="!" if self.ties == "own-first" else "=", **self.code(modalities))

    def code(self, modalities: Sequence[str]) -> dict[str, str]:
        """Its numbers as Python source."""
        return {
            "k": repr(self.k),
            "rank_base": str(self.rank_base),
            "weights": literal({name: float(self.weight(name)) for name in modalities}),
        }

    def described(self, detail: str) -> str:
        silent = bool(self.weights) and not any(weight for _, weight in self.weights)
        note = " Every score is 0: only the order of equal scores ranks." if silent else ""
        return f"One list a modality; {self.numbers}.{note}"

    @property
    def numbers(self) -> str:
        """K and the weights, in words."""
        weights = " : ".join(f"{weight:g}" for _, weight in self.weights)
        return f"k = {self.k:g}" + (f", weights {weights}" if weights else "")


def tie_order(n_modalities: int, own: int, ties: str) -> list[int]:
    """Modality codes in the order in which equal fused scores are broken."""
    others = [code for code in range(n_modalities) if code != own]
    if own < 0:
        return others
    return [own, *others] if ties == "own-first" else [*others, own]


@lru_cache(maxsize=16)
def interleaving(
    lengths: tuple[int, ...], weights: tuple[float, ...], fusion: RankFusion
) -> Indices:
    """Fused order of disjoint ranked lists, as `(Σ lengths, 2)` rows of (list, place).

    Disjoint lists share no entry, so the fused score depends on list and rank alone: the
    order is one fixed interleaving, the same for every query. Places count from 0. Lists
    must be given in the order in which ties are to break.
    """
    which = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    place = np.concatenate([np.arange(length, dtype=np.int64) for length in lengths])
    score = np.asarray(weights, dtype=np.float64)[which] / (fusion.k + fusion.rank_base + place)
    order = np.lexsort((place, which, levels_of(score)))
    return read_only(np.stack([which[order], place[order]], axis=1))


def refuse_bad_ties(ties: str, where: str) -> None:
    if ties not in get_args(TieOrder):
        raise GapvizError(
            f"unknown tie order {ties!r}", where=where, hint="choose own-first or other-first"
        )


def levels_of(scores: Float64) -> Indices:
    """`(n,)` 0 for the highest of `scores` `(n,)`, 1 for the next, …; equal ones share a level.

    Equal is relative: 1/(k + rank) and its neighbour come arbitrarily close as k grows.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    lower = falling[:-1] - falling[1:] > SAME_SCORE * falling[:-1]
    levels = np.empty(scores.size, dtype=np.int64)
    levels[order] = np.concatenate([[0], np.cumsum(lower)])[: scores.size]
    return levels
