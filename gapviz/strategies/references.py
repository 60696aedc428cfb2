"""What rows score with reference queries: the mean of the best, or a soft maximum."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.log_sum_exp import log_sum_exp
from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices

NEIGHBOURS = Parameter(
    "neighbours",
    "Neighbours",
    "count",
    10,
    "how many best scores the mean is taken of",
    low=1,
    high=1_000,
    phrase="{} neighbours",
)

Adjust = Callable[[Float32], Float32]
"""New scores `(n_references, n_rows)` in place of cosines."""

TAU = Parameter(
    "tau",
    "Temperature",
    "number",
    0.02,
    "how soft the maximum over the reference queries is: the smaller, the more the best score "
    "alone counts",
    symbol="τ",
    low=0.005,
    high=1.0,
    step=0.005,
)

# Reference rows of one modality; more are thinned evenly, which costs a mean of a few best
# scores little and keeps a large corpus affordable.
MAX_REFERENCES = 4_096

# A reference this close to a row is that row, or a copy of it, and says nothing of others.
SAME_ROW = 1 - 1e-6


def thinned(rows: Rows, name: str) -> Indices:
    """Row numbers of one modality, at most `MAX_REFERENCES`, evenly spaced."""
    span = rows.spans[rows.code(name)]
    n = span.stop - span.start
    places = np.linspace(0, n - 1, MAX_REFERENCES).round() if n > MAX_REFERENCES else np.arange(n)
    return np.asarray(span.start + places, dtype=np.int64)


def mean_of_best(
    corpus: Rows,
    references: Float32,
    k: int,
    *,
    own: tuple[str, Indices] | None = None,
    before: Adjust | None = None,
) -> Float32:
    """`(n_rows,)` mean of each row's `k` best scores with the references.

    Args:
        corpus: the rows.
        references: `(n_references, dim)` unit rows.
        k: how many.
        own: modality and items `(n_references,)` of the references, by which a row's own are
            left out; without it, copies of the row are.
        before: new scores in place of the cosines `(n_references, n_rows)`.
    """
    level = np.empty(corpus.n_rows, dtype=np.float32)
    for rows, scores in open_scores(corpus, references, own, before):
        level[rows] = mean_of_k(scores, k)
    return level


def mean_of_k(scores: Float32, k: int) -> Float32:
    """`(n,)` mean of the `k` largest finite scores of each row; 0 where there are none."""
    n = scores.shape[1]
    best = scores if n <= k else np.partition(scores, n - k, axis=1)[:, n - k :]
    known = np.isfinite(best)
    count = np.maximum(known.sum(axis=1), 1)
    mean: Float32 = np.where(known, best, 0).sum(axis=1, dtype=np.float64) / count
    return mean.astype(np.float32)


def soft_level(
    corpus: Rows,
    references: Float32,
    tau: float,
    *,
    log_weights: Float64 | None = None,
    own: tuple[str, Indices] | None = None,
    before: Adjust | None = None,
) -> Float32:
    """`(n_rows,)` τ·log of the mean of exp(s/τ) over the scores of each row with the references.

    A soft maximum: the smaller τ is, the more the best score alone counts. 0 where no reference
    is left.

    Args:
        corpus: the rows.
        references: `(n_references, dim)` unit rows.
        tau: τ, above 0.
        log_weights: `(n_references,)` logarithms of weights that add up to 1, in place of a mean
            over the references that are left.
        own: as for `mean_of_best`.
        before: as for `mean_of_best`.
    """
    level = np.zeros(corpus.n_rows, dtype=np.float32)
    for rows, scores in open_scores(corpus, references, own, before):
        exponents = scores.astype(np.float64) / tau
        if log_weights is None:
            left = np.isfinite(scores).sum(axis=1)
            exponents -= np.log(np.maximum(left, 1))[:, None]
        else:
            exponents += log_weights
        known = np.isfinite(exponents).any(axis=1)
        if known.any():
            level[rows][known] = tau * log_sum_exp(exponents[known], axis=1)
    return level


def open_scores(
    corpus: Rows,
    references: Float32,
    own: tuple[str, Indices] | None,
    before: Adjust | None = None,
) -> Iterator[tuple[slice, Float32]]:
    """Rows of the corpus in blocks, and their scores `(n_some, n_references)`.

    −∞ where the reference is the row's own, by `own` as `mean_of_best` takes it; else where it is
    a copy of the row. One block where `before` adjusts them, which needs the rows together.
    """
    step = max(1, BLOCK_SCORES // max(len(references), 1))
    if before is not None:
        step = max(corpus.n_rows, 1)
    own_code = corpus.names.index(own[0]) if own and own[0] in corpus.names else -1
    for start in range(0, corpus.n_rows, step):
        rows = slice(start, start + step)
        scores: Float32 = corpus.vectors[rows] @ references.T
        if own is None:
            scores[scores > SAME_ROW] = -np.inf
        else:
            itself = corpus.item[rows, None] == own[1]
            scores[itself & (corpus.modality[rows, None] == own_code)] = -np.inf
        yield rows, scores if before is None else before(scores.T).T
