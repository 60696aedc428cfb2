"""All figures of one collection under one strategy: what the pages and the CLI show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any, Literal

import numpy as np

from gapviz.core.collection import CALIBRATE, EVALUATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import plain_json
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.table_html import html_table
from gapviz.measures.geometry import Geometry, measure_geometry
from gapviz.measures.geometry.split_shift import split_warnings
from gapviz.measures.retrieval import (
    CrossOutcome,
    MixedOutcome,
    bootstrap_imbalance,
    bootstrap_mean,
    evaluate_cross,
    evaluate_mixed,
    expected_bias,
    mean_of_known,
)
from gapviz.strategies import Strategy, StrategyOptions, fit_strategy
from gapviz.strategies.fusion import Fusion, ItemFusion, ScoreFusion

Fit = Literal["all", "split"]

DEPTH = 10
RECALL_DEPTHS = (1, 5, 10)
PREFERRED = ("image", "text")


@dataclass(frozen=True, eq=False)
class Measurement:
    """Geometry and retrieval of one collection under one fitted strategy.

    Each part is computed when first asked for, and then kept.
    """

    collection: Collection
    """The items measured, with their vectors as encoded."""
    strategy: Strategy
    fit: Fit
    seed: int
    pair: tuple[str, str]
    """The two modalities whose geometry is measured."""

    @cached_property
    def geometry(self) -> Geometry:
        """Every diagnostic of the pair's two clouds, as the strategy moved them."""
        x, y = (
            self.strategy.alignment.transform(self.collection.modality(name).corpus.vectors, name)
            for name in self.pair
        )
        return measure_geometry(x, y, self.collection.pairs(*self.pair), seed=self.seed)

    def forget_scores(self) -> None:
        """Drop the scores of single pairs, by far the most of what it holds, until asked again.

        Figures made of them stay.
        """
        if "geometry" in vars(self):
            vars(self.geometry).pop("scores", None)

    @cached_property
    def mixed(self) -> dict[str, MixedOutcome]:
        """Bias and match rank in the mixed index, per query modality."""
        return evaluate_mixed(self.collection, self.strategy, k=DEPTH, seed=self.seed)

    @cached_property
    def cross(self) -> dict[tuple[str, str], CrossOutcome]:
        """Cross-modal retrieval by direction (source, target)."""
        return {
            (a, b): evaluate_cross(self.collection, self.strategy, a, b, seed=self.seed)
            for a, b in permutations(self.collection.modality_names, 2)
        }

    @cached_property
    def bias(self) -> dict[str, Estimate]:
        """Intra-modal bias@10 per query modality."""
        return self._estimates(lambda outcome: outcome.own_share)

    @cached_property
    def lift(self) -> dict[str, Estimate]:
        """Bias@10 ÷ corpus share per query modality; 1 is neutral."""
        return self._estimates(lambda outcome: outcome.lift)

    @cached_property
    def imbalance(self) -> Estimate:
        """Mean over the query modalities of |lift − 1|; 0 is neutral."""
        outcomes = self.mixed.values()
        lifts, items = [one.lift for one in outcomes], [one.items for one in outcomes]
        return bootstrap_imbalance(lifts, items, seed=self.seed)

    @cached_property
    def ndcg(self) -> dict[str, Estimate]:
        """NDCG@10 of the match in the mixed index per query modality."""
        return self._estimates(lambda outcome: outcome.ndcg)

    @cached_property
    def mrr(self) -> dict[str, Estimate]:
        """Mean reciprocal rank of the match in the mixed index per query modality."""
        return self._estimates(lambda outcome: outcome.reciprocal_rank)

    @cached_property
    def mixed_recall(self) -> dict[str, Estimate]:
        """Share of queries whose match stands in the first 10 of the mixed index."""
        return self._estimates(lambda outcome: outcome.recall(DEPTH))

    @cached_property
    def recall(self) -> dict[tuple[str, str], dict[int, Estimate]]:
        """Cross-modal recall@1/5/10 by direction, over an index of the target alone."""
        return {
            direction: {
                k: bootstrap_mean(outcome.recall(k), outcome.items, seed=self.seed)
                for k in RECALL_DEPTHS
            }
            for direction, outcome in self.cross.items()
        }

    def _estimates(self, values: Any) -> dict[str, Estimate]:
        return {
            name: bootstrap_mean(values(outcome), outcome.items, seed=self.seed)
            for name, outcome in self.mixed.items()
        }

    def _repr_html_(self) -> str:
        gap = self.geometry.gap
        caption = (
            f"{self.collection.name}, {self.strategy.label}: gap {gap.gap:.3f} "
            f"[{gap.low:.3f}, {gap.high:.3f}], noise floor {gap.noise_floor:.3f}"
        )
        rows = [[n, self.bias[n], self.lift[n], self.ndcg[n], self.mrr[n]] for n in self.mixed]
        return html_table(caption, ["queries", "bias@10", "lift", "NDCG@10", "MRR"], rows)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers under the field's names; NaN becomes None."""
        geometry, gap = self.geometry, self.geometry.gap
        first, second = self.pair
        names = self.collection.modality_names
        options, parameters = self.strategy.options, self.strategy.card.parameters
        figures: dict[str, Any] = {
            "collection": self.collection.name,
            "encoder": self.collection.encoder,
            "n_items": self.collection.n_items,
            "dim": self.collection.dim,
            "modalities": list(names),
            "n_vectors": {name: self.collection.modality(name).corpus.n_rows for name in names},
            "pair": list(self.pair),
            "strategy": self.strategy.card.name,
            "strength": options.strength if "strength" in parameters else None,
            "moves": getattr(self.strategy.alignment, "moving_", None),
            "anchor": getattr(self.strategy.alignment, "anchor_", None),
            **{
                name: getattr(options, name) if name in parameters else None
                for name in ("ridge", "alpha", "neighbours")
            },
            "fusion": _fusion_json(self.strategy.fusion),
            "transductive": self.strategy.card.transductive,
            "warnings": list(self.strategy.warnings),
            "fit": self.fit,
            "seed": self.seed,
            "sampled": list(geometry.sampled),
            "gap": gap.gap,
            "gap_interval": [gap.low, gap.high],
            "gap_debiased": gap.debiased,
            "noise_floor": gap.noise_floor,
            "separation": gap.separation,
            "separation_b": gap.separation_b,
            "separation_c": gap.separation_c,
            "rmg": geometry.relative_gap,
            "constancy": geometry.constancy.ratio,
            "constancy_cosine": geometry.constancy.mean_cosine,
            "mean_norm": {first: geometry.x.mean_norm, second: geometry.y.mean_norm},
            "cone": {first: geometry.x.cone, second: geometry.y.cone},
            "matched_cosine": geometry.cosines.matched,
            "mismatched_cosine": geometry.cosines.mismatched,
            "alignment": geometry.alignment,
            "uniformity": {first: geometry.uniformity.x, second: geometry.uniformity.y},
            "uniformity_joint": geometry.uniformity.joint,
            "uniformity_cross": geometry.uniformity.cross,
            "top1_share": geometry.shares.top(1),
            "top2_share": geometry.shares.top(2),
            "top5_share": geometry.shares.top(5),
            "top10_share": geometry.shares.top(10),
            "participation_ratio": geometry.shares.participation_ratio,
            "pc1_gap_cosine": geometry.principal_axis.cosine_with_gap,
            "pc1_variance_share": geometry.principal_axis.variance_share,
            "info_nce": geometry.info_nce,
            "auc_matched": geometry.auc_matched,
            "d_prime": geometry.d_prime,
            "threshold": {
                "cosine": geometry.threshold.threshold,
                "matched": geometry.threshold.matched_share,
                "mismatched": geometry.threshold.mismatched,
                f"{first}-{first}": geometry.threshold.within_x,
                f"{second}-{second}": geometry.threshold.within_y,
            },
            "bias_at_10": _values(self.bias),
            "expected_bias_at_10": expected_bias(self.mixed),
            "expected_bias_at_10_by_modality": {
                name: mean_of_known(o.expected_share) for name, o in self.mixed.items()
            },
            "bias_lift_at_10": _values(self.lift),
            "first_other_rank": {
                name: float(np.median(o.first_other_rank)) for name, o in self.mixed.items()
            },
            "mixed_mrr": _values(self.mrr),
            "mixed_ndcg_at_10": _values(self.ndcg),
            "mixed_recall_at_10": _values(self.mixed_recall),
            "recall": {
                f"{a}->{b}": {str(k): estimate.value for k, estimate in by_depth.items()}
                for (a, b), by_depth in self.recall.items()
            },
            "mrr": {
                f"{a}->{b}": _mean(outcome.reciprocal_rank)
                for (a, b), outcome in self.cross.items()
            },
            "tied_queries": {
                f"{a}->{b}": _mean(outcome.tied) for (a, b), outcome in self.cross.items()
            },
            "n_queries": {name: int(o.items.size) for name, o in self.mixed.items()},
            "intervals_95": {
                "bias_at_10": _intervals(self.bias),
                "bias_lift_at_10": _intervals(self.lift),
                "mixed_mrr": _intervals(self.mrr),
                "mixed_ndcg_at_10": _intervals(self.ndcg),
                "mixed_recall_at_10": _intervals(self.mixed_recall),
                "recall": {
                    f"{a}->{b}": {str(k): [e.low, e.high] for k, e in by_depth.items()}
                    for (a, b), by_depth in self.recall.items()
                },
            },
            "ties": "rank = 1 + number of entries that score strictly higher",
        }
        plain: dict[str, Any] = plain_json(figures)
        return plain


