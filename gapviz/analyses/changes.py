"""Whether a change of one figure is for the better, for the worse, or within chance."""

from __future__ import annotations

from math import isnan

from gapviz.core.change import Change
from gapviz.core.estimate import Estimate
from gapviz.core.table import Changed
from gapviz.core.wording import too_few
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcome import mean_of_known

__all__ = ["Change", "change_of", "changed", "gap_change", "named_change", "neutral_share"]


def neutral_share(measurement: Measurement, modality: str) -> float:
    """The bias rate at which no modality is favoured: the modality's share of the index."""
    return mean_of_known(measurement.mixed[modality].expected_share)


def change_of(before: Measurement, after: Measurement, *key: str) -> Change:
    """What a strategy did to a figure of retrieval, where its 95 % interval does not hold 0.

    Bias is better where it is nearer to the share of the index, so that below it is no better
    than above. What ranks items is of another protocol: its figures of the mixed index are
    neither better nor worse.

    Args:
        before: raw cosine.
        after: the same items with the strategy.
        key: as of `Measurement.estimate`.

    Raises:
        KeyError: no such figure.
    """
    in_mixed_index = len(key) == 2
    if too_few(before.collection.n_items) is not None or (
        in_mixed_index and after.strategy.spec.ranks_items
    ):
        return "within chance"
    if key[0] in ("bias", "lift"):
        aim = 1.0 if key[0] == "lift" else neutral_share(before, key[1])
        old, new = (one.replicates[key].distance_to(aim) for one in (before, after))
        gain = (old - new).estimate
    else:
        gain = after.change(before, *key)
    return named_change(gain.low, gain.high)


def gap_change(before: Measurement, after: Measurement) -> Change:
    """What a strategy did to the gap: better or worse where the two intervals are disjoint."""
    old, new = before.geometry.gap, after.geometry.gap
    if too_few(before.collection.n_items) is not None:
        return "within chance"
    return named_change(old.low - new.high, old.high - new.low)


def named_change(low: float, high: float) -> Change:
    """A gain by its 95 % interval: `within chance` where that holds 0, or is not known."""
    if isnan(low) or isnan(high) or low <= 0 <= high:
        return "within chance"
    return "better" if low > 0 else "worse"


def changed(change: Estimate, *, higher_is_better: bool = True) -> Changed:
    """A cell of a table that holds a change of a figure, judged by its 95 % interval."""
    low, high = (change.low, change.high) if higher_is_better else (-change.high, -change.low)
    return Changed(change, named_change(low, high))
