"""What k and the weights of rank fusion do, over disjoint and over overlapping lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.curves.curve import (
    KIND,
    NO_DIFFERENCE,
    REVISION,
    Band,
    band_of,
    points_table,
)
from gapviz.core.collection import Collection
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.table import Column
from gapviz.core.vectors import Float64
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.bootstrap import bootstrap_means
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.storage.cache import cached
from gapviz.strategies import StrategyOptions
from gapviz.strategies.fusion import TieRule

KS = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 200.0, 1_000.0)
WEIGHTS = (0.25, 0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 2.0, 4.0)
USUAL_K = 60.0
ONE_PLACE = 0.1
"""Of the first ten: a small step of a weight that moves a list by less is not called touchy."""

Lists = Literal["disjoint", "overlapping"]
"""`disjoint`: one list a modality, of rows, that share no entry. `overlapping`: the same lists
by item, which meet where an item has several vectors."""


@dataclass(frozen=True, eq=False)
class FusionLine:
    """Figures along one parameter; in the bands the queries vary."""

    bias: Mapping[str, Band]
    """Bias rate by query modality."""
    ndcg: Mapping[str, Band]
    """NDCG@10 of the match by query modality."""


@dataclass(frozen=True, eq=False)
class FusionCurve:
    """Rank fusion of one kind of lists."""

    lists: Lists
    ks: Float64
    by_k: FusionLine
    """Over k, at equal weights."""
    weights: Float64
    weighted: str
    """The modality whose list has that weight; the others have 1."""
    by_weight: FusionLine
    """Over the weight, at k = 60."""


@cached(KIND, revision=REVISION)
def rank_fusion_curves(
    collection: Collection,
    weighted: str,
    *,
    ks: Sequence[float] = KS,
    weights: Sequence[float] = WEIGHTS,
    ties: TieRule = "shared",
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> Mapping[Lists, FusionCurve]:
    """Vary k at equal weights and one list's weight at k = 60, on the evaluate split.

    Args:
        collection: with a calibrate and an evaluate split; nothing is fitted on the former.
        weighted: the modality whose weight varies.
        ks: damping constants.
        weights: weights of that list.
        ties: which of two disjoint lists wins equal scores.
        seed: of intervals and samples.
        progress: told before every point; may raise to cancel.

    Raises:
        GapvizError: a modality or split that is missing, or numbers out of range.
    """
    collection.modality(weighted)
    experiment = Experiment(collection, seed=seed)
    measured = experiment.evaluated
    kinds: dict[Lists, StrategyOptions] = {
        "disjoint": StrategyOptions("route", rrf_k=USUAL_K, ties=ties),
        "overlapping": StrategyOptions("items-rrf", rrf_k=USUAL_K),
    }
    n_all, n_done = 2 * (len(ks) + len(weights)), 0

    def line(points: Sequence[StrategyOptions]) -> FusionLine:
        nonlocal n_done
        found = []
        for options in points:
            progress(n_done / n_all, f"k = {options.value('rrf_k'):g}")
            n_done += 1
            found.append(evaluate_mixed(measured, experiment.fitted(options), seed=seed))

        def bands(figure: str) -> dict[str, Band]:
            return {
                name: band_of(
                    bootstrap_means(
                        [getattr(one[name], figure) for one in found], outcome.items, seed=seed
                    )
                )
                for name, outcome in found[0].items()
            }

        return FusionLine(bands("own_share"), bands("ndcg"))

    return {
        lists: FusionCurve(
            lists=lists,
            ks=np.asarray(ks, dtype=np.float64),
            by_k=line([options.having(rrf_k=k) for k in ks]),
            weights=np.asarray(weights, dtype=np.float64),
            weighted=weighted,
            by_weight=line([options.having(weights=((weighted, w),)) for w in weights]),
        )
        for lists, options in kinds.items()
    }


def fusion_reading(curves: Mapping[Lists, FusionCurve]) -> str:
    """Whether k matters, on either kind of lists, and how touchy the weight is."""
    parts = []
    for lists, curve in curves.items():
        swing = _swing(curve.by_k.ndcg)
        if np.isnan(swing):
            words = "no match can be measured: every item has one row of the modality that asks"
        elif swing < NO_DIFFERENCE:
            words = "k changes nothing"
        else:
            words = f"k moves mixed NDCG@10 by up to {swing:.2f}"
        unknown = [name for name, band in curve.by_k.ndcg.items() if np.isnan(band.value).all()]
        if unknown and not np.isnan(swing):
            asks = " and ".join(unknown)
            words += f" (unknown for {asks} queries: every item has one {asks} row)"
        parts.append(f"over {lists} lists {words}")
    first = "; ".join(parts)
    return f"{first[0].upper()}{first[1:]}. {_weight_words(curves)}"


def _weight_words(curves: Mapping[Lists, FusionCurve]) -> str:
    """What the smallest step away from equal weights does."""
    curve = next(iter(curves.values()))
    heavier = np.flatnonzero(curve.weights > 1)
    band = curve.by_weight.bias.get(curve.weighted)
    if not heavier.size or band is None or np.isnan(band.value[heavier[0]]):
        return "No step away from equal weights could be measured."
    step = heavier[0]
    equal = np.flatnonzero(curve.weights == 1)
    touchy = equal.size and abs(band.value[step] - band.value[equal[0]]) >= ONE_PLACE
    return (
        f"Weights are {'touchy' if touchy else 'not touchy'}: {curve.weights[step]:g} instead of 1 "
        f"for the {curve.weighted} list gives it {10 * band.value[step]:.1f} of the first 10 "
        f"places of {curve.weighted} queries over {curve.lists} lists."
    )


def _swing(bands: Mapping[str, Band]) -> float:
    """The largest difference along any line; NaN where nothing is known."""
    swings = [
        float(np.nanmax(band.value) - np.nanmin(band.value))
        for band in bands.values()
        if not np.isnan(band.value).all()
    ]
    return max(swings, default=float("nan"))


def find_fusion(request: Request, progress: Progress) -> Finding:
    """Rank fusion over k and over a weight, for both kinds of lists."""
    weighted = request["weighted"] or request.collection.modality_names[0]
    ties = request.strategy_named("route").value("ties")
    found = rank_fusion_curves(request.collection, weighted, ties=ties, seed=request.seed)
    curves = found.compute(progress)
    tables = [
        points_table(
            Column(name, name),
            [f"{value:g}" for value in values],
            {"bias rate": line.bias, "NDCG@10": line.ndcg},
            title=f"{lists} lists, {fixed}",
        )
        for lists, curve in curves.items()
        for name, values, line, fixed in (
            ("k", curve.ks, curve.by_k, "equal weights"),
            ("weight", curve.weights, curve.by_weight, f"k = 60, weight of the {weighted} list"),
        )
    ]
    return Finding(
        figures={"weighted": weighted, "ties": ties, "by_lists": plain_json(curves)},
        title="Rank fusion",
        readings=[fusion_reading(curves)],
        tables=tables,
        protocol="Raw cosine ranks each modality's list; Σ weight / (k + rank) with ranks from 1 "
        "fuses them. k varies at equal weights, the weight at k = 60. Over overlapping lists an "
        "item is found whole, which is another protocol: do not compare its NDCG with that of "
        "disjoint lists. bias rate: neutral at the modality's share of the index. Evaluate split, "
        f"the query's own entry left out; equal scores over disjoint lists: {ties}.",
        result=curves,
    )
