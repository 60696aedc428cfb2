"""The family of optimal transport: vectors centred, scores less the potential of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Mask, unit_rows
from gapviz.strategies.base import Strategy, refuse_unseen

# Entries of a kernel that is scaled at once, in float64 32 MiB; of more rows those that shape the
# potentials of the queries are thinned evenly, and every row gets its own from these.
MAX_KERNEL = 4_194_304

_MOVE = '''

def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    return unit(unit(vectors) - STORED[f"mean.{{modality}}"])
'''


class CentredTransport(Strategy):
    """Family: x ↦ norm(x − μx), then s − level(row), the level a potential of optimal transport.

    With K = exp(s/τ) over queries × rows and even marginals, Sinkhorn's potentials u of the
    queries and v of the rows make exp(u)·K·exp(v) a plan in which every row is asked for alike
    (Cuturi 2013). A row that many queries would take has a low v: the score is s + τ·v, less by
    τ·log Σ exp(u + s/τ) over the queries, up to a constant.
    """

    learned: ClassVar[Mapping[str, str]] = {"mean": "means_"}
    move_code: ClassVar[str] = _MOVE
    means_: dict[str, Float64]

    def fit(self, calibration: Collection) -> Self:
        super().fit(calibration)
        self.means_ = {
            name: centroid(block.corpus.vectors) for name, block in calibration.modalities.items()
        }
        return self

    def subtracted(self, pair: tuple[str, str]) -> float:
        return 1.0  # both modalities are centred

    def n_stored(self, corpus: Rows) -> int:
        return corpus.n_rows * len(corpus.names) + sum(mean.size for mean in self.means_.values())

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows + int(corpus.vectors.shape[1])

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.means_)
        where = f"{modality} after {self.spec.name}"
        return unit_rows(vectors, shift=-self.means_[modality], where=where)


def shaping_rows(corpus: Rows, n_queries: int, *, beside: int = 0) -> Rows:
    """The rows that shape the potentials of so many queries: all, or some, evenly spaced.

    Args:
        corpus: the rows of the index.
        n_queries: how many queries there are.
        beside: how many other rows are part of the kernel as well.
    """
    most = max(1, MAX_KERNEL // max(n_queries, 1) - beside)
    if corpus.n_rows <= most:
        return corpus
    some = np.linspace(0, corpus.n_rows - 1, most).round().astype(np.int64)
    return Rows(corpus.names, corpus.vectors[some], corpus.modality[some], corpus.item[some])


def log_weights(scores: Iterable[Float32], tau: float, sweeps: int, *, rows_first: bool) -> Float64:
    """`(n_queries,)` potentials u of the queries, shifted so that exp(u) adds up to 1.

    The kernel is divided by the largest entry of each query, so that with cosines and τ ≥ .005
    none of it leaves the range of float64, and is then scaled as it stands.

    Args:
        scores: cosines `(n_queries, some)` of the queries with rows, in parts; −∞ marks a pair
            that does not count.
        tau: τ, above 0.
        sweeps: how often queries and rows are scaled in turn; the last scaling of the rows is left
            to the caller, to whom `soft_level` with these weights gives it.
        rows_first: whether the rows are scaled first, by queries that count alike; else the
            queries are, by such rows.
    """
    kernel = np.concatenate([part.astype(np.float64) for part in scores], axis=1) / tau
    top = kernel.max(axis=1, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    kernel -= top[:, None]
    np.exp(kernel, out=kernel)
    n_queries, n_rows = kernel.shape
    # A query or a row without any pair weighs nothing.
    asks, asked = (np.asarray(kernel.any(axis=axis)) for axis in (1, 0))
    of_queries, of_rows = np.exp(top), np.ones(n_rows)
    for sweep in range(sweeps):
        if sweep or not rows_first:
            of_queries = _inverse(kernel @ of_rows * n_queries, asks)
        if sweep < sweeps - 1:
            of_rows = _inverse(of_queries @ kernel * n_rows, asked)
    with np.errstate(divide="ignore"):
        potentials = np.log(of_queries) - top
    largest = potentials.max(initial=-np.inf)
    if not np.isfinite(largest):
        return np.full(n_queries, -np.log(max(n_queries, 1)))
    normalised: Float64 = potentials - largest - np.log(np.exp(potentials - largest).sum())
    return normalised


def _inverse(sums: Float64, counts: Mask) -> Float64:
    inverse: Float64 = np.zeros_like(sums)
    np.divide(1.0, sums, out=inverse, where=counts)
    return inverse
