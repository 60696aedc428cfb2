"""Intervals of figures of retrieval, where queries, gallery and fit vary.

What they hold is said by `ESTIMAND`.

Corpus part: with the fit held, the items are grouped at random into fifths, twelve times over; each
fifth is left out once, its queries and its gallery rows together (delete-a-group jackknife,
Kott 2001), and v_E is the mean over the groupings of (4/5)·Σ(θ_g − θ̄)². Fit part: the calibration
items are grouped into fifths twice; the strategy is fitted without each and read on all evaluated
items, and the same formula gives v_C, 0 where nothing is fitted. v = v_E + v_C has about
v² / (v_E²/30 + v_C²/8) degrees of freedom (Satterthwaite 1946), and the interval is θ ± t·√v, of a
share by Wilson's formula at the number of queries that v stands for. For a change the figures are
subtracted first, part by part: both are measured with the same fifths.

Where queries alone are resampled (`bootstrap`), gallery and fit are held: see `QUERIES_COVER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan, nan, sqrt
from typing import Literal

import numpy as np

from gapviz.core.estimate import NORMAL_95, Estimate, wilson
from gapviz.core.vectors import Float64, Mask
from gapviz.measures.retrieval.outcome import mean_of_known

Intervals = Literal["all", "queries"]
"""What varies: queries, gallery and fit; or the queries alone, as in most published tables."""

VARIED = "95 % intervals in which queries, gallery and fit vary"
"""In words, and of intervals that `bootstrap` makes:"""
QUERIES_VARIED = "95 % bootstrap intervals in which the queries alone vary"
INTERVAL_RULES: dict[Intervals, str] = {
    "all": "95 %; queries, gallery and fit vary (two delete-a-fifth jackknives)",
    "queries": "95 %; queries alone vary (bootstrap over items), gallery and fit are held",
}
ESTIMAND = (
    "its mean over fresh calibration sets and fresh corpora of these sizes, from the population "
    "that the items are a sample of"
)
QUERIES_ESTIMAND = (
    "its mean over fresh queries, from the population that the items are a sample of, to this very "
    "gallery with this very fit"
)
"""Where queries alone vary."""
QUERIES_COVER = (
    "95 % intervals in which queries alone vary hold the mean over fresh corpora and fits in as "
    "little as 40 % of samples"
)

GROUPS = 5
CORPUS_GROUPINGS = 12
FEW_GROUPINGS = 4
"""Of the corpus where every part of it must be ranked anew."""
FIT_GROUPINGS = 2
CONFIDENCE = 0.95

# Groupings of the same items overlap, so that twelve have 30 degrees of freedom, not 48.
OVERLAP = 0.6 / 11
FIT_FREEDOM = 8

MAX_T_DRAWS = 2_000

Scale = Literal["share", "ratio", "change", "bounded"]
"""A share of queries, from 0 to 1; a figure from 0 on; a difference; a figure from 0 to 1 that is
no share."""

# Where no part shows a change of a learned strategy, or differs in a bounded figure, "none in n"
# still admits so many (95 %).
RULE_OF_THREE = 3.7


@dataclass(frozen=True, eq=False)
class Replicates:
    """A figure, and what it is on parts of the data."""

    value: float
    corpus: Float64
    """`(n_groupings · GROUPS,)`: without each fifth of the evaluated items."""
    fit: Float64
    """`(FIT_GROUPINGS · GROUPS,)`: fitted without each fifth of the calibration items; empty
    where nothing is fitted."""
    n: int
    """Queries that have the figure."""
    scale: Scale
    halves: tuple[float, float] = (nan, nan)
    """On either half of the evaluated items."""

    def __sub__(self, other: Replicates) -> Replicates:
        """The change from `other`, measured with the same fifths."""
        size = min(self.corpus.size, other.corpus.size)
        return Replicates(
            self.value - other.value,
            self.corpus[:size] - other.corpus[:size],
            _difference(self, other),
            min(self.n, other.n),
            "change",
            (self.halves[0] - other.halves[0], self.halves[1] - other.halves[1]),
        )

    def distance_to(self, aim: float) -> Replicates:
        """How far the figure is from what it should be, for the better where it is less."""
        return Replicates(
            abs(self.value - aim),
            np.abs(self.corpus - aim),
            np.abs(self.fit - aim),
            self.n,
            "ratio",
            (abs(self.halves[0] - aim), abs(self.halves[1] - aim)),
        )

    @property
    def corpus_variance(self) -> float:
        """v_E."""
        return _jackknife_variance(self.corpus)

    @property
    def fit_variance(self) -> float:
        """v_C."""
        return _jackknife_variance(self.fit)

    @property
    def variance(self) -> float:
        """V."""
        return self.corpus_variance + self.fit_variance

    @property
    def freedom(self) -> float:
        """Degrees of freedom of v."""
        groupings = self.corpus.size / GROUPS
        of_corpus = (GROUPS - 1) * groupings / (1 + (groupings - 1) * OVERLAP)
        corpus, fit = self.corpus_variance, self.fit_variance
        below = corpus**2 / of_corpus + fit**2 / FIT_FREEDOM if corpus + fit > 0 else 0.0
        return max((corpus + fit) ** 2 / below, 1.0) if below > 0 else of_corpus

    def quantile(self, confidence: float = CONFIDENCE) -> float:
        """T of a two-sided interval."""
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, (1 + confidence) / 2))

    @property
    def deviations(self) -> Float64:
        """Of the parts, scaled so that their squares add up to v; those not measured are 0."""
        spread = np.zeros((CORPUS_GROUPINGS + FIT_GROUPINGS) * GROUPS)
        for start, parts in ((0, self.corpus), (CORPUS_GROUPINGS * GROUPS, self.fit)):
            found = _deviations(parts)
            spread[start : start + found.size] = found
        return spread

    @property
    def estimate(self) -> Estimate:
        """The figure with its 95 % interval."""
        return self.between(self.quantile())

    def between(self, times: float) -> Estimate:
        """The figure with the interval of `times` standard errors to either side."""
        value, variance = self.value, self.variance
        if isnan(value) or isnan(variance) or self.n < 2:
            return Estimate(value, float("nan"), float("nan"))
        if self.scale == "share":
            return _of_share(value, variance, self.n, times)
        half = times * sqrt(variance)
        if self.scale == "change" and self.fit.size and variance < 1e-14:
            half = RULE_OF_THREE / self.n
        if self.scale == "bounded":
            half = half or RULE_OF_THREE / self.n
            return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))
        low = value - half
        return Estimate(value, max(low, 0.0) if self.scale == "ratio" else low, value + half)


def replicates_of(
    values: Float64, parts: Float64 | None, fit: Float64, scale: Scale = "share"
) -> Replicates:
    """The mean of a figure over queries, with what it is on parts of the data.

    Args:
        values: `(n_queries,)`; NaN is left out.
        parts: `(n_parts,)` its means in the parts of `parts_of`; None where it has no interval,
            since rounding decides it or there is a single item.
        fit: as `Replicates.fit`.
        scale: of the figure.
    """
    if parts is None or not parts.size:
        parts = np.full(2 + CORPUS_GROUPINGS * GROUPS, np.nan)
    n = int((~np.isnan(values)).sum())
    halves = (float(parts[0]), float(parts[1]))
    return Replicates(mean_of_known(values), parts[2:], fit, n, scale, halves)


def mean_of(figures: Sequence[Replicates]) -> Replicates:
    """The mean of several figures, each weighing alike; those that are NaN left out."""
    known = [one for one in figures if not isnan(one.value)]
    if not known:
        return figures[0]
    size = min(one.corpus.size for one in known)
    fits = [one.fit for one in known if one.fit.size]
    first, second = np.mean([one.halves for one in known], axis=0)
    return Replicates(
        float(np.mean([one.value for one in known])),
        np.mean([one.corpus[:size] for one in known], axis=0),
        np.mean(fits, axis=0) if fits else np.zeros(0),
        min(one.n for one in known),
        known[0].scale,
        (float(first), float(second)),
    )


def imbalance_of(lifts: Sequence[Replicates]) -> Replicates:
    """Mean over query modalities of |lift − 1|: 0 is neutral, whichever way it leans.

    A mean of the lifts themselves would take opposite biases of two modalities for none.
    """
    return mean_of([one.distance_to(1.0) for one in lifts])


def imbalance_estimate(lifts: Sequence[Replicates]) -> Estimate:
    """`imbalance_of` with its interval, which reaches 0 unless a lift is not 1.

    A distance is never below 0, so that its own interval could exclude 0 where nothing leans;
    some lift must be off 1 by more than chance, with Bonferroni's correction for their number.
    """
    found = imbalance_of(lifts).estimate
    known = [one for one in lifts if not isnan(one.value)]
    leans = any(
        abs(one.value - 1) > one.quantile(1 - (1 - CONFIDENCE) / len(known)) * sqrt(one.variance)
        for one in known
    )
    return found if leans or isnan(found.low) else replace(found, low=0.0)


def halves(n: int, seed: int) -> Mask:
    """`(n, 2)`: a random half of n things, and the rest."""
    first = np.zeros(n, dtype=np.bool_)
    first[np.random.default_rng(seed).permutation(n)[: n // 2]] = True
    return np.stack([first, ~first], axis=1)


def fifths(n: int, groupings: int, seed: int) -> Mask:
    """`(n, groupings · GROUPS)`: which of n things each part keeps; it lacks one random fifth."""
    rng = np.random.default_rng(seed)
    kept = np.ones((n, groupings, GROUPS), dtype=np.bool_)
    for grouping in range(groupings):
        kept[rng.permutation(n), grouping, np.arange(n) % GROUPS] = False
    return kept.reshape(n, groupings * GROUPS)


def parts_of(n: int, seed: int, *, quick: bool) -> Mask:
    """`(n, n_parts)`: two halves of n things, then groupings of all but a fifth of them.

    Args:
        n: how many there are.
        seed: of the drawing.
        quick: whether a part costs little, so that every grouping is measured.
    """
    kept = fifths(n, CORPUS_GROUPINGS, seed)
    groupings = CORPUS_GROUPINGS if quick else FEW_GROUPINGS
    return np.concatenate([halves(n, seed), kept[:, : groupings * GROUPS]], axis=1)


@dataclass(frozen=True, eq=False)
class Gain:
    """What a figure gained, for the better above 0, as one of several that were tried."""

    value: float
    shared: Float64
    """`Replicates.deviations`: moves with the parts of the data that all were measured on."""
    own: float = 0.0
    """Standard error of what moves alone, where no parts were measured."""
    freedom: float = np.inf

    @classmethod
    def of(cls, change: Replicates) -> Gain:
        """From the change of a figure that is better the higher it is."""
        return cls(change.value, change.deviations, freedom=change.freedom)

    @classmethod
    def of_interval(cls, change: Estimate) -> Gain:
        """From a change with an interval alone, at 95 %."""
        half = (change.high - change.low) / 2
        none = np.zeros((CORPUS_GROUPINGS + FIT_GROUPINGS) * GROUPS)
        return cls(change.value, none, 0.0 if isnan(half) else half / NORMAL_95)

    @property
    def error(self) -> float:
        """Its standard error."""
        return sqrt(float((self.shared**2).sum()) + self.own**2)

    def within(self, times: float) -> Estimate:
        """The gain with an interval that holds for all at once; see `simultaneous`."""
        from scipy.special import stdtrit

        if isnan(self.value) or isnan(self.error):
            return Estimate(self.value, nan, nan)
        quantile = float(stdtrit(self.freedom, 0.975)) if np.isfinite(self.freedom) else NORMAL_95
        half = times * quantile / NORMAL_95 * self.error
        return Estimate(self.value, self.value - half, self.value + half)


def simultaneous(gains: Sequence[Gain]) -> float:
    """How many standard errors hold all of several gains at once, in 95 % of samples (max-T).

    The 95 % quantile of the largest |deviation| / standard error among all, where those of the
    same parts of the data move together (Westfall & Young 1993; Gaussian, 2,000 draws).
    """
    moving = [one for one in gains if one.error > 1e-12]
    if not moving:
        return NORMAL_95
    random = np.random.default_rng(0)
    together = np.stack([one.shared for one in moving]) @ random.standard_normal(
        (moving[0].shared.size, MAX_T_DRAWS)
    )
    alone = np.array([one.own for one in moving])[:, None]
    drawn = together + alone * random.standard_normal((len(moving), MAX_T_DRAWS))
    largest = np.abs(drawn / np.array([[one.error] for one in moving])).max(axis=0)
    return max(float(np.quantile(largest, CONFIDENCE)), NORMAL_95)


def _difference(one: Replicates, other: Replicates) -> Float64:
    """Of the fits; a figure that nothing is fitted for is the same with every one."""
    if not one.fit.size and not other.fit.size:
        return np.zeros(0)
    first = one.fit if one.fit.size else np.full(other.fit.size, one.value)
    second = other.fit if other.fit.size else np.full(one.fit.size, other.value)
    return np.asarray(first - second)


def _jackknife_variance(parts: Float64) -> float:
    if not parts.size:
        return 0.0
    return float((_deviations(parts) ** 2).sum())


def _deviations(parts: Float64) -> Float64:
    if not parts.size:
        return parts
    by_grouping = parts.reshape(-1, GROUPS)
    known = by_grouping[~np.isnan(by_grouping).any(axis=1)]
    if not len(known):
        return np.full(parts.size, np.nan)
    centred = known - known.mean(axis=1, keepdims=True)
    return np.asarray(centred.ravel() * sqrt((GROUPS - 1) / GROUPS / len(known)))


def _of_share(share: float, variance: float, n: int, times: float) -> Estimate:
    """Wilson's interval at as many queries as the variance of a share stands for."""
    inside = 1e-9 < share < 1 - 1e-9
    if inside and variance < 1e-14:
        return Estimate(share, share, share)  # by construction, as of lists that take turns
    return wilson(share, share * (1 - share) / variance if inside else float(n), times)
