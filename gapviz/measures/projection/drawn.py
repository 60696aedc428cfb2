"""Rows to be drawn: all of them, or a part, as they are or moved along one direction a modality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.blocks import centroid, float64_blocks
from gapviz.core.lazy import cached_property
from gapviz.core.unmoved import RawRows
from gapviz.core.vectors import Float32, Float64, Indices, read_only
from gapviz.measures.projection.layout import ENTRIES_AT_ONCE, Basis, Layout, Method

SHORTEST = 0.01
"""Squared length left by a shift below which the rounding of float32 shows: rows are moved."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows as they are given, and which of them are drawn."""

    vectors_by_modality: Mapping[str, Float32]
    """Every row, drawn or not."""
    rows: Mapping[str, Indices]
    """Per modality the row numbers to draw."""
    seed: int

    @cached_property
    def modality_code(self) -> Indices:
        """As in `Layout`."""
        sizes = [wanted.size for wanted in self.rows.values()]
        return read_only(np.repeat(np.arange(len(sizes), dtype=np.int64), sizes))

    @cached_property
    def row(self) -> Indices:
        """As in `Layout`."""
        return read_only(np.concatenate(list(self.rows.values())))

    @cached_property
    def pooled(self) -> Float32:
        """`(n_drawn, dim)`."""
        return np.concatenate(list(self._drawn_blocks().values()), dtype=np.float32)

    def points(self, basis: Basis) -> Float32:
        """`(n_drawn, 2)`, projected."""
        return np.concatenate([basis.coordinates(block) for block in self._drawn_blocks().values()])

    def total_variance(self) -> float:
        """Of the drawn rows, over all dimensions."""
        blocks = list(self._drawn_blocks().values())
        total, squares = np.zeros(blocks[0].shape[1]), 0.0
        for block in blocks:
            for rows in float64_blocks(block, max(1, ENTRIES_AT_ONCE // block.shape[1])):
                total += rows.sum(axis=0)
                squares += float(np.einsum("nd,nd->", rows, rows))
        mean = total / self.row.size
        # Rounding may leave less than nothing of equal rows.
        return max(0.0, squares / self.row.size - float(mean @ mean))

    def apart(self, pair: tuple[str, str], basis: Basis) -> float:
        """Distance of two centroids along the first axis, over all rows; NaN without one."""
        if not all(name in self.vectors_by_modality for name in pair):
            return float("nan")
        first, second = (centroid(self.vectors_by_modality[name]) for name in pair)
        return abs(float((first - second) @ basis.axes[0]))

    def layout(self, method: Method, points: Float32, **more: Any) -> Layout:
        """The layout with these points."""
        return Layout(
            method=method,
            points=read_only(points),
            modalities=tuple(self.rows),
            modality_code=self.modality_code,
            row=self.row,
            seed=self.seed,
            **more,
        )

    def _drawn_blocks(self) -> dict[str, Float32]:
        """Per modality of which any row is drawn, those that are."""
        return {
            name: self._drawn_of(block, self.rows[name])
            for name, block in self.vectors_by_modality.items()
            if self.rows[name].size
        }

    def _drawn_of(self, block: Float32, wanted: Indices) -> Float32:
        # A copy of a million rows only where not all of them are drawn.
        whole = np.array_equal(wanted, np.arange(len(block)))
        return block if whole else block[wanted]


@dataclass(frozen=True, eq=False)
class Shift:
    """Rows x that are moved to (x + s) / ‖x + s‖, with one s for each modality.

    A picture of them needs no moved row. With the products of the rows with the two axes and with
    s, which are taken once for all lengths of s,

        (x + s)·a / ‖x + s‖ = (x·a + s·a) / √(‖x‖² + 2 x·s + ‖s‖²).
    """

    raw: RawRows
    """The rows as they are, whose products are kept."""
    steps: Mapping[str, Float64]
    """s `(dim,)` by modality."""

    @cached_property
    def lengths(self) -> Mapping[str, Float64]:
        """`(n_of_modality,)` by modality, squared lengths ‖x + s‖²."""
        return {name: self._squares(code, name) for code, name in enumerate(self.raw.names)}

    @property
    def is_exact(self) -> bool:
        """Whether every row keeps enough length for products in float32."""
        return min(float(of.min(initial=np.inf)) for of in self.lengths.values()) >= SHORTEST

    def along(self, name: str, direction: Float64) -> Float64:
        """`(n_of_modality,)`, product of every moved row with a unit vector `(dim,)`."""
        code = self.raw.names.index(name)
        products = self.raw.products_of(code, direction.astype(np.float32)).astype(np.float64)
        moved: Float64 = (products + self.steps[name] @ direction) / np.sqrt(self.lengths[name])
        return moved

    def _squares(self, code: int, name: str) -> Float64:
        squares, step = self.raw.squares_of(code), self.steps[name]
        if not step.any():
            return squares
        length = float(np.linalg.norm(step))
        # By its direction, which is the same for every strength.
        along = self.raw.products_of(code, (step / length).astype(np.float32)).astype(np.float64)
        return squares + 2 * length * along + length**2


@dataclass(frozen=True, eq=False)
class ShiftedDrawn(Drawn):
    """Rows that a shift moves, of which none is moved for a linear picture."""

    shift: Shift

    def points(self, basis: Basis) -> Float32:
        columns = [
            np.concatenate(
                [self.shift.along(name, axis)[wanted] for name, wanted in self.rows.items()]
            )
            for axis in basis.axes
        ]
        return (np.column_stack(columns) - basis.origin @ basis.axes.T).astype(np.float32)

    def total_variance(self) -> float:
        total = np.zeros(self.shift.raw.dim)
        for name, block in self._drawn_blocks().items():
            weights = 1 / np.sqrt(self.shift.lengths[name][self.rows[name]])
            # float32: it is printed as a percentage.
            total += weights.astype(np.float32) @ block + weights.sum() * self.shift.steps[name]
        mean = total / self.row.size
        return max(0.0, 1.0 - float(mean @ mean))

    def apart(self, pair: tuple[str, str], basis: Basis) -> float:
        if not all(name in self.shift.steps for name in pair):
            return float("nan")
        first, second = (float(self.shift.along(name, basis.axes[0]).mean()) for name in pair)
        return abs(first - second)
