"""What k and the weights of rank fusion do, over disjoint and over overlapping lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gapviz.analyses.curves.band import Band, band_of
from gapviz.core.collection import Collection
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.bootstrap import bootstrap_means
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.strategies import StrategyOptions
from gapviz.strategies.fusion import TieOrder

KS = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 200.0, 1_000.0)
WEIGHTS = (0.25, 0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 2.0, 4.0)
USUAL_K = 60.0

Lists = Literal["disjoint", "overlapping"]
"""`disjoint`: one list a modality, of rows, that share no entry. `overlapping`: the same lists
by item, which meet where an item has several vectors."""


@dataclass(frozen=True, eq=False)
class FusionLine:
    """Figures along one parameter; bands are bootstrap intervals."""

    bias: Mapping[str, Band]
    """Bias@10 by query modality."""
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


def rank_fusion_curves(
    collection: Collection,
    weighted: str,
    *,
    ks: Sequence[float] = KS,
    weights: Sequence[float] = WEIGHTS,
    ties: TieOrder = "own-first",
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> dict[Lists, FusionCurve]:
    """Vary k at equal weights and one list's weight at k = 60, on the evaluate split.

    Args:
        collection: with a calibrate and an evaluate split; nothing is fitted on the former.
        weighted: the modality whose weight varies.
        ks: damping constants.
        weights: weights of that list.
        ties: which of two disjoint lists wins equal scores.
        seed: of bootstrap and samples.
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
        bias: dict[str, list[Float64]] = {m: [] for m in measured.modality_names}
        ndcg: dict[str, list[Float64]] = {m: [] for m in measured.modality_names}
        items = {}
        for options in points:
            if progress is not None:
                progress(n_done / n_all, f"k = {options.value('rrf_k'):g}")
            n_done += 1
            strategy = experiment.fitted(options)
            for modality, outcome in evaluate_mixed(measured, strategy, seed=seed).items():
                bias[modality].append(outcome.own_share)
                ndcg[modality].append(outcome.ndcg)
                items[modality] = outcome.items
        return FusionLine(
            *(
                {m: band_of(bootstrap_means(v, items[m], seed=seed)) for m, v in figure.items()}
                for figure in (bias, ndcg)
            )
        )

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
