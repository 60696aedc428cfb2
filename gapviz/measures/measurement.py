"""All figures of one collection under one strategy: what the pages and the CLI show."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import isnan
from typing import Any, Literal

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.item_sample import sample_json
from gapviz.core.lazy import cached_property
from gapviz.core.plain_json import VERSION, plain_json
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.rows import corpus_rows
from gapviz.core.table_html import html_table
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.geometry.groups import GroupCost, group_cost
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.retrieval.bootstrap import bootstrap_imbalance, bootstrap_mean
from gapviz.measures.retrieval.cross import RECALL_DEPTHS
from gapviz.measures.retrieval.intervals import (
    INTERVAL_RULES,
    Intervals,
    Replicates,
    imbalance_estimate,
    imbalance_of,
    mean_of,
    parts_of,
    replicates_of,
)
from gapviz.measures.retrieval.mixed import expected_bias
from gapviz.measures.retrieval.outcome import CrossOutcome, MixedOutcome, mean_of_known
from gapviz.measures.retrieval.outcomes import DEPTH, TIES_SHOW, Figure, Outcomes
from gapviz.measures.retrieval.threads import threads_for
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.ties import TIE_RULE

Fit = Literal["all", "split"]

COLLAPSED = 0.99
"""Mean cosine of one modality's rows above which float32 tells too few scores apart."""
ROUNDING = 1e-9
"""A figure no further above chance is not above it."""
TOP_SHARES = (1, 5, 10)
"""Of how many largest dimensions JSON tells the share, besides that of two."""

