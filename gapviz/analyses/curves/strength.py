"""What an offset of every strength λ does to the gap, the loss, recall, bias and quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.curves.curve import (
    KIND,
    NO_DIFFERENCE,
    REVISION,
    STRENGTHS,
    Band,
    Figures,
    band_of,
    drawn_strategy,
    mean_line,
    points_table,
)
from gapviz.analyses.curves.judged_strength import (
    JudgedStrengthCurve,
    judged_strength_curve,
    judged_strength_reading,
)
from gapviz.analyses.judged import Protocol, protocol_of, protocol_words
from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.rows import Rows, corpus_rows, query_rows
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.table import Column
from gapviz.core.vectors import Float32, Float64, Indices, Mask, unit_rows
from gapviz.core.wording import counted, figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.contrast import InfoNce, info_nce
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.retrieval.sweep import sweep
from gapviz.storage.cache import cached
from gapviz.strategies import STRATEGIES, StrategyOptions

A_LITTLE = 0.05
"""Of a bias rate: what is nearer to neutral is not called biased still."""
TEMPERATURE = 0.01

# The loss is taken anew at every λ, at a cost that grows with the square of the batch.
BATCH = 1_024


@dataclass(frozen=True, eq=False)
class StrengthCurve(JsonFields):
    """Held-out figures of one offset strategy at every λ; in the bands the queries vary."""

    pair: tuple[str, str]
    """x and y of the gap."""
    strengths: Float64
    """λ, `(n,)`."""
    signed_gap: Float64
    """(μx − μy) · u after moving and renormalising, u = direction of the raw gap: positive
    as long as x lies on its side; not (1 − λ) × the gap, since renormalising bends it."""
    gap: Float64
    """‖μx − μy‖ after moving and renormalising."""
    raw_gap: float
    """The measured gap at λ = 0."""
    info_nce: tuple[InfoNce, ...]
    """Per λ, with direction, temperature and batch."""
    recall_at_1: Mapping[tuple[str, str], Band]
    """Cross-modal R@1 by direction (source, target)."""
    bias: Mapping[str, Band]
    """Bias rate by query modality."""
    expected_bias: Mapping[str, float]
    """Bias of chance by query modality."""
    ndcg: Mapping[str, Band]
    """NDCG@10 of the match in the mixed index by query modality."""


@cached(KIND, revision=REVISION)
def strength_curve(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> StrengthCurve:
    """Fit an offset once on the calibrate split and measure it at every strength.

    Args:
        collection: with a calibrate and an evaluate split.
        options: an offset strategy (one-sided, half/half, centre both); its own strength
            does not matter, but to what the curve is cached by.
        pair: the modalities x and y of the gap and the loss.
        strengths: λ, in any order.
        seed: of intervals and samples.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a strategy that has no strength, a modality or a split that is missing.
    """
    experiment = Experiment(collection, options, pair=pair, seed=seed)
    directions = experiment.strategy.shift
    if directions is None:
        raise GapvizError(
            f"the strategy {options.name!r} has no strength to vary",
            hint="choose offset, half or centre",
        )
    measured = experiment.evaluated
    clouds = [measured.modality(name).corpus.vectors for name in pair]
    pairs, steps = measured.pairs(*pair), np.asarray(strengths, dtype=np.float64)
    along, gap, losses = [], [], []
    raw = centroid(clouds[0]) - centroid(clouds[1])
    length = float(np.linalg.norm(raw))
    for place, lam in enumerate(steps):
        progress(0.5 * place / steps.size, f"gap and loss at λ = {lam:g}")
        x, y = (
            _moved(rows, float(lam) * directions[name], name)
            for rows, name in zip(clouds, pair, strict=True)
        )
        delta = centroid(x) - centroid(y)
        along.append(float(delta @ raw) / length if length > 0 else nan)
        gap.append(float(np.linalg.norm(delta)))
        losses.append(info_nce(x, y, pairs, temperature=TEMPERATURE, batch=BATCH, seed=seed))
    progress(0.5, "recall, bias and NDCG")
    still = experiment.fitted(StrategyOptions())
    corpus, queries = corpus_rows(measured, still), query_rows(measured, still)
    asking = {name: _only(queries, name, seed) for name in corpus.names}
    found = {name: sweep(rows, corpus, directions, steps) for name, rows in asking.items()}
    progress(0.8, "recall over one modality")
    recall = {}
    for source, target in (pair, pair[::-1]):
        gallery = _only(corpus, target)
        matching = _rows(asking[source], np.isin(asking[source].item, gallery.item))
        crossed = sweep(matching, gallery, directions, steps, k=1)
        recall[source, target] = _band(crossed.recall(1), matching.item, seed)
    progress(1.0, "done")
    return StrengthCurve(
        pair=pair,
        strengths=steps,
        signed_gap=np.array(along),
        gap=np.array(gap),
        raw_gap=length,
        info_nce=tuple(losses),
        recall_at_1=recall,
        bias={n: _band(result.own_share, asking[n].item, seed) for n, result in found.items()},
        expected_bias={
            name: mean_of_known(result.expected_share) for name, result in found.items()
        },
        ndcg={n: _band(result.ndcg, asking[n].item, seed) for n, result in found.items()},
    )


def _moved(rows: Float32, shift: Float64, name: str) -> Float32:
    return unit_rows(rows, shift=shift, where=f"{name} after the shift") if shift.any() else rows


def _rows(rows: Rows, keep: Indices | Mask) -> Rows:
    return Rows(rows.names, rows.vectors[keep], rows.modality[keep], rows.item[keep])


def _only(rows: Rows, name: str, seed: int | None = None) -> Rows:
    """The rows of one modality; with a seed, a sample of at most `MAX_QUERIES`."""
    found = np.flatnonzero(rows.modality == rows.code(name))
    return _rows(rows, found if seed is None else seeded_sample(found, MAX_QUERIES, seed))


def _band(values: Float64, items: np.ndarray, seed: int) -> Band:
    return band_of([bootstrap_mean(row, items, seed=seed) for row in values])


def gap_words(curve: StrengthCurve) -> str:
    """Where the gap closes, in a clause."""
    closed = _crossing(curve.strengths, curve.signed_gap)
    if closed is None:
        return "The gap never closes on this range"
    return f"The gap closes at λ ≈ {closed:.2f}"


def strength_reading(curve: StrengthCurve) -> str:
    """Where the gap closes, what that does to bias, and what λ serves quality best."""
    closed = _crossing(curve.strengths, curve.signed_gap)
    ndcg = mean_line(curve.ndcg)
    bias = mean_line(curve.bias)
    gap = gap_words(curve)
    if closed is not None:
        at = int(np.argmin(np.abs(curve.strengths - closed)))
        neutral = float(np.mean(list(curve.expected_bias.values())))
        still = "still " * bool(bias[at] > neutral + A_LITTLE)
        gap += f", where the bias rate is {still}{bias[at]:.2f} (neutral {neutral:.2f})"
    if np.isnan(ndcg).all():
        return f"{gap}."
    best = int(np.nanargmax(ndcg))
    if ndcg[best] - np.nanmin(ndcg) < NO_DIFFERENCE:
        return f"{gap}; mixed NDCG@10 is the same at every λ ({ndcg[best]:.3f})."
    return (
        f"{gap}; mixed NDCG@10 is best at λ = {curve.strengths[best]:g} ({ndcg[best]:.3f}, against "
        f"{ndcg[0]:.3f} at λ = {curve.strengths[0]:g}). {_loss_words(curve)}"
    )


def _loss_words(curve: StrengthCurve) -> str:
    losses = np.array([loss.symmetric for loss in curve.info_nce])
    if np.isnan(losses).any():
        return "Without pairs there is no loss."
    best = int(np.argmin(losses))
    return (
        f"InfoNCE (mean of both directions) is lowest at λ = {curve.strengths[best]:g} "
        f"({losses[best]:.2f} nats)."
    )


def _crossing(x: Float64, y: Float64) -> float | None:
    """Where the line through the points first meets 0, or None."""
    points: list[tuple[float, float]] = sorted(zip(x.tolist(), y.tolist(), strict=True))
    for (left, above), (right, below) in pairwise(points):
        if above == 0:
            return left
        if above * below < 0:
            return left + above / (above - below) * (right - left)
    last, height = points[-1]
    return last if height == 0 else None


def find_strength(request: Request, progress: Progress) -> Finding:
    """The λ sweep of the strategy chosen, by judgments where that is the protocol."""
    protocol = protocol_of(request)
    drawable = request.spec.has("strength")
    options, drawn, notes = drawn_strategy(request, drawable, "has no strength to vary")
    # The curve holds every strength, so that its own is no part of what it is cached by.
    options = options.having(strength=1.0)
    share = 0.5 if protocol == "judged" else 1.0
    found = strength_curve(request.collection, options, request.pair, seed=request.seed)
    curve = found.compute(lambda done, stage: progress(share * done, stage))
    judged = None
    if protocol == "judged":
        lists = judged_strength_curve(request.collection, options, seed=request.seed)
        judged = lists.compute(share_of(progress, 1, 2))
    expected = curve.expected_bias if judged is None else judged.expected_bias
    chance = ", ".join(f"{of} {figure(one, 2)}" for of, one in expected.items())
    loss = curve.info_nce[0]
    figures: Figures = {
        "signed gap": curve.signed_gap,
        "gap": curve.gap,
        "InfoNCE": {
            curve.pair: [one.x_to_y for one in curve.info_nce],
            curve.pair[::-1]: [one.y_to_x for one in curve.info_nce],
        },
        **(_paired_figures(curve) if judged is None else _judged_figures(judged)),
    }
    told = strength_reading(curve)
    if judged is not None:
        told = f"{gap_words(curve)}. {judged_strength_reading(judged)} {_loss_words(curve)}"
    return Finding(
        figures={**drawn, "protocol": protocol, **curve.to_json()},
        title=f"Strength λ: {STRATEGIES[options.name].title}",
        readings=[*notes, told],
        tables=[
            points_table(Column("strength", "λ"), [f"{one:g}" for one in curve.strengths], figures)
        ],
        protocol=f"Protocol of NDCG, bias and recall: {_asking(judged)}. "
        "The offset is fitted on the calibrate split; gap and loss are of the evaluate "
        f"split. gap {'–'.join(curve.pair)}: 0 … 2, lower is closer; raw {figure(curve.raw_gap)}. "
        "Signed, 0 is closed: (μx − μy) · u after moving and renormalising, u being the raw gap's "
        "direction; renormalising bends it, so it is not (1 − λ) times the gap. InfoNCE: mean "
        "cross-entropy of finding the match among one batch of pairs, each direction apart; nats, "
        f"temperature {loss.temperature:g}, {counted(loss.batch, 'pair')}, lower is better. "
        f"{_INDEXED[protocol]} bias rate: {chance} is neutral.",
        parts={} if judged is None else {"judged": Finding(judged.to_json(), result=judged)},
        result=curve,
    )


_INDEXED: Mapping[Protocol, str] = {
    "paired": "Bias and NDCG: the mixed index, the query's own entry left out. Rank = 1 + entries "
    "that score strictly higher.",
    "judged": "The whole collection is indexed, and what nobody judged counts as wrong.",
}


def _asking(judged: JudgedStrengthCurve | None) -> str:
    if judged is None:
        return protocol_words("paired")
    return protocol_words("judged", judged.n_queries)


def _paired_figures(curve: StrengthCurve) -> Figures:
    return {"R@1": curve.recall_at_1, "bias rate": curve.bias, "NDCG@10": curve.ndcg}


def _judged_figures(curve: JudgedStrengthCurve) -> Figures:
    return {
        "R@10": curve.recall,
        "bias rate": curve.bias,
        "NDCG@10": curve.ndcg,
        "unjudged@10": curve.unjudged,
    }
