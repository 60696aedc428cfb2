"""Fusing one list a modality, with everything that usually hides made explicit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar, get_args

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64, Indices

Key = TypeVar("Key", bound=Hashable)

TieOrder = Literal["own-first", "other-first"]
"""Which list wins where fused scores are equal: the query's own modality, or another's."""

ListScale = Literal["min-max", "z-score", "dbsf"]
ItemMethod = Literal["rrf", "max"]

# Distribution-based score fusion takes everything further from the mean for equal.
DBSF_SIGMAS = 3.0

# Fused scores are sums of a few reciprocals; relatively nearer than this they are one number.
SAME_SCORE = 1e-12

# Beyond it the ranks of a long list drown in the rounding of k + rank.
LARGEST_K = 1e6


@dataclass(frozen=True, slots=True)
class RankFusion:
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
        _refuse_bad_ties(self.ties, "rank fusion")
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


@dataclass(frozen=True, slots=True)
class ScoreFusion:
    """One list a modality, merged by scores that are rescaled within each list.

    `min-max` maps a list to 0…1; `z-score` takes (s − mean)/σ of the list; `dbsf` is the
    z-score clipped at ±3σ. The order within a list stays. Equal scores of two lists are no
    accident: under `min-max` the best of every list ties at 1, under `dbsf` all beyond 3σ.

    Raises:
        GapvizError: an unknown scale or tie order.
    """

    scale: ListScale = "min-max"
    ties: TieOrder = "own-first"

    def __post_init__(self) -> None:
        if self.scale not in ("min-max", "z-score", "dbsf"):
            raise GapvizError(
                f"unknown scale {self.scale!r}",
                where="score fusion",
                hint="choose min-max, z-score or dbsf",
            )
        _refuse_bad_ties(self.ties, "score fusion")


@dataclass(frozen=True, slots=True)
class ItemFusion:
    """Several vectors per item: the lists of the modalities are fused by item.

    Raises:
        GapvizError: an unknown method.
    """

    method: ItemMethod = "rrf"
    """`rrf` sums weight / (k + rank) over the modalities an item has, by its best row in
    each; `max` takes the item's best cosine."""
    ranks: RankFusion = field(default_factory=RankFusion)
    """For `rrf`."""

    def __post_init__(self) -> None:
        if self.method not in ("rrf", "max"):
            raise GapvizError(f"unknown item fusion {self.method!r}", hint="choose rrf or max")


Fusion = RankFusion | ScoreFusion | ItemFusion


@dataclass(frozen=True, slots=True)
class Fused(Generic[Key]):
    """One entry of a fused list."""

    key: Key
    score: float


def fuse_ranks(
    lists: Sequence[Sequence[Key]],
    *,
    k: float = 60.0,
    weights: Sequence[float] | None = None,
    rank_base: int = 1,
) -> list[Fused[Key]]:
    """Fuse ranked lists (best first) that may share entries, best first.

    Entries of equal fused score keep the order in which the lists name them: the earlier
    list first, then the better rank.

    Raises:
        GapvizError: k, a weight or the rank base out of range, or not one weight a list.
    """
    factors = list(weights) if weights is not None else [1.0] * len(lists)
    named = tuple((f"list {place}", factor) for place, factor in enumerate(factors, start=1))
    fusion = RankFusion(k=k, rank_base=rank_base, weights=named)
    if len(factors) != len(lists):
        raise GapvizError(
            f"{len(factors)} weights for {len(lists)} lists",
            where="rank fusion",
            hint="give one weight a list",
        )
    scores: dict[Key, float] = {}
    for ranked, factor in zip(lists, factors, strict=True):
        for rank, key in enumerate(ranked, start=fusion.rank_base):
            scores[key] = scores.get(key, 0.0) + factor / (fusion.k + rank)
    fused = [Fused(key, score) for key, score in scores.items()]
    level = _levels(np.array([entry.score for entry in fused]))
    return [fused[place] for place in np.argsort(level, kind="stable")]


def interleaving(lengths: Sequence[int], weights: Sequence[float], fusion: RankFusion) -> Indices:
    """Fused order of disjoint ranked lists, as `(Σ lengths, 2)` rows of (list, place).

    Disjoint lists share no entry, so the fused score depends on list and rank alone: the
    order is one fixed interleaving, the same for every query. Places count from 0. Lists
    must be given in the order in which ties are to break.
    """
    which = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    place = np.concatenate([np.arange(length, dtype=np.int64) for length in lengths])
    score = np.asarray(weights, dtype=np.float64)[which] / (fusion.k + fusion.rank_base + place)
    order = np.lexsort((place, which, _levels(score)))
    return np.stack([which[order], place[order]], axis=1)


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


def _refuse_bad_ties(ties: str, where: str) -> None:
    if ties not in get_args(TieOrder):
        raise GapvizError(
            f"unknown tie order {ties!r}", where=where, hint="choose own-first or other-first"
        )


def _levels(scores: Float64) -> Indices:
    """`(n,)` 0 for the highest of `scores` `(n,)`, 1 for the next, …; equal ones share a level.

    Equal is relative: 1/(k + rank) and its neighbour come arbitrarily close as k grows.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    lower = falling[:-1] - falling[1:] > SAME_SCORE * falling[:-1]
    levels = np.empty(scores.size, dtype=np.int64)
    levels[order] = np.concatenate([[0], np.cumsum(lower)])[: scores.size]
    return levels
