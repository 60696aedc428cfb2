"""Thresholds by pair type: why one does not serve all, and one that serves each.

Pair types of two modalities x and y: `cross` (x with y), `within_x` and `within_y`. Positive
across: the pair matches. Within, both rows belong to different items; positive: of one label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.labels import is_labelled, share_label
from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.geometry.pair_scores import PairScores, dots, n_pairs_within, pair_scores

PairType = Literal["cross", "within_x", "within_y"]
PAIR_TYPES: tuple[PairType, ...] = get_args(PairType)

# Pairs of labelled rows that are all looked at; of more, a seeded sample of as many.
SAMPLED_PAIRS = 500_000


@dataclass(frozen=True, eq=False)
class TypedScores:
    """Scores of one pair type, rising, by whether the pair is relevant."""

    positive: Float64
    """`(n_relevant,)`."""
    negative: Float64
    """`(n_others,)`."""
    positive_weight: float = 1.0
    """Pairs that each entry of `positive` stands for."""
    negative_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Rates:
    """What passes a threshold (a score at or above it); NaN where there is no such pair."""

    true_positive: float
    """Share of the relevant pairs that pass: recall."""
    false_positive: float
    """Share of the other pairs that pass."""
    precision: float
    """Share of what passes that is relevant; NaN where nothing passes."""


def typed_scores(
    x: Float32,
    y: Float32,
    pairs: Pairs,
    *,
    labels_x: Indices | None = None,
    labels_y: Indices | None = None,
    seed: int = DEFAULT_SEED,
) -> dict[PairType, TypedScores]:
    """Cosines of unit rows `(nx, dim)` and `(ny, dim)` by pair type and relevance.

    Args:
        x: unit rows of the first modality.
        y: unit rows of the second.
        pairs: which of them match.
        labels_x: `(nx,)` label codes, −1 = none, or `(nx, most)` of several labels a row;
            without them no pair within x is relevant, and rows without a label are in none.
        labels_y: the same for y.
        seed: of the sample, where there are too many pairs.
    """
    crossed = pair_scores(x, y, pairs, seed=seed)
    owner_x, owner_y = pairs.owners(len(x), len(y))
    return {
        "cross": _cross(crossed, len(x) * len(y)),
        "within_x": _within(x, owner_x, labels_x, crossed.within_x, seed),
        "within_y": _within(y, owner_y, labels_y, crossed.within_y, seed),
    }


def rates_at(scores: TypedScores, threshold: float) -> Rates:
    """What passes `threshold`; all NaN for a NaN threshold."""
    if np.isnan(threshold):
        nan = float("nan")
        return Rates(nan, nan, nan)
    n_true = scores.positive.size - int(np.searchsorted(scores.positive, threshold, side="left"))
    n_false = scores.negative.size - int(np.searchsorted(scores.negative, threshold, side="left"))
    weight_true = n_true * scores.positive_weight
    weight_false = n_false * scores.negative_weight
    return Rates(
        true_positive=_share(n_true, scores.positive.size),
        false_positive=_share(n_false, scores.negative.size),
        precision=_share(weight_true, weight_true + weight_false),
    )


def threshold_for_recall(scores: TypedScores, recall: float) -> float:
    """The highest score of a relevant pair that at least `recall` of them reach; NaN for none.

    Raises:
        GapvizError: a recall outside 0…1.
    """
    _refuse_share(recall, "recall")
    relevant = scores.positive
    if not relevant.size:
        return float("nan")
    # The small step keeps 0.95 × 20 from becoming 20 pairs by rounding.
    n_wanted = max(1, int(np.ceil(recall * relevant.size - 1e-9)))
    return float(relevant[relevant.size - n_wanted])


def threshold_for_precision(scores: TypedScores, precision: float) -> float:
    """The lowest score of a relevant pair at which `precision` of what passes is relevant.

    Precision need not rise with the threshold: of all that reach the target, this one lets
    most relevant pairs pass. NaN where none does.

    Raises:
        GapvizError: a precision outside 0…1.
    """
    _refuse_share(precision, "precision")
    candidates = np.unique(scores.positive)
    n_true = scores.positive.size - np.searchsorted(scores.positive, candidates, side="left")
    n_false = scores.negative.size - np.searchsorted(scores.negative, candidates, side="left")
    weight_true = n_true * scores.positive_weight
    reached = weight_true >= precision * (weight_true + n_false * scores.negative_weight)
    return float(candidates[reached][0]) if reached.any() else float("nan")


def _cross(scores: PairScores, n_all: int) -> TypedScores:
    n_mismatched = n_all - scores.matched.size
    return TypedScores(
        positive=np.sort(scores.matched),
        negative=np.sort(scores.mismatched),
        negative_weight=n_mismatched / scores.mismatched.size if scores.mismatched.size else 1.0,
    )


def _within(
    vectors: Float32, owner: Indices, labels: Indices | None, unlabelled: Float64, seed: int
) -> TypedScores:
    if labels is None:
        weight = n_pairs_within(owner) / unlabelled.size if unlabelled.size else 1.0
        return TypedScores(np.empty(0), np.sort(unlabelled), negative_weight=weight)
    known = np.flatnonzero(is_labelled(labels))
    first, second, weight = _labelled_pairs(known.size, seed)
    first, second = known[first], known[second]
    different = owner[first] != owner[second]
    first, second = first[different], second[different]
    cosines = dots(vectors, vectors, first, second)
    alike = share_label(labels[first], labels[second])
    return TypedScores(np.sort(cosines[alike]), np.sort(cosines[~alike]), weight, weight)


def _labelled_pairs(n: int, seed: int) -> tuple[Indices, Indices, float]:
    """Pairs of two different of `n` rows, and how many pairs each stands for."""
    n_pairs = n * (n - 1) // 2
    if n_pairs <= SAMPLED_PAIRS:
        first, second = np.triu_indices(n, k=1)
        return first.astype(np.int64), second.astype(np.int64), 1.0
    rng = np.random.default_rng(seed)
    first = rng.integers(0, n, SAMPLED_PAIRS)
    second = (first + rng.integers(1, n, SAMPLED_PAIRS)) % n
    return first, second, n_pairs / SAMPLED_PAIRS


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _refuse_share(share: float, what: str) -> None:
    if not 0.0 < share <= 1.0:
        raise GapvizError(
            f"a target {what} of {share:g} is out of range",
            hint="choose a number above 0 and at most 1",
        )