REFITS_AT_ONCE = min(4, os.cpu_count() or 1)
REFIT_QUERIES = 250
"""Most queries a modality that each refit is read on: what a fit does differs little by query."""


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
    intervals: Intervals = "all"
    refits: Callable[[], Sequence[Strategy]] = tuple
    """Gives the strategy fitted without each fifth of the calibration items; none where nothing
    is fitted."""
    not_measured: Mapping[str, str] = field(default_factory=dict)
    """What of the whole collection has no figure here, and why, a sentence each."""

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
            rotated=self.collection.rotated,
        )

    @cached_property
    def groups(self) -> GroupCost:
        """What clusters of the pooled rows of all modalities follow; see `group_cost`."""
        rows = corpus_rows(self.collection, self.strategy)
        return group_cost(rows, self.collection.label_sets, seed=self.seed)

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

    @property
    def left_out(self) -> dict[str, str]:
        """Why a figure is not told, in a clause, by its name in JSON."""
        why = self.collection.no_axes
        if why is None:
            return {}
        of_all = [one.name for one in DIAGNOSTICS.values() if one.by_dimension]
        return dict.fromkeys([*(f"top{count}_share" for count in TOP_SHARES), *of_all], why)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What its figures should be doubted for, one sentence each."""
        clouds = zip(self.pair, (self.geometry.x, self.geometry.y), strict=True)
        told = (
            *random_weights_warnings(self.collection.encoder),
            *([self.collection.sample.sentence] if self.collection.sample else []),
            *self.not_measured.values(),
            *self.strategy.warnings,
        )
        return told + tuple(
            f"The {name} vectors are nearly one direction (mean cosine {cloud.cone:.4f}): in "
            "float32 many of their scores cannot be told apart, and count as equal. Centre them "
            "first."
            for name, cloud in clouds
            if cloud.cone > COLLAPSED
        )

    def forget_scores(self) -> None:
        """Drop the scores of single pairs, by far the most of what it holds, until asked again.

        Figures made of them stay.
        """
        if "geometry" in vars(self):
            vars(self.geometry).pop("scores", None)

    @cached_property
    def outcomes(self) -> Outcomes:
        """What its queries got."""
        n, kept = self.collection.n_items, None
        if self.intervals == "all" and n > 1:
            kept = parts_of(n, self.seed, quick=self.strategy.fusion.quick_parts)
        return Outcomes(self.collection, self.strategy, self.seed, kept=kept)

    @property
    def mixed(self) -> dict[str, MixedOutcome]:
        """Bias and match rank in the mixed index, per query modality."""
        return self.outcomes.mixed

    @property
    def cross(self) -> dict[tuple[str, str], CrossOutcome]:
        """Cross-modal retrieval by direction (source, target)."""
        return self.outcomes.cross

    @cached_property
    def _refitted(self) -> list[dict[Figure, float]]:
        """Every figure with each of `refits`, beside which those of all parts are computed."""
        of_refits = [
            Outcomes(self.collection, strategy, self.seed, REFIT_QUERIES)
            for strategy in self.refits()
        ]
        if not of_refits:
            return []
        with threads_for(self.collection.n_rows), ThreadPoolExecutor(REFITS_AT_ONCE) as threads:
            found = threads.map(lambda outcomes: outcomes.means, [self.outcomes, *of_refits])
            return list(found)[1:]

    @cached_property
    def replicates(self) -> dict[Figure, Replicates]:
        """Every figure of retrieval with what it is on parts of the data.

        Raises:
            ValueError: the intervals are those of queries alone.
        """
        if self.intervals == "queries":
            raise ValueError("no parts of the data are measured")
        refitted = self._refitted
        return {
            key: replicates_of(
                values,
                self.outcomes.of(key).parts.get(key[0]) if self.strategy.determined_ else None,
                np.array([one[key] for one in refitted]),
                "ratio" if key[0] == "lift" else "share",
            )
            for key, values in self.outcomes.values.items()
        }

    def estimate(self, *key: str) -> Estimate:
        """A figure of retrieval with its 95 % interval; see `Figure` for the names.

        Raises:
            KeyError: no such figure.
        """
        if self.intervals == "all":
            return self.replicates[key].estimate
        items = self.outcomes.of(key).items
        return bootstrap_mean(self.outcomes.values[key], items, seed=self.seed)

    def change(self, before: Measurement, *key: str) -> Estimate:
        """What a figure gained from `before`, of the same items, with its 95 % interval.

        Raises:
            KeyError: no such figure.
        """
        return (self.replicates[key] - before.replicates[key]).estimate

    def _by_query(self, name: str) -> dict[str, Estimate]:
        return {modality: self.estimate(name, modality) for modality in self.mixed}

    @cached_property
    def bias(self) -> dict[str, Estimate]:
        """Bias rate per query modality."""
        return self._by_query("bias")

    @cached_property
    def lift(self) -> dict[str, Estimate]:
        """Bias rate ÷ corpus share per query modality; 1 is neutral."""
        return self._by_query("lift")

    @cached_property
    def imbalance(self) -> Estimate:
        """Mean over the query modalities of |lift − 1|; 0 is neutral."""
        if self.intervals == "all":
            return imbalance_estimate([self.replicates["lift", name] for name in self.mixed])
        outcomes = self.mixed.values()
        lifts, items = [one.lift for one in outcomes], [one.items for one in outcomes]
        return bootstrap_imbalance(lifts, items, seed=self.seed)

    @cached_property
    def ndcg(self) -> dict[str, Estimate]:
        """NDCG@10 of the match in the mixed index per query modality."""
        return self._by_query("ndcg")

    @cached_property
    def mean_ndcg(self) -> Replicates:
        """Mean of `ndcg` over the query modalities, each weighing alike."""
        return mean_of([self.replicates["ndcg", name] for name in self.mixed])

    @cached_property
    def mean_imbalance(self) -> Replicates:
        """`imbalance` with its parts."""
        return imbalance_of([self.replicates["lift", name] for name in self.mixed])

    @property
    def chance(self) -> dict[Figure, float]:
        """What NDCG, MRR and recall are where all entries score alike."""
        return self.outcomes.chance

    @property
    def chance_ndcg(self) -> float:
        """Mean of the NDCG of `chance` over the query modalities."""
        return mean_of_known(np.array([self.chance["ndcg", name] for name in self.mixed]))

    @property
    def tie_ends(self) -> dict[Figure, tuple[float, float]]:
        """NDCG, MRR and recall with every tie lost, and with every tie won."""
        return self.outcomes.tie_ends

    @cached_property
    def carried_by_ties(self) -> dict[Figure, tuple[float, float]]:
        """Those of `tie_ends` that are further apart than `TIES_SHOW`."""
        return {key: ends for key, ends in self.tie_ends.items() if ends[1] - ends[0] > TIES_SHOW}

    @cached_property
    def has_content(self) -> bool | None:
        """Whether a match is found better than by chance in any direction; None without pairs.

        Vectors of random weights, say, have none, and no way of searching them is better.
        """
        known = {k: e for k, e in self._recalls().items() if not isnan(e.value)}
        return any(e.low > self.chance[k] + ROUNDING for k, e in known.items()) if known else None

    def _recalls(self) -> dict[Figure, Estimate]:
        return {(f"recall@{DEPTH}", *way): self.recall[way][DEPTH] for way in self.cross}

    @cached_property
    def mrr(self) -> dict[str, Estimate]:
        """Mean reciprocal rank of the match in the mixed index per query modality."""
        return self._by_query("mrr")

    @cached_property
    def mixed_recall(self) -> dict[str, Estimate]:
        """Share of queries whose match stands in the first 10 of the mixed index."""
        return self._by_query("recall")

    @cached_property
    def recall(self) -> dict[tuple[str, str], dict[int, Estimate]]:
        """Cross-modal recall@1/5/10 by direction, over an index of the target alone."""
        return {
            way: {k: self.estimate(f"recall@{k}", *way) for k in RECALL_DEPTHS}
            for way in self.cross
        }

    def _repr_html_(self) -> str:
        gap = self.geometry.gap
        caption = (
            f"{self.collection.name}, {self.strategy.label}: gap {gap.gap:.3f} "
            f"[{gap.low:.3f}, {gap.high:.3f}], noise floor {gap.noise_floor:.3f}"
        )
        rows = [[n, self.bias[n], self.lift[n], self.ndcg[n], self.mrr[n]] for n in self.mixed]
        return html_table(caption, ["queries", "bias rate", "lift", "NDCG@10", "MRR"], rows)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers under the field's names; NaN becomes None."""
        geometry = self.geometry
        first, second = self.pair
        names = self.collection.modality_names
        strategy, spec = self.strategy, self.strategy.spec
        figures: dict[str, Any] = {
            "version": VERSION,
            "collection": self.collection.name,
            "encoder": self.collection.encoder,
            "n_items": self.collection.n_items,
            **sample_json(self.collection),
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
            "warnings": list(self.warnings),
            "fit": self.fit,
            "seed": self.seed,
            "sampled": [*geometry.sampled, *self.groups.sampled],
            "constancy_cosine": geometry.constancy.mean_cosine,
            "mean_norm": {first: geometry.x.mean_norm, second: geometry.y.mean_norm},
            "cone": {first: geometry.x.cone, second: geometry.y.cone},
            "uniformity": {first: geometry.uniformity.x, second: geometry.uniformity.y},
            "uniformity_cross": geometry.uniformity.cross,
            **{f"top{count}_share": geometry.shares.top(count) for count in TOP_SHARES},
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
                f"{a}->{b}": mean_of_known(outcome.reciprocal_rank)
                for (a, b), outcome in self.cross.items()
            },
            "tied_queries": {
                f"{a}->{b}": mean_of_known(outcome.tied) for (a, b), outcome in self.cross.items()
            },
            "n_queries": {name: int(o.items.size) for name, o in self.mixed.items()},
            **{one.json_key: one.read(self) for one in DIAGNOSTICS.values() if one.json_key},
            "left_out": self.left_out,
            "not_measured": self.not_measured,
            "chance": {" ".join(key): value for key, value in self.chance.items()}
            | {one.json_key: one.chance(self) for one in DIAGNOSTICS.values() if one.chance},
            "has_content": self.has_content,
            "ties": TIE_RULE,
            "carried_by_ties": {
                " ".join(key): {"lost": lost, "won": won}
                for key, (lost, won) in self.carried_by_ties.items()
            },
            "intervals": INTERVAL_RULES[self.intervals],
        }
        plain: dict[str, Any] = plain_json(figures)
        return plain
