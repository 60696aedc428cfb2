"""Rows on their way into a sketch: brought to length 1 in blocks, and scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.measures.geometry.sums import EXACT_ROWS
from gapviz.measures.sketch.reference import Reference
from gapviz.measures.sketch.score_sums import ScoreSums

SHORTEST = 1e-12
"""A row shorter than this points nowhere."""


@dataclass(frozen=True, eq=False)
class SameItem:
    """Of calibration rows: their scores with the rows that belong to their own item.

    They are left out, as a z-norm leaves them out; `(n,)` each.
    """

    count: Float64
    total: Float64
    squares: Float64

    def of_rows(self, span: slice) -> SameItem:
        """Of some of the rows."""
        return SameItem(self.count[span], self.total[span], self.squares[span])


def scored(
    rows: Float64, kept: Float64, name: str, reference: Reference, same: SameItem | None
) -> ScoreSums:
    """What rows score with the calibration rows of a modality, those of their own items apart."""
    mean = reference.means[name]
    f = rows @ mean
    q = reference.mean_squares(rows, kept, name)
    if same is not None:
        n = reference.counts[name]
        some = n > same.count
        left = np.maximum(n - same.count, 1)
        f = np.where(some, (n * f - same.total) / left, f)
        q = np.where(some, (n * q - same.squares) / left, q)
    length = float(np.linalg.norm(mean))
    return ScoreSums.of(f, q, f / length if length else f)


def unit_blocks(blocks: Iterable[npt.ArrayLike], where: str) -> Iterator[tuple[Float32, Float64]]:
    """Unit rows with the lengths they had, at most `EXACT_ROWS` at a time."""
    for block in blocks:
        matrix = np.asarray(block)
        if matrix.ndim == 2 and not len(matrix):
            continue
        for start in range(0, max(len(matrix), 1) if matrix.ndim else 1, EXACT_ROWS):
            some = matrix[start : start + EXACT_ROWS] if matrix.ndim == 2 else matrix
            rows = unit_rows(some, where=where)
            norms = np.linalg.norm(some.astype(np.float64), axis=1)
            yield rows, np.clip(norms, SHORTEST, None)
            if matrix.ndim != 2:
                return


def refuse_other(dim: int, modality: str, reference: Reference, where: str) -> None:
    """Raise `GapvizError` for rows of another dimension or modality than the reference has."""
    if dim != reference.dim:
        raise GapvizError(
            f"has {dim} dimensions, and the calibration {reference.dim}",
            where=where,
            hint="give vectors of the same encoder",
        )
    if modality not in reference.names:
        raise GapvizError(
            f"there is no modality {modality!r} among the calibration items",
            where=where,
            hint=f"name one of {', '.join(reference.names)}",
        )
