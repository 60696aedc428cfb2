"""Plain sentences about measured figures: what a number means for the one who reads it."""

from __future__ import annotations

from gapviz.evaluation import bootstrap_difference, mean_of_known, mean_value
from gapviz.measure import DEPTH, Measurement


def gap_reading(measurement: Measurement) -> str:
    """Whether there is a gap, and whether it rules the scores."""
    gap = measurement.geometry.gap
    if gap.gap <= gap.noise_floor:
        return (
            f"The gap ({gap.gap:.3f}) lies under its noise floor ({gap.noise_floor:.3f}): with "
            "this many items, that is no gap."
        )
    times = f"{gap.separation:.1f} times the spread inside a cloud"
    if gap.separation >= 1:
        return f"The gap is {times}: raw cross-modal scores are dominated by it."
    if gap.separation >= 0.5:
        return f"The gap is {times}: clearly visible, a little smaller than the clouds are wide."
    return f"The gap is {times}: the clouds overlap more than they stand apart."


def bias_reading(measurement: Measurement) -> str:
    """What a mixed index gives to a query, in results out of ten."""
    parts = []
    for name, estimate in measurement.bias.items():
        expected = mean_of_known(measurement.mixed[name].expected_share)
        parts.append(
            f"{_article(name)} query gets {10 * estimate.value:.1f} {name} results in its first 10 "
            f"(neutral: {10 * expected:.1f})"
        )
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def change_reading(before: Measurement, after: Measurement) -> str:
    """What a strategy did to gap, bias, match rank and recall, for better and for worse."""
    if after.strategy.card.changes != "vectors":
        gap = "No vector moves, so the gap stays"
    else:
        gap = f"The gap goes from {before.geometry.gap.gap:.2f} to {after.geometry.gap.gap:.2f}"
    bias = mean_value(before.bias), mean_value(after.bias)
    ndcg = mean_value(before.ndcg), mean_value(after.ndcg)
    recall = _mean_recall(before), _mean_recall(after)
    sentence = (
        f"{gap}; bias@10 from {bias[0]:.2f} to {bias[1]:.2f}, mixed NDCG@10 from {ndcg[0]:.2f} to "
        f"{ndcg[1]:.2f}, cross-modal R@10 from {recall[0]:.2f} to {recall[1]:.2f}"
    )
    worse = worse_directions(before, after)
    if worse:
        return f"{sentence}. Recall {' and '.join(worse)} got worse by more than chance."
    return f"{sentence}. No recall got worse by more than chance (95 %)."


def worse_directions(before: Measurement, after: Measurement) -> list[str]:
    """Directions whose R@10 fell: the paired bootstrap interval of the change is below 0.

    Both measurements must be of the same queries.
    """
    worse = []
    for (source, target), outcome in after.cross.items():
        change = bootstrap_difference(
            outcome.recall(DEPTH),
            before.cross[source, target].recall(DEPTH),
            outcome.items,
            seed=after.seed,
        )
        if change.high < 0:
            worse.append(f"{source} → {target}")
    return worse


def _mean_recall(measurement: Measurement) -> float:
    values = [by_depth[DEPTH].value for by_depth in measurement.recall.values()]
    return float(sum(values) / len(values))


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"
