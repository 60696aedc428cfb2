"""Bootstrap intervals of means, resampling the items that ask (Efron & Tibshirani 1993, ch. 13).

Gallery and fit are held: see `intervals` for figures in which they vary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64, Indices, read_only

RESAMPLES = 1_000

# Draws kept for the next figure, in entries (16 MiB); more are made in parts of this size.
KEPT_DRAWS = 2_097_152


def mean_value(estimates: Mapping[str, Estimate]) -> float:
    """Mean of the values, by modality say, each weighing alike; those that are NaN left out."""
    known = [one.value for one in estimates.values() if not np.isnan(one.value)]
    return float(np.mean(known)) if known else float("nan")


def bootstrap_mean(values: Float64, items: Indices, *, seed: int = DEFAULT_SEED) -> Estimate:
    """Mean of `values` `(n,)` and its interval, resampling the items they belong to.

    Several values of one item (five captions of one image) are drawn together, since they
    are not independent. NaN values are left out; all NaN gives NaN. One item has no
    interval: its ends are NaN.
    """
    return bootstrap_means([values], items, seed=seed)[0]


def bootstrap_means(
    columns: Sequence[Float64],
    items: Indices,
    *,
    seed: int = DEFAULT_SEED,
) -> list[Estimate]:
    """`bootstrap_mean` of several values `(n,)` each, of the same `items`, in one pass."""
    nan = float("nan")
    estimates = [Estimate(nan, nan, nan)] * len(columns)
    known = [~np.isnan(values) for values in columns]
    # Columns with the same entries missing resample the same items.
    alike: dict[bytes, list[int]] = {}
    for place, mask in enumerate(known):
        if mask.any():
            alike.setdefault(mask.tobytes(), []).append(place)
    for places in alike.values():
        mask = known[places[0]]
        _, group = np.unique(items[mask], return_inverse=True)
        counts = np.bincount(group)
        values = [columns[place][mask] for place in places]
        low, high = _interval(values, group, counts, seed)
        for place, column, lower, upper in zip(places, values, low, high, strict=True):
            estimates[place] = Estimate(float(column.mean()), float(lower), float(upper))
    return estimates


def _interval(
    values: Sequence[Float64], group: Indices, counts: Indices, seed: int
) -> tuple[Float64, Float64]:
    """`(n_columns,)` lower and upper ends; NaN where there is but one item."""
    if len(counts) == 1:
        nothing = np.full(len(values), np.nan)
        return nothing, nothing
    totals = np.stack([np.bincount(group, weights=column) for column in values], axis=1)
    # With one value an item, every resample holds as many values as there are items.
    single = bool((counts == 1).all())
    means = [
        (draws @ totals) / (len(totals) if single else (draws @ counts)[:, None])
        for draws in _draws(len(totals), seed)
    ]
    low, high = np.quantile(np.concatenate(means), (0.025, 0.975), axis=0)
    return low, high


def resampled_means(columns: Float64, items: Indices, *, seed: int = DEFAULT_SEED) -> Float64:
    """Mean of every column in each resample of the items, `(RESAMPLES, n_columns)`.

    Args:
        columns: `(n, n_columns)` without NaN; entries of one item are drawn together.
        items: `(n,)` the item of each.
        seed: of the resampling.
    """
    _, group = np.unique(items, return_inverse=True)
    counts = np.bincount(group)
    totals = np.zeros((counts.size, columns.shape[1]))
    np.add.at(totals, group, columns)
    means = [(draws @ totals) / (draws @ counts)[:, None] for draws in _draws(counts.size, seed)]
    return np.concatenate(means)


def bootstrap_imbalance(
    lifts: Sequence[Float64],
    items: Sequence[Indices],
    *,
    seed: int = DEFAULT_SEED,
) -> Estimate:
    """Mean over query modalities of |mean lift − 1|: 0 is neutral, whichever way it leans.

    A mean of the lifts themselves would take opposite biases of two modalities for none.
    Being a distance, it is never below 0, nor is its interval.

    Args:
        lifts: of each query modality, `(n_queries,)`; NaN is left out.
        items: of each, `(n_queries,)` the item of each query; all are resampled together.
        seed: of the resampling.
    """
    known = [~np.isnan(values) for values in lifts]
    pairs = [(v[k], i[k]) for v, i, k in zip(lifts, items, known, strict=True) if k.any()]
    if not pairs:
        return Estimate(*[float("nan")] * 3)
    value = float(np.mean([abs(values.mean() - 1) for values, _ in pairs]))
    drawn = np.unique(np.concatenate([owners for _, owners in pairs]))
    if drawn.size == 1:
        return Estimate(value, float("nan"), float("nan"))
    groups = [np.searchsorted(drawn, owners) for _, owners in pairs]
    columns = [
        [np.bincount(group, one, minlength=drawn.size) for one in (values, np.ones(values.size))]
        for (values, _), group in zip(pairs, groups, strict=True)
    ]
    resampled = np.concatenate(
        [
            np.mean([abs(draws @ total / (draws @ count) - 1) for total, count in columns], axis=0)
            for draws in _draws(drawn.size, seed)
        ]
    )
    low, high = np.nanquantile(resampled, (0.025, 0.975))
    return Estimate(value, float(low), float(high))


def _draws(n: int, seed: int) -> Iterable[Float64]:
    """`(RESAMPLES, n)` in parts: how often each of `n` items is drawn in each resample."""
    if n * RESAMPLES <= KEPT_DRAWS:
        return (_kept_draws(n, seed),)
    return _draws_in_parts(n, seed)


def _draws_in_parts(n: int, seed: int) -> Iterator[Float64]:
    rng = np.random.default_rng(seed)
    step = max(1, KEPT_DRAWS // n)
    for start in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - start)
        yield rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


@lru_cache(maxsize=8)
def _kept_draws(n: int, seed: int) -> Float64:
    return read_only(next(_draws_in_parts(n, seed)))