def default_pair(collection: Collection) -> tuple[str, str]:
    """`image` and `text` where a collection has them, else its first two modalities.

    Raises:
        GapvizError: fewer than two modalities.
    """
    collection.refuse_without_vectors()
    names = collection.modality_names
    if len(names) < 2:
        raise GapvizError(
            f"has the one modality {names[0]!r}, and a gap needs two",
            where=collection.name,
            hint="give vectors of a second modality",
        )
    return pair_of(names)


def pair_of(modalities: Sequence[str]) -> tuple[str, str]:
    """`image` and `text` if both are there, else the first two; one alone stands twice."""
    if set(PREFERRED) <= set(modalities):
        return PREFERRED
    return modalities[0], modalities[min(1, len(modalities) - 1)]


def fit_and_measured(collection: Collection, fit: Fit) -> tuple[Collection, Collection]:
    """The items to fit on and the items to measure: one and the same for `all`."""
    if fit == "all":
        return collection, collection
    return collection.split(CALIBRATE), collection.split(EVALUATE)


def measure(
    collection: Collection,
    options: StrategyOptions | None = None,
    *,
    fit: Fit = "split",
    pair: tuple[str, str] | None = None,
    seed: int = DEFAULT_SEED,
) -> Measurement:
    """Fit a strategy and measure what it does.

    Args:
        collection: any collection of two modalities or more.
        options: the strategy; raw cosine unless given.
        fit: `split` fits on the calibrate split and measures on the evaluate split; `all`
            does both in-sample, as published tables do.
        pair: the modalities of the geometry; see `default_pair`.
        seed: of bootstrap and samples.

    Raises:
        GapvizError: fewer than two modalities, a split that is missing or empty, or bad
            options.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> from gapviz.strategies import StrategyOptions
    >>> drawings = builtin_collection()
    >>> raw = measure(drawings)
    >>> round(raw.geometry.gap.gap, 2), round(raw.bias["text"].value, 2)
    (0.79, 1.0)
    >>> centred = measure(drawings, StrategyOptions("centre"))
    >>> centred.geometry.gap.gap < 0.1 and centred.bias["text"].value > 0.8
    True
    >>> sorted(centred.to_json()["intervals_95"])[:2]
    ['bias_at_10', 'bias_lift_at_10']
    """
    chosen = pair or default_pair(collection)
    for name in chosen:
        collection.modality(name)
    fitted_on, measured = fit_and_measured(collection, fit)
    doubts = split_warnings(collection) if fit == "split" else ()
    strategy = fit_strategy(options or StrategyOptions(), fitted_on, split_doubts=doubts)
    return measure_strategy(measured, strategy, fit=fit, pair=chosen, seed=seed)


def measure_strategy(
    measured: Collection,
    strategy: Strategy,
    *,
    fit: Fit = "split",
    pair: tuple[str, str] | None = None,
    seed: int = DEFAULT_SEED,
) -> Measurement:
    """Measure an already fitted strategy on `measured`, the items it was not fitted on."""
    return Measurement(measured, strategy, fit, seed, pair or default_pair(measured))


def _fusion_json(fusion: Fusion | None) -> dict[str, Any] | None:
    if fusion is None:
        return None
    if isinstance(fusion, ScoreFusion):
        return {"method": fusion.scale, "ties": fusion.ties}
    if isinstance(fusion, ItemFusion):
        if fusion.method == "max":
            return {"method": "items-max"}
        return {**(_fusion_json(fusion.ranks) or {}), "method": "items-rrf"}
    return {
        "method": "rrf",
        "k": fusion.k,
        "weights": dict(fusion.weights),
        "rank_base": fusion.rank_base,
        "ties": fusion.ties,
    }


def _values(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    return {name: estimate.value for name, estimate in estimates.items()}


def _intervals(estimates: Mapping[str, Estimate]) -> dict[str, list[float]]:
    return {name: [estimate.low, estimate.high] for name, estimate in estimates.items()}


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if values.size else float("nan")
