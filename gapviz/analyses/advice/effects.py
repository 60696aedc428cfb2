"""What a change does to one figure, paired on the same queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from gapviz.analyses.scoreboard.scoreboard import mean_over_modalities
from gapviz.core.estimate import Estimate
from gapviz.core.vectors import Float64, Indices
from gapviz.core.wording import figure
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.mixed import mean_of_known
from gapviz.measures.retrieval.outcome import MixedOutcome


@dataclass(frozen=True, slots=True)
class Effect:
    """One figure before and after; intervals are 95 %, resampling items."""

    figure: str
    before: Estimate
    after: Estimate
    change: Estimate
    """After − before on the same queries, paired."""
    higher_is_better: bool = True
    aim: float | None = None
    """The value to be near, for a figure that can be too low as well as too high."""

    @property
    def better(self) -> bool:
        """It got better by more than chance."""
        return self._told_apart and self.gain > 0

    @property
    def worse(self) -> bool:
        """It got worse by more than chance."""
        return self._told_apart and self.gain < 0

    @property
    def gain(self) -> float:
        """The change, positive where it is for the better."""
        if self.aim is not None:
            return abs(self.before.value - self.aim) - abs(self.after.value - self.aim)
        return self.change.value if self.higher_is_better else -self.change.value

    @property
    def best(self) -> str:
        """Which way is better, in words."""
        if self.aim is not None:
            return f"near {self.aim:.3f}"
        return "higher" if self.higher_is_better else "lower"

    @property
    def change_told(self) -> str:
        """The change with its sign, and its interval where there is one."""
        ends = (self.change.value, self.change.low, self.change.high)
        value, low, high = (figure(end, signed=True) for end in ends)
        return value if isnan(self.change.low) else f"{value} [{low}, {high}]"

    @property
    def _told_apart(self) -> bool:
        return self.change.low > 0 or self.change.high < 0

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; what is not known is None, as is a direction where there is an aim."""
        return {
            "figure": self.figure,
            **{name: getattr(self, name).to_json() for name in ("before", "after", "change")},
            "higher_is_better": self.higher_is_better if self.aim is None else None,
            "aim": self.aim,
        }


def paired(
    figure: str,
    before: Float64,
    after: Float64,
    items: Indices,
    *,
    seed: int,
    higher_is_better: bool = True,
    aim: float | None = None,
) -> Effect:
    """The effect on a figure that has one value a query `(n,)`, of the items `(n,)`."""
    old, new, change = (
        bootstrap_mean(values, items, seed=seed) for values in (before, after, after - before)
    )
    return Effect(figure, old, new, change, higher_is_better, aim)


def one_way_effects(
    before: Measurement, after: Measurement, source: str, target: str
) -> list[Effect]:
    """Reciprocal rank and recall of the match among the rows of `target` alone."""
    a, b = before.cross[source, target], after.cross[source, target]
    way = f"{source} → {target}"
    pairs = (
        (f"MRR, {way}", a.reciprocal_rank, b.reciprocal_rank),
        (f"R@1, {way}", a.recall(1), b.recall(1)),
        (f"R@10, {way}", a.recall(10), b.recall(10)),
    )
    return [paired(name, x, y, a.items, seed=before.seed) for name, x, y in pairs]


def mixed_effects(before: Measurement, after: Measurement) -> list[Effect]:
    """NDCG and bias in the mixed index, and recall beside them.

    Bias is best near the share of the query's modality in the index: under it, the other
    modality crowds out its own. It is told by query modality, since the mean of two opposite
    biases would look neutral.
    """
    seed, names = before.seed, list(before.mixed)
    old, new = ([m.mixed[name] for name in names] for m in (before, after))
    effects = [
        _over_modalities(
            "NDCG@10, mixed index", [o.ndcg for o in old], [n.ndcg for n in new], old, seed
        )
    ]
    for name, a, b in zip(names, old, new, strict=True):
        share = mean_of_known(a.expected_share)
        neutral = None if isnan(share) else share
        figure = f"bias@10, {name} queries"
        effects.append(
            _over_modalities(figure, [a.own_share], [b.own_share], [a], seed, aim=neutral)
        )
    for source, target in before.cross:
        effects.append(one_way_effects(before, after, source, target)[2])
    return effects


def _over_modalities(
    figure: str,
    before: Sequence[Float64],
    after: Sequence[Float64],
    outcomes: Sequence[MixedOutcome],
    seed: int,
    *,
    aim: float | None = None,
) -> Effect:
    differences = [b - a for a, b in zip(before, after, strict=True)]
    old, new, change = (
        mean_over_modalities(values, outcomes, seed) for values in (before, after, differences)
    )
    return Effect(figure, old, new, change, aim=aim)


def same_queries(before: Measurement, after: Measurement) -> bool:
    """Whether figures of the two can be paired: the same queries of the same items."""
    one, other = before.collection, after.collection
    if one.items != other.items or set(one.modality_names) != set(other.modality_names):
        return False
    return all(
        np.array_equal(one.modality(n).item_index, other.modality(n).item_index)
        and np.array_equal(one.modality(n).query_only, other.modality(n).query_only)
        for n in one.modality_names
    )
