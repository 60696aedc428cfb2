"""All figures of one collection under one strategy: what the pages and the CLI show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any, Literal

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import plain_json
from gapviz.core.table_html import html_table
from gapviz.core.vectors import Float64
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.retrieval.bootstrap import bootstrap_imbalance, bootstrap_mean
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.measures.retrieval.mixed import evaluate_mixed, expected_bias, mean_of_known
from gapviz.measures.retrieval.outcome import CrossOutcome, MixedOutcome
from gapviz.strategies import Strategy

Fit = Literal["all", "split"]

DEPTH = 10
RECALL_DEPTHS = (1, 5, 10)
PREFERRED = ("image", "text")

JSON_VERSION = 2
"""Of the shape of plain figures; see CHANGELOG.md."""


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
            self.strategy.transform(self.collection.modality(name).corpus.vectors, name)
            for name in self.pair
        )
        return Geometry(
            x,
            y,
            self.collection.pairs(*self.pair),
            seed=self.seed,
            fit_noise=self.fit_noise,
        )

    @property
    def fit_noise(self) -> float:
        """What the fit adds to the variance of Δ, λ²·n/n_cal; see `Geometry`.

        NaN where an offset was subtracted from the very items that it was learned from: its
        noise is theirs, and the gap is closed in these items whatever it is in others.
        """
        strength = self.strategy.subtracted(self.pair)
        if not strength:
            return 0.0
        n_calibration = self.strategy.n_calibration_
        if self.fit == "all" or not n_calibration:
            return float("nan")
        return strength**2 * self.collection.n_items / n_calibration

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
        return self.by_modality(lambda outcome: outcome.own_share)

    @cached_property
    def lift(self) -> dict[str, Estimate]:
        """Bias@10 ÷ corpus share per query modality; 1 is neutral."""
        return self.by_modality(lambda outcome: outcome.lift)

    @cached_property
    def imbalance(self) -> Estimate:
        """Mean over the query modalities of |lift − 1|; 0 is neutral."""
        outcomes = self.mixed.values()
        lifts, items = [one.lift for one in outcomes], [one.items for one in outcomes]
        return bootstrap_imbalance(lifts, items, seed=self.seed)

    @cached_property
    def ndcg(self) -> dict[str, Estimate]:
        """NDCG@10 of the match in the mixed index per query modality."""
        return self.by_modality(lambda outcome: outcome.ndcg)

    @cached_property
    def mrr(self) -> dict[str, Estimate]:
        """Mean reciprocal rank of the match in the mixed index per query modality."""
        return self.by_modality(lambda outcome: outcome.reciprocal_rank)

    @cached_property
    def mixed_recall(self) -> dict[str, Estimate]:
        """Share of queries whose match stands in the first 10 of the mixed index."""
        return self.by_modality(lambda outcome: outcome.recall(DEPTH))

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

    def by_modality(self, values: Callable[[MixedOutcome], Float64]) -> dict[str, Estimate]:
        """Means of values `(n_queries,)` of each query modality's outcome, with intervals."""
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
        geometry = self.geometry
        first, second = self.pair
        names = self.collection.modality_names
        strategy, spec = self.strategy, self.strategy.spec
        figures: dict[str, Any] = {
            "version": JSON_VERSION,
            "collection": self.collection.name,
            "encoder": self.collection.encoder,
            "n_items": self.collection.n_items,
            "dim": self.collection.dim,
            "modalities": list(names),
            "n_vectors": {name: self.collection.modality(name).corpus.n_rows for name in names},
            "pair": list(self.pair),
            "strategy": spec.name,
            "parameters": {
                one.name: one.plain(strategy.value(one.name)) for one in spec.parameters
            },
            "fusion": strategy.fusion.plain,
            "transductive": spec.transductive,
            "warnings": list(self.strategy.warnings),
            "fit": self.fit,
            "seed": self.seed,
            "sampled": list(geometry.sampled),
            "constancy_cosine": geometry.constancy.mean_cosine,
            "mean_norm": {first: geometry.x.mean_norm, second: geometry.y.mean_norm},
            "cone": {first: geometry.x.cone, second: geometry.y.cone},
            "uniformity": {first: geometry.uniformity.x, second: geometry.uniformity.y},
            "uniformity_cross": geometry.uniformity.cross,
            "top1_share": geometry.shares.top(1),
            "top5_share": geometry.shares.top(5),
            "top10_share": geometry.shares.top(10),
            "pc1_gap_cosine": geometry.principal_axis.cosine_with_gap,
            "pc1_variance_share": geometry.principal_axis.variance_share,
            "threshold": {
                "cosine": geometry.threshold.threshold,
                "matched": geometry.threshold.matched_share,
                "mismatched": geometry.threshold.mismatched,
                f"{first}-{first}": geometry.threshold.within_x,
                f"{second}-{second}": geometry.threshold.within_y,
            },
            "expected_bias_at_10": expected_bias(self.mixed),
            "expected_bias_at_10_by_modality": {
                name: mean_of_known(o.expected_share) for name, o in self.mixed.items()
            },
            "first_other_rank": {
                name: float(np.median(o.first_other_rank)) for name, o in self.mixed.items()
            },
            "mixed_recall_at_10": self.mixed_recall,
            "recall": {
                f"{a}->{b}": {str(k): one for k, one in by_depth.items()}
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
            **{
                one.name if one.key is None else one.key: one.read(self)
                for one in DIAGNOSTICS.values()
                if one.key != ""
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


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if values.size else float("nan")
