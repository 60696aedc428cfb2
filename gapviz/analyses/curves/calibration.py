"""How many calibration pairs a strategy needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.curves.curve import (
    KIND,
    NO_DIFFERENCE,
    REVISION,
    Band,
    band_over,
    drawn_strategy,
    mean_line,
    points_table,
)
from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import CALIBRATE
from gapviz.core.table import Column
from gapviz.core.vectors import Float64, Indices
from gapviz.core.wording import counted, figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.storage.cache import cached
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy, unavailable_reason

SIZES = (2, 5, 10, 25, 50, 100, 250, 500, 1_000)
REPEATS = 10
ONE_ANSWER = 0.1
"""Of the first ten: how near a bias rate must come to that of all items to be called settled."""


@dataclass(frozen=True, eq=False)
class CalibrationCurve(JsonFields):
    """Held-out figures by number of calibration items; bands reach over the repeats.

    Within a repeat the samples are nested: each size adds items to the one before.
    """

    pair: tuple[str, str]
    sizes: Indices
    """Calibration items, `(n,)`."""
    cosine: Band
    """Cosine of the estimated gap with that of the whole calibrate split."""
    recall_at_1: Mapping[tuple[str, str], Band]
    """Held-out cross-modal R@1 by direction (source, target)."""
    raw_recall_at_1: Mapping[tuple[str, str], float]
    """The same without a strategy: the line to beat."""
    bias: Mapping[str, Band]
    """Held-out bias rate by query modality."""
    n_repeats: int


@cached(KIND, revision=REVISION)
def calibration_curve(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    sizes: Sequence[int] = SIZES,
    repeats: int = REPEATS,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> CalibrationCurve:
    """Fit a strategy on ever more calibration items and measure it on the evaluate split.

    Args:
        collection: with a calibrate and an evaluate split.
        options: the strategy.
        pair: the modalities of the gap and of recall.
        sizes: calibration items; what exceeds the split is left out, and its whole added.
        repeats: how many random orders of the calibration items.
        seed: of the orders.
        progress: told before every fit; may raise to cancel.

    Raises:
        GapvizError: a split or a modality that is missing, no repeats, or items that do not
            have both modalities.
    """
    experiment = Experiment(collection, options, pair=pair, seed=seed)
    calibration, measured = experiment.calibration, experiment.evaluated
    first, second = (calibration.modality(name).corpus.item_index for name in pair)
    paired = np.intersect1d(first, second).astype(np.int64)
    if paired.size < 2 or repeats < 1:
        raise GapvizError(
            f"has {counted(paired.size, 'calibration item')} with both {pair[0]} and {pair[1]}",
            where=collection.name,
            hint="give at least two, and at least one repeat",
        )
    whole = np.array(sorted({n for n in sizes if 2 <= n < paired.size} | {paired.size}))
    experiment.fitted(options)  # What is wrong with the options is told at once.
    full = _gap(calibration.subset(paired), pair)
    ways = (pair, pair[::-1])
    figures: dict[object, Float64] = {
        key: np.full((repeats, whole.size), np.nan)
        for key in ("cosine", *ways, *measured.modality_names)
    }
    for repeat in range(repeats):
        order = np.random.default_rng([seed, repeat]).permutation(paired)
        for place, n in enumerate(whole):
            done = (repeat * whole.size + place) / (repeats * whole.size)
            progress(done, f"{n} calibration items, repeat {repeat + 1} of {repeats}")
            some = calibration.subset(order[:n])
            delta = _gap(some, pair)
            lengths = np.linalg.norm(delta) * np.linalg.norm(full)
            figures["cosine"][repeat, place] = delta @ full / lengths if lengths > 0 else np.nan
            try:
                strategy = fit_strategy(options, some)
                mixed = evaluate_mixed(measured, strategy, seed=seed)
                crossed = {w: evaluate_cross(measured, strategy, *w, seed=seed) for w in ways}
            except GapvizError:
                continue  # too few items for this strategy: no figure, and the line starts later
            for way, outcome in crossed.items():
                figures[way][repeat, place] = mean_of_known(outcome.recall(1))
            for name, result in mixed.items():
                figures[name][repeat, place] = mean_of_known(result.own_share)
    raw = experiment.fitted(StrategyOptions())
    return CalibrationCurve(
        pair=pair,
        sizes=whole.astype(np.int64),
        cosine=band_over(figures["cosine"]),
        recall_at_1={way: band_over(figures[way]) for way in ways},
        raw_recall_at_1={
            way: mean_of_known(evaluate_cross(measured, raw, *way, seed=seed).recall(1))
            for way in ways
        },
        bias={name: band_over(figures[name]) for name in measured.modality_names},
        n_repeats=repeats,
    )


def _gap(collection: Collection, pair: tuple[str, str]) -> Float64:
    x, y = (centroid(collection.modality(name).corpus.vectors) for name in pair)
    return np.asarray(x - y)


def calibration_reading(curve: CalibrationCurve, *, enough: float = 0.99) -> str:
    """From how many items the gap's direction is known, recall holds, and bias has settled."""
    cosine = curve.cosine.value
    reached = np.flatnonzero(cosine >= enough)
    if reached.size:
        direction = (
            f"{curve.sizes[reached[0]]} items give a gap within cosine {enough:g} of that of all "
            f"{curve.sizes[-1]}"
        )
    else:
        direction = f"Even {curve.sizes[-1]} items do not settle the gap's direction"
    recall = mean_line(curve.recall_at_1)
    raw = float(np.mean(list(curve.raw_recall_at_1.values())))
    if np.isnan(recall).all():
        return f"{direction}. No recall could be measured.{_settled(curve)}"
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
    return f"{direction}, {against}.{more}{_settled(curve)}"


