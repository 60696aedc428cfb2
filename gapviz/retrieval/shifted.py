"""Scores under a shift of any strength, from products that are taken once.

With unit rows moved along one direction per modality, q(λ) = q + λu and x(λ) = x + λv,

    cos(q(λ), x(λ)) = (q·x + λ(q·v + u·x) + λ² u·v) / (‖q + λu‖ ‖x + λv‖),
    ‖x + λv‖² = ‖x‖² + 2λ x·v + λ² ‖v‖²,

so that λ changes without touching a vector, and without a second index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices

# Rows of scores worked on at once, in entries (512 KiB): they stay in the second-level cache
# through all passes, and main memory is read and written once.
CHUNK_ENTRIES = 131_072

# A squared length under this is rounding noise: the shift has moved the row onto the origin.
SMALLEST_SQUARE = 1e-12


@dataclass(frozen=True, eq=False)
class ShiftedRows:
    """Dot products of some rows with the directions of every modality."""

    modality: Indices
    """`(n,)`."""
    along: Float64
    """`(n, n_modalities)`, row · direction of each modality."""
    squares: Float64
    """`(n,)`, squared lengths, 1 up to float32."""
    gram: Float64
    """`(n_modalities, n_modalities)`, direction · direction."""

    def scale(self, lam: float) -> Float64:
        """`(n,)`, 1 / length of every moved row; 0 where the shift leaves no direction."""
        own = self.along[np.arange(self.modality.size), self.modality]
        moved = self.squares + 2 * lam * own + lam**2 * self.gram.diagonal()[self.modality]
        scale = np.zeros_like(moved)
        np.divide(1.0, np.sqrt(np.maximum(moved, 0.0)), out=scale, where=moved > SMALLEST_SQUARE)
        return scale

    def take(self, which: slice | Indices) -> ShiftedRows:
        """Only some of the rows."""
        return ShiftedRows(self.modality[which], self.along[which], self.squares[which], self.gram)


def shifted_rows(rows: Rows, directions: Mapping[str, npt.ArrayLike]) -> ShiftedRows:
    """The dot products of `rows` with the directions they may be moved along.

    Args:
        rows: unit rows, not moved yet.
        directions: `(dim,)` per modality, of any length; a modality left out stays put.

    Raises:
        GapvizError: a direction of an unknown modality, or of another dimension.
    """
    dim = rows.vectors.shape[1]
    matrix = np.zeros((len(rows.names), dim))
    for name, direction in directions.items():
        vector = np.asarray(direction, dtype=np.float64)
        if name not in rows.names:
            raise GapvizError(
                f"there is a direction for the modality {name!r}, which has no rows",
                hint=f"give directions for {', '.join(rows.names)}",
            )
        if vector.shape != (dim,):
            raise GapvizError(
                f"the direction has shape {vector.shape} for vectors of {dim} dimensions",
                where=f"modality {name}",
                hint="give one vector of the same space",
            )
        matrix[rows.code(name)] = vector
    along = np.empty((rows.n_rows, len(matrix)))
    squares = np.empty(rows.n_rows)
    # In float64, because a shift by the whole gap cancels most of a row; in blocks, because a
    # corpus in float64 is twice its own memory.
    block = max(1, 1_048_576 // dim)
    for start in range(0, rows.n_rows, block):
        exact = rows.vectors[start : start + block].astype(np.float64)
        along[start : start + block] = exact @ matrix.T
        squares[start : start + block] = np.einsum("nd,nd->n", exact, exact)
    return ShiftedRows(rows.modality, along, squares, matrix @ matrix.T)


@dataclass(frozen=True, eq=False)
class ShiftedScores:
    """Cosines of all queries with all rows, at any strength of the shift."""

    base: Float32
    """`(n_queries, n)`, cosines without a shift."""
    queries: ShiftedRows
    corpus: ShiftedRows

    def at(self, lam: float, out: Float32 | None = None) -> Float32:
        """`(n_queries, n)` float32 cosines of the rows moved by `lam` × their direction.

        Args:
            lam: strength; 0 gives `base`.
            out: where to write them, as long as the caller keeps one; new memory if None.
        """
        n_queries, n = self.base.shape
        scores = np.empty((n_queries, n), dtype=np.float32) if out is None else out
        query_scale = self.queries.scale(lam)
        corpus_scale = self.corpus.scale(lam)
        # What the shift adds is of rank 2 · n_modalities: one factor picks each row's
        # modality, the other holds the products with that modality's direction.
        picks_query = np.eye(len(self.queries.gram))[self.queries.modality]
        picks_corpus = np.eye(len(self.corpus.gram))[self.corpus.modality]
        left = np.hstack(
            [lam * self.queries.along + lam**2 * picks_query @ self.queries.gram, lam * picks_query]
        )
        right = np.hstack([picks_corpus, self.corpus.along])
        left32 = (left * query_scale[:, None]).astype(np.float32)
        right32 = np.ascontiguousarray((right * corpus_scale[:, None]).T, dtype=np.float32)
        by_row = query_scale.astype(np.float32)[:, None]
        by_column = corpus_scale.astype(np.float32)

        step = max(1, CHUNK_ENTRIES // max(n, 1))
        added = np.empty((min(step, n_queries), n), dtype=np.float32)
        for start in range(0, n_queries, step):
            rows = slice(start, start + step)
            chunk = scores[rows]
            extra = added[: len(chunk)]
            np.matmul(left32[rows], right32, out=extra)
            np.multiply(self.base[rows], by_column, out=chunk)
            np.multiply(chunk, by_row[rows], out=chunk)
            np.add(chunk, extra, out=chunk)
        return scores
