"""Average precision where scores may be equal: its mean over all orders of the equals."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float64, Indices
from gapviz.strategies.fusion.ties import TieGroups


def expected_average_precision(groups: TieGroups) -> Float64:
    """AP over the whole list, `(n_queries,)`; NaN for a query without relevant entries.

    Mean over the relevant entries of the precision at their rank (Manning et al. 2008, 8.4). At
    place i of n equals stands a relevant entry with chance r/n, and then (i − 1)(r − 1)/(n − 1)
    others of them before it (McSherry & Najork 2008): with the relevant entries ahead, R, and all,
    a, a group adds r/n · Σ (R + 1 + (i − 1)(r − 1)/(n − 1)) / (a + i).
    """
    n, r, ahead = (part.astype(np.float64) for part in (groups.size, groups.relevant, groups.ahead))
    # Relevant entries that score strictly higher, and one.
    before = np.cumsum(groups.relevant) - groups.relevant
    new = np.concatenate([[True], groups.query[1:] != groups.query[:-1]])
    first = before - np.maximum.accumulate(np.where(new, before, 0)) + 1.0
    gain = first / (ahead + 1)
    tied = groups.size > 1
    n, r, ahead, first = n[tied], r[tied], ahead[tied], first[tied]
    # Σ 1/(a + i), and Σ (i − 1)/(a + i) = n − (a + 1) Σ 1/(a + i).
    harmonic = _harmonic(groups.ahead[tied] + groups.size[tied]) - _harmonic(groups.ahead[tied])
    others = (r - 1) / (n - 1) * (n - (ahead + 1) * harmonic)
    gain[tied] = r / n * (first * harmonic + others)
    total = np.bincount(groups.query, gain, minlength=groups.n_queries)
    mean = np.full(groups.n_queries, np.nan)
    np.divide(total, groups.n_relevant, out=mean, where=groups.n_relevant > 0)
    return mean


def _harmonic(numbers: Indices) -> Float64:
    """1 + 1/2 + … + 1/n for each number."""
    sums = np.cumsum(1 / np.arange(1, max(1, numbers.max(initial=0)) + 1))
    harmonic: Float64 = np.concatenate([[0.0], sums])[numbers]
    return harmonic