def _settled(curve: CalibrationCurve) -> str:
    """From how many items on bias is that of all items, whichever items they are."""
    ends = [end - band.value[-1] for band in curve.bias.values() for end in (band.low, band.high)]
    off = np.max(np.abs(ends), axis=0, initial=0)
    if np.isnan(off[-1]):
        return " No bias rate could be measured."
    # What could not be measured has not settled.
    unsettled = np.flatnonzero(~(off <= ONE_ANSWER))
    start = unsettled[-1] + 1 if unsettled.size else 0
    if start == curve.sizes.size - 1:
        return f" The bias rate settles with none fewer than all {curve.sizes[-1]} items."
    return (
        f" From {curve.sizes[start]} items on, whichever they are, the bias rate is within "
        f"{ONE_ANSWER:g} of that of all {curve.sizes[-1]}."
    )


def find_calibration(request: Request, progress: Progress) -> Finding:
    """The strategy chosen, fitted on ever more items."""
    collection = request.collection
    usual = StrategyOptions(request.strategy.name)
    fits = unavailable_reason(usual, collection.split(CALIBRATE)) is None
    drawable = request.spec.learns and fits
    options, drawn, notes = drawn_strategy(
        request, drawable, "learns nothing from calibration items here"
    )
    found = calibration_curve(collection, options, request.pair, seed=request.seed)
    curve = found.compute(progress)
    raw = ", ".join(f"{a} → {b} {figure(one)}" for (a, b), one in curve.raw_recall_at_1.items())
    table = points_table(
        Column("items", "items"),
        [f"{size:,}" for size in curve.sizes],
        {
            "cosine with the whole gap": curve.cosine,
            "R@1": curve.recall_at_1,
            "bias rate": curve.bias,
        },
        intervals=f"lowest and highest of {curve.n_repeats} random orders",
    )
    return Finding(
        figures=drawn | curve.to_json(),
        title=f"Calibration items: {STRATEGIES[options.name].title}",
        readings=[*notes, calibration_reading(curve)],
        tables=[table],
        protocol=f"R@1 without a strategy: {raw}. Nested random samples of the calibrate split, "
        "each size adding items to the one before; the strategy is fitted on each and measured on "
        "the whole evaluate split. cosine: of the direction of the gap between the sample's means "
        "with that of the whole calibrate split, which is 1. R@1 searches the other modality "
        "alone; rank = 1 + entries that score strictly higher. bias rate: neutral at the "
        "modality's share of the index.",
        result=curve,
    )
