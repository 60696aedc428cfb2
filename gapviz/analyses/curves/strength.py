"""What an offset of every strength λ does to the gap, the loss, recall, bias and quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.curves.band import Band, band_of
from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress
from gapviz.core.rows import Rows, corpus_rows, query_rows
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.contrast import InfoNce, info_nce
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.mixed import MAX_QUERIES, mean_of_known
from gapviz.retrieval.sweep import sweep
from gapviz.strategies import StrategyOptions

STRENGTHS = tuple(float(lam) for lam in np.linspace(0, 2, 21).round(3))
TEMPERATURE = 0.01

# The loss is taken anew at every λ, at a cost that grows with the square of the batch.
BATCH = 1_024


@dataclass(frozen=True, eq=False)
class StrengthCurve(JsonFields):
    """Held-out figures of one offset strategy at every λ; bands are bootstrap intervals."""

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
    """Bias@10 by query modality."""
    expected_bias: Mapping[str, float]
    """Bias of chance by query modality."""
    ndcg: Mapping[str, Band]
    """NDCG@10 of the match in the mixed index by query modality."""


def strength_curve(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> StrengthCurve:
    """Fit an offset once on the calibrate split and measure it at every strength.

    Args:
        collection: with a calibrate and an evaluate split.
        options: an offset strategy (one-sided, half/half, centre both); its own strength
            does not matter.
        pair: the modalities x and y of the gap and the loss.
        strengths: λ, in any order.
        seed: of bootstrap and samples.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a strategy that has no strength, a modality or a split that is missing.
    """
    report = progress or (lambda share, stage: None)
    experiment = Experiment(collection, options, pair=pair, seed=seed)
    directions = experiment.strategy.shift
    if directions is None:
        raise GapvizError(
            f"the strategy {options.name!r} has no strength to vary",
            hint="choose offset, half or centre",
        )
    measured = experiment.evaluated
    clouds = [measured.modality(name).corpus.vectors for name in pair]
    steps = np.asarray(strengths, dtype=np.float64)
    shapes: list[tuple[float, float]] = []
    losses: list[InfoNce] = []
    raw = centroid(clouds[0]) - centroid(clouds[1])
    length = float(np.linalg.norm(raw))
    for place, lam in enumerate(steps):
        report(0.5 * place / steps.size, f"gap and loss at λ = {lam:g}")
        x, y = (
            _moved(rows, float(lam) * directions[name], name)
            for rows, name in zip(clouds, pair, strict=True)
        )
        delta = centroid(x) - centroid(y)
        along = float(delta @ raw) / length if length > 0 else float("nan")
        shapes.append((along, float(np.linalg.norm(delta))))
        losses.append(
            info_nce(
                x,
                y,
                measured.pairs(*pair),
                temperature=TEMPERATURE,
                batch=BATCH,
                seed=seed,
            )
        )
    report(0.5, "recall, bias and NDCG")
    still = experiment.fitted(StrategyOptions())
    corpus, queries = corpus_rows(measured, still), query_rows(measured, still)
    found = {
        name: sweep(_sample(queries, name, seed), corpus, directions, steps)
        for name in corpus.names
    }
    report(0.8, "recall over one modality")
    recall = {}
    for source, target in (pair, pair[::-1]):
        gallery = _only(corpus, target)
        asking = _sample(queries, source, seed)
        with_match = np.isin(asking.item, gallery.item)
        crossed = sweep(_rows(asking, with_match), gallery, directions, steps, k=1)
        recall[source, target] = _band(crossed.recall(1), asking.item[with_match], seed)
    report(1.0, "done")
    return StrengthCurve(
        pair=pair,
        strengths=steps,
        signed_gap=np.array([along for along, _ in shapes]),
        gap=np.array([whole for _, whole in shapes]),
        raw_gap=length,
        info_nce=tuple(losses),
        recall_at_1=recall,
        bias={
            name: _band(result.own_share, _sample(queries, name, seed).item, seed)
            for name, result in found.items()
        },
        expected_bias={
            name: mean_of_known(result.expected_share) for name, result in found.items()
        },
        ndcg={
            name: _band(result.ndcg, _sample(queries, name, seed).item, seed)
            for name, result in found.items()
        },
    )


def _moved(rows: Float32, shift: Float64, name: str) -> Float32:
    return unit_rows(rows, shift=shift, where=f"{name} after the shift") if shift.any() else rows


def _rows(rows: Rows, keep: np.ndarray) -> Rows:
    return Rows(rows.names, rows.vectors[keep], rows.modality[keep], rows.item[keep])


def _only(rows: Rows, name: str) -> Rows:
    return _rows(rows, rows.modality == rows.code(name))


def _sample(rows: Rows, name: str, seed: int) -> Rows:
    chosen = _only(rows, name)
    if chosen.n_rows <= MAX_QUERIES:
        return chosen
    rng = np.random.default_rng(seed)
    return _rows(chosen, np.sort(rng.choice(chosen.n_rows, MAX_QUERIES, replace=False)))


def _band(values: Float64, items: np.ndarray, seed: int) -> Band:
    return band_of([bootstrap_mean(row, items, seed=seed) for row in values])
