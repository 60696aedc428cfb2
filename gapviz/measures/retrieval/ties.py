"""What a ranked list with equal scores is worth: the mean over all orders of the equals.

An order of equal scores that nobody chose (that of the rows, say) would decide the figure. Hit
rate and average precision have closed forms of their expectation over all orders (McSherry &
Najork 2008, "Computing Information Retrieval Performance Measures Efficiently in the Presence
of Tied Scores"); without ties both are what they always are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Float32, Float64, Indices


@dataclass(frozen=True, eq=False)
class TieGroups:
    """Entries of one score, wherever one of them is relevant; by query, best first.

    All of `(n_groups,)`; a score that nothing else has is a group of one.
    """

    n_queries: int
    query: Indices
    """Rising."""
    ahead: Indices
    """Entries that score strictly higher."""
    size: Indices
    """Entries of this score."""
    relevant: Indices
    """Relevant ones among them."""

    @property
    def n_relevant(self) -> Float64:
        """`(n_queries,)`."""
        weights = self.relevant.astype(np.float64)
        return np.bincount(self.query, weights, minlength=self.n_queries).astype(np.float64)


def tie_groups(scores: Float32, query: Indices, column: Indices) -> TieGroups:
    """The groups that hold a relevant entry.

    Args:
        scores: `(n_queries, n)`, none of them NaN.
        query: `(n_relevant,)`, rising: the query of each relevant entry.
        column: `(n_relevant,)`, its column.
    """
    n_queries, n = scores.shape
    codes = _in_order(scores)
    relevant = codes[query, column]
    codes.sort(axis=1)
    # With its number before each row, all rows together rise, and one search finds all.
    start = np.arange(n_queries, dtype=np.uint64) << np.uint64(32)
    everything = np.bitwise_or(start[:, None], codes).ravel()
    wanted, count = np.unique(np.bitwise_or(start[query], relevant), return_counts=True)
    owner = (wanted >> np.uint64(32)).astype(np.int64)
    first = np.searchsorted(everything, wanted, side="left")
    after = np.searchsorted(everything, wanted, side="right")
    # The search counted from the lowest score.
    best_first = np.lexsort((-wanted.astype(np.int64), owner))
    ahead = (owner + 1) * n - after
    return TieGroups(
        n_queries=n_queries,
        query=owner[best_first],
        ahead=ahead[best_first].astype(np.int64),
        size=(after - first)[best_first].astype(np.int64),
        relevant=count[best_first].astype(np.int64),
    )


def expected_hit(groups: TieGroups, k: int) -> Float64:
    """Chance of a relevant entry in the first k, `(n_queries,)`; NaN without any.

    1 − C(n − r, m) / C(n, m), where n entries share the best relevant score, r of them
    relevant, and m of them find room in the first k.
    """
    # Half a second that an import of gapviz need not pay.
    from scipy.special import gammaln

    _, best = np.unique(groups.query, return_index=True)
    n, r = groups.size[best], groups.relevant[best]
    m = np.clip(k - groups.ahead[best], 0, n)
    missed = np.where(m > n - r, 0.0, 1.0)
    some = (m > 0) & (m <= n - r)
    n, r, m = n[some], r[some], m[some]
    missed[some] = np.exp(
        gammaln(n - r + 1) - gammaln(n - r - m + 1) - gammaln(n + 1) + gammaln(n - m + 1)
    )
    chance = np.full(groups.n_queries, np.nan)
    chance[groups.query[best]] = 1.0 - missed
    return chance


def expected_average_precision(groups: TieGroups) -> Float64:
    """AP over the whole list, `(n_queries,)`; NaN for a query without relevant entries.

    Mean over the relevant entries of the precision at their rank (Manning et al. 2008, 8.4). At
    place i of n equals stands a relevant entry with chance r/n, and then (i − 1)(r − 1)/(n − 1)
    others of them before it: with the relevant entries ahead, R, and all, a, a group adds
    r/n · Σ (R + 1 + (i − 1)(r − 1)/(n − 1)) / (a + i).
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


def _in_order(scores: Float32) -> npt.NDArray[np.uint32]:
    """Whole numbers in the order of the scores, equal where those are equal."""
    # Adding 0 makes one zero of both.
    bits = (scores.astype(np.float32, copy=False) + np.float32(0)).view(np.uint32)
    negative = bits >> np.uint32(31) == 1
    return bits ^ np.where(negative, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))


def _harmonic(numbers: Indices) -> Float64:
    """1 + 1/2 + … + 1/n for each number."""
    sums = np.cumsum(1 / np.arange(1, max(1, numbers.max(initial=0)) + 1))
    harmonic: Float64 = np.concatenate([[0.0], sums])[numbers]
    return harmonic
