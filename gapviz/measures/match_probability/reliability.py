"""Do the stated probabilities hold? Reliability, Brier score, log loss on items held out.

Pairs that match and pairs that do not are reweighted to the stated prior. In the intervals the
evaluated items vary, with all pairs that they are in, and the calibration items that the curve is
fitted on, as in `gapviz.measures.retrieval.intervals`; what the strategy has learned is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import JsonFields
from gapviz.core.vectors import Float64, Indices, Mask
from gapviz.measures.match_probability.model import MatchCurve, logistic, logit
from gapviz.measures.match_probability.scored_pairs import ScoredPairs
from gapviz.measures.retrieval.intervals import GROUPS, Replicates

BINS = 10
ESTIMAND = (
    "its mean over fresh evaluated items and fresh calibrations from as many items, under the "
    "strategy as it was fitted"
)
VARIED = (
    "95 %; evaluated items vary with all of their pairs, and the items that the probability is "
    "fitted on (two delete-a-fifth jackknives); the strategy's own fit is held"
)

# Of a log loss: no probability is taken for surer.
SUREST = 1e-12


@dataclass(frozen=True, slots=True)
class ReliabilityBin(JsonFields):
    """Pairs of about one stated probability."""

    stated: float
    """Their mean probability, at the prior."""
    matched: Estimate
    """Share that matches, at the prior; Wilson's interval at as many pairs as its variance over
    the items stands for."""
    n_matched: int
    n_mismatched: int


@dataclass(frozen=True, slots=True)
class Reliability(JsonFields):
    """How probabilities hold on held-out pairs of one type, at the stated prior."""

    prior: float
    brier: Estimate
    """Mean (p − y)²; lower is better."""
    base_brier: float
    """The same where every pair is given the prior."""
    log_loss: Estimate
    """Mean −log of the probability of what is, in nats; lower is better."""
    base_log_loss: float
    skill: Estimate
    """1 − Brier / its base: 1 is perfect, 0 no better than the prior."""
    calibration_error: Estimate
    """Mean over the bins, by mass at the prior, of |stated − matched|."""
    bins: tuple[ReliabilityBin, ...]
    """By rising probability; of one mass, where matched and mismatched pairs weigh half each."""
    n_matched: int
    n_mismatched: int


def reliability_of(
    curve: MatchCurve,
    refits: Sequence[MatchCurve],
    pairs: ScoredPairs,
    kept: Mask,
    prior: float,
    n_bins: int = BINS,
) -> Reliability:
    """How a curve holds on pairs that it was not fitted on.

    Args:
        curve: fitted on other items.
        refits: the same without each fifth of those.
        pairs: held out.
        kept: `(n_items, n_parts)`, which of their items each part has; see `fifths`.
        prior: share of the pairs judged that match.
        n_bins: of one mass.
    """
    stated = _stated(curve, pairs, prior)
    edges = _edges(*stated, n_bins)
    sums = _sums(pairs, stated, edges, _groups(kept))
    whole, corpus = _figures(sums.sum(axis=2)[:1], prior), _figures(_without_each(sums), prior)
    nobody = np.zeros((len(kept), 1), dtype=np.int64)
    fits = [
        _figures(_sums(pairs, _stated(one, pairs, prior), edges, nobody).sum(axis=2), prior)
        for one in refits
    ]
    base = prior * (1 - prior)
    n = int(pairs.matched.size)

    def estimate(name: str) -> Estimate:
        fit = np.array([getattr(one, name)[0] for one in fits])
        value = float(getattr(whole, name)[0])
        return Replicates(value, getattr(corpus, name), fit, n, "ratio").estimate

    brier = estimate("brier")
    return Reliability(
        prior=prior,
        brier=brier,
        base_brier=base,
        log_loss=estimate("log_loss"),
        base_log_loss=float(-prior * np.log(prior) - (1 - prior) * np.log1p(-prior)),
        skill=Estimate(1 - brier.value / base, 1 - brier.high / base, 1 - brier.low / base),
        calibration_error=estimate("calibration_error"),
        bins=_bins(whole, corpus, prior),
        n_matched=n,
        n_mismatched=int(pairs.mismatched.size),
    )


@dataclass(frozen=True, eq=False)
class _Figures:
    """Figures by part, `(n_parts,)`, and by bin, `(n_parts, n_bins)`."""

    brier: Float64
    log_loss: Float64
    calibration_error: Float64
    counts: Float64
    """`(n_parts, 2, n_bins)` pairs, first those that match."""
    mass: Float64
    """Of a bin, at the prior."""
    stated: Float64
    """Mean probability in it."""


def _stated(curve: MatchCurve, pairs: ScoredPairs, prior: float) -> tuple[Float64, Float64]:
    """Probabilities of the pairs that match, and of those that do not."""
    return curve.probability(pairs.matched, prior), curve.probability(pairs.mismatched, prior)


def _edges(matched: Float64, mismatched: Float64, n_bins: int) -> Float64:
    """`(n_bins − 1,)` probabilities between bins of one mass, either kind of pair weighing half.

    Fewer where many pairs have one probability.
    """
    every = np.concatenate([matched, mismatched])
    sizes = matched.size, mismatched.size
    order = np.argsort(every, kind="stable")
    mass = np.cumsum(np.repeat([0.5 / sizes[0], 0.5 / sizes[1]], sizes)[order])
    places = np.searchsorted(mass, np.arange(1, n_bins) / n_bins)
    edges = np.unique(every[order][np.minimum(places, every.size - 1)])
    return np.asarray(edges[edges > every.min()])


def _groups(kept: Mask) -> Indices:
    """`(n_items, n_groupings)`: the fifth of each grouping that an item is in."""
    return np.asarray(np.argmin(kept.reshape(len(kept), -1, GROUPS), axis=2), dtype=np.int64)


def _sums(
    pairs: ScoredPairs, stated: Sequence[Float64], edges: Float64, groups: Indices
) -> Float64:
    """Sums over pairs, by what the fifths of their two items are.

    Returns:
        `(n_groupings, 2, GROUPS², 4, n_bins)`: of pairs that match and those that do not; how
        many, their probabilities, squared errors and log losses.
    """
    n_bins = edges.size + 1
    sums = np.zeros((groups.shape[1], 2, GROUPS**2, 4, n_bins))
    owners = pairs.matched_items, pairs.mismatched_items
    for kind, (probability, items) in enumerate(zip(stated, owners, strict=True)):
        wrong = probability if kind else 1 - probability
        place = np.searchsorted(edges, probability, side="right")
        figures = (None, probability, wrong**2, -np.log(np.maximum(1 - wrong, SUREST)))
        for grouping, group in enumerate(groups.T):
            cell = (GROUPS * group[items[:, 0]] + group[items[:, 1]]) * n_bins + place
            for number, figure in enumerate(figures):
                found = np.bincount(cell, figure, GROUPS**2 * n_bins)
                sums[grouping, kind, :, number] = found.reshape(GROUPS**2, n_bins)
    return sums


def _without_each(sums: Float64) -> Float64:
    """`_sums` without each fifth in turn: `(n_groupings · GROUPS, 2, 4, n_bins)`."""
    first, second = np.divmod(np.arange(GROUPS**2), GROUPS)
    parts = [
        sums[:, :, (first != group) & (second != group)].sum(axis=2) for group in range(GROUPS)
    ]
    by_grouping = np.stack(parts, axis=1)
    return np.asarray(by_grouping.reshape(-1, *by_grouping.shape[2:]))


def _figures(sums: Float64, prior: float) -> _Figures:
    """Of `(n_parts, 2, 4, n_bins)` sums; NaN where a kind of pair is missing."""
    n_pairs = sums[:, :, 0].sum(axis=2)[:, :, None, None]
    weights = np.array([prior, 1 - prior])[:, None, None]
    shares = weights * np.divide(sums, n_pairs, out=np.full(sums.shape, np.nan), where=n_pairs > 0)
    mass = shares[:, :, 0].sum(axis=1)
    stated = shares[:, :, 1].sum(axis=1)
    return _Figures(
        brier=shares[:, :, 2].sum(axis=(1, 2)),
        log_loss=shares[:, :, 3].sum(axis=(1, 2)),
        calibration_error=np.abs(stated - shares[:, 0, 0]).sum(axis=1),
        counts=sums[:, :, 0],
        mass=mass,
        stated=np.divide(stated, mass, out=np.full(mass.shape, np.nan), where=mass > 0),
    )


def _bins(whole: _Figures, corpus: _Figures, prior: float) -> tuple[ReliabilityBin, ...]:
    found = []
    matched, mismatched = whole.counts[0].sum(axis=1)
    shift = logit(prior) - float(np.log(matched) - np.log(mismatched))
    for number in np.flatnonzero(whole.counts[0].sum(axis=0)).tolist():
        counts = whole.counts[0, :, number]
        parts = corpus.counts[:, :, number]
        n_pairs = parts.sum(axis=1)
        # The interval is that of the share as it was drawn, moved to the prior with it.
        drawn = Replicates(
            float(counts[0] / counts.sum()),
            np.divide(parts[:, 0], n_pairs, out=np.full(n_pairs.shape, np.nan), where=n_pairs > 0),
            np.zeros(0),
            int(counts.sum()),
            "share",
        ).estimate
        ends = (_at_odds(end, shift) for end in (drawn.value, drawn.low, drawn.high))
        found.append(
            ReliabilityBin(
                float(whole.stated[0, number]), Estimate(*ends), int(counts[0]), int(counts[1])
            )
        )
    return tuple(found)


def _at_odds(share: float, shift: float) -> float:
    """A share whose log-odds are moved."""
    if not 0 < share < 1:
        return share
    return float(logistic(np.asarray(logit(share) + shift)))
