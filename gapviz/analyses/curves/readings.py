"""What the curves say, in plain sentences computed from their points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gapviz.analyses.curves import Band, CalibrationCurve, FusionCurve, MixCurve, StrengthCurve
from gapviz.analyses.curves.corpus_mix import ORACLE
from gapviz.analyses.curves.rank_fusion import Lists
from gapviz.core.vectors import Float64
from gapviz.strategies import STRATEGIES

NOT_DRAWN = {
    "strength": "has no strength to vary",
    "mix": "is drawn beside it anyway, or mixes no single list",
    "calibration": "learns nothing from calibration items here",
}
"""Why a curve shows another strategy than the one chosen."""

# Of a cosine or a share: less than this is one and the same to a reader.
NO_DIFFERENCE = 0.005


def drawn_instead(curve: str, chosen: str, drawn: str) -> str | None:
    """Why the curve shows the strategy `drawn`; None where that is the one chosen."""
    if chosen == drawn:
        return None
    return (
        f"{STRATEGIES[chosen].title} {NOT_DRAWN[curve]}: the curve shows "
        f"“{STRATEGIES[drawn].title}”."
    )


def strength_reading(curve: StrengthCurve) -> str:
    """Where the gap closes, what that does to bias, and what λ serves quality best."""
    closed = _crossing(curve.strengths, curve.signed_gap)
    ndcg = _mean([band.value for band in curve.ndcg.values()])
    bias = _mean([band.value for band in curve.bias.values()])
    gap = "The gap never closes on this range"
    if closed is not None:
        at = int(np.argmin(np.abs(curve.strengths - closed)))
        gap = (
            f"The gap closes at λ ≈ {closed:.2f}, where bias@10 is still {bias[at]:.2f} "
            f"(chance {np.mean(list(curve.expected_bias.values())):.2f})"
        )
    if np.isnan(ndcg).all():
        return f"{gap}."
    best = int(np.nanargmax(ndcg))
    if ndcg[best] - np.nanmin(ndcg) < NO_DIFFERENCE:
        return f"{gap}; mixed NDCG@10 is the same at every λ ({ndcg[best]:.3f})."
    return (
        f"{gap}; mixed NDCG@10 is best at λ = {curve.strengths[best]:g} ({ndcg[best]:.3f}, against "
        f"{ndcg[0]:.3f} at λ = {curve.strengths[0]:g}). {_loss_words(curve)}"
    )


def mix_reading(curve: MixCurve) -> str:
    """How deep each way sags between the two pure corpora, against the oracle."""
    oracle = next(line for line in curve.lines if line.title == ORACLE).ndcg.value
    missing = {
        line.title: float(np.nanmax(oracle - line.ndcg.value))
        for line in curve.lines
        if line.title != ORACLE and not np.isnan(oracle - line.ndcg.value).all()
    }
    if not missing:
        return "No query asks at any mix, so there is nothing to compare."
    parts = []
    for line in curve.lines:
        if line.title in missing:
            at = int(np.nanargmax(oracle - line.ndcg.value))
            parts.append(
                f"{line.title} loses up to {missing[line.title]:.2f} (at {curve.shares[at]:.0%} "
                f"{curve.second})"
            )
    least = min(missing, key=lambda title: missing[title])
    return (
        f"Against an oracle that knows in which list the answer stands, {'; '.join(parts)}. "
        f"{least} sags least."
    )


def calibration_reading(curve: CalibrationCurve, *, enough: float = 0.99) -> str:
    """From how many items the gap's direction is known, and whether recall wants more."""
    cosine = curve.cosine.value
    reached = np.flatnonzero(cosine >= enough)
    if reached.size:
        direction = (
            f"{curve.sizes[reached[0]]} items give a gap within cosine {enough:g} of that of all "
            f"{curve.sizes[-1]}"
        )
    else:
        direction = f"Even {curve.sizes[-1]} items do not settle the gap's direction"
    recall = _mean([band.value for band in curve.recall_at_1.values()])
    raw = float(np.mean(list(curve.raw_recall_at_1.values())))
    if np.isnan(recall).all():
        return f"{direction}. No recall could be measured."
    spread = float(np.nanmax(recall) - recall[-1])
    beats = np.flatnonzero(recall >= raw - NO_DIFFERENCE)
    if not beats.size:
        against = (
            f"but recall@1 stays under that of raw cosine ({recall[-1]:.2f} against {raw:.2f})"
        )
    else:
        against = (
            f"and from {curve.sizes[beats[0]]} items on recall@1 is that of raw cosine or better "
            f"({recall[-1]:.2f} with all, {raw:.2f} raw)"
        )
    more = "" if spread < NO_DIFFERENCE else " More items do not always help."
    return f"{direction}, {against}.{more}"


def fusion_reading(curves: Mapping[Lists, FusionCurve]) -> str:
    """Whether k matters, on either kind of lists, and how touchy the weight is."""
    parts = []
    for lists, curve in curves.items():
        swing = _swing(curve.by_k.ndcg)
        words = (
            "changes nothing"
            if swing < NO_DIFFERENCE
            else f"moves mixed NDCG@10 by up to {swing:.2f}"
        )
        parts.append(f"over {lists} lists k {words}")
    first = "; ".join(parts)
    return f"{first[0].upper()}{first[1:]}. {_weight_words(curves)}"


def _loss_words(curve: StrengthCurve) -> str:
    losses = np.array([loss.symmetric for loss in curve.info_nce])
    if np.isnan(losses).any():
        return "Without pairs there is no loss."
    best = int(np.argmin(losses))
    return (
        f"InfoNCE (mean of both directions) is lowest at λ = {curve.strengths[best]:g} "
        f"({losses[best]:.2f} nats)."
    )


def _weight_words(curves: Mapping[Lists, FusionCurve]) -> str:
    """What the smallest step away from equal weights does."""
    curve = next(iter(curves.values()))
    heavier = np.flatnonzero(curve.weights > 1)
    band = curve.by_weight.bias.get(curve.weighted)
    if not heavier.size or band is None or np.isnan(band.value[heavier[0]]):
        return "No step away from equal weights could be measured."
    step = heavier[0]
    return (
        f"Weights are touchy: {curve.weights[step]:g} instead of 1 for the {curve.weighted} list "
        f"gives it {10 * band.value[step]:.1f} of the first 10 places of {curve.weighted} queries "
        f"over {curve.lists} lists."
    )


def _crossing(x: Float64, y: Float64) -> float | None:
    """Where the line through the points first meets 0, or None."""
    order = np.argsort(x)
    x, y = x[order], y[order]
    for left in range(x.size - 1):
        if y[left] == 0:
            return float(x[left])
        if y[left] * y[left + 1] < 0:
            part = y[left] / (y[left] - y[left + 1])
            return float(x[left] + part * (x[left + 1] - x[left]))
    return float(x[-1]) if y[-1] == 0 else None


def _mean(values: list[Float64]) -> Float64:
    return np.asarray(np.mean(values, axis=0))


def _swing(bands: Mapping[str, Band]) -> float:
    """The largest difference along any line; 0 where nothing is known."""
    swings = [
        float(np.nanmax(band.value) - np.nanmin(band.value))
        for band in bands.values()
        if not np.isnan(band.value).all()
    ]
    return max(swings, default=0.0)
