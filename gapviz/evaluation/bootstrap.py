"""Bootstrap intervals of means, resampling items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gapviz.vectors import Float64, Indices, read_only

RESAMPLES = 1_000

# Draws kept for the next figure, in entries (16 MiB); more are made in parts of this size.
KEPT_DRAWS = 2_097_152


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % percentile-bootstrap interval (Efron & Tibshirani 1993, ch. 13)."""

    value: float
    low: float
    high: float


def bootstrap_mean(
    values: Float64, items: Indices, *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """Mean of `values` `(n,)` and its interval, resampling the items they belong to.

    Several values of one item (five captions of one image) are drawn together, since they
    are not independent. NaN values are left out; all NaN gives NaN. One item has no
    interval: its ends are NaN.
    """
    known = ~np.isnan(values)
    if not known.any():
        return Estimate(float("nan"), float("nan"), float("nan"))
    _, group = np.unique(items[known], return_inverse=True)
    totals = np.bincount(group, weights=values[known])
    counts = np.bincount(group)
    value = float(values[known].mean())
    if len(totals) == 1:
        return Estimate(value, float("nan"), float("nan"))
    # With one value an item, every resample holds as many values as there are items.
    single = bool((counts == 1).all())
    means = [
        (draws @ totals) / (len(totals) if single else draws @ counts)
        for draws in _draws(len(totals), resamples, seed)
    ]
    low, high = np.quantile(np.concatenate(means), (0.025, 0.975))
    return Estimate(value, float(low), float(high))


def bootstrap_difference(
    values: Float64,
    baseline: Float64,
    items: Indices,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Mean of `values − baseline`, paired: both are read on the same resampled items."""
    return bootstrap_mean(values - baseline, items, resamples=resamples, seed=seed)


def _draws(n: int, resamples: int, seed: int) -> Iterable[Float64]:
    """`(resamples, n)` in parts: how often each of `n` items is drawn in each resample."""
    if n * resamples <= KEPT_DRAWS:
        return (_kept_draws(n, resamples, seed),)
    return _draws_in_parts(n, resamples, seed)


def _draws_in_parts(n: int, resamples: int, seed: int) -> Iterator[Float64]:
    rng = np.random.default_rng(seed)
    step = max(1, KEPT_DRAWS // n)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


@lru_cache(maxsize=8)
def _kept_draws(n: int, resamples: int, seed: int) -> Float64:
    rng = np.random.default_rng(seed)
    return read_only(rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64))
