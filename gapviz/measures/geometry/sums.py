"""Sums that closed-form figures are read from, which shards of the rows give in any order.

Rows and scalars are added as whole numbers of a small step (fixed point), so that no addition
rounds: sums of shards, merged in whatever order, are those of the whole bit for bit. A float32
entry of 2⁻¹⁶ or more is a whole number of steps; of a smaller one, and of squares and products,
at most half a step is lost, once. Products of dimensions are added in float64 with what each
addition rounds off kept beside (Knuth's TwoSum), and agree to about 1e-15.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np

from gapviz.core.vectors import Float32, Float64, Indices

ENTRY_BITS = 40
"""Steps of entries are 2⁻⁴⁰: sums of `EXACT_ROWS` entries up to 2 are exact in float64."""
SCALAR_BITS = 48
"""Steps of squares and products."""
EXACT_ROWS = 4_096
BINS = 4_096
"""Of the histogram of the cosines of pairs, −1 to 1."""

# Adding and subtracting it rounds to a multiple of 2⁻⁴⁰, since floats from 2¹² to 2¹³ are that
# far apart.
_ROUNDER = 1.5 * 2.0**12

Whole = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowSums:
    """Of unit rows `(n, dim)`."""

    n: int
    total: Whole
    """Σx by dimension, in steps."""
    excess: int
    """Σ(‖x‖² − 1), in steps: what rounding to float32 leaves of unit length."""

    @classmethod
    def of(cls, rows: Float32) -> RowSums:
        """Of rows in memory."""
        none = cls(0, (0,) * rows.shape[1], 0)
        return merged((cls.of_block(block) for block in exact_blocks(rows)), none)

    @classmethod
    def of_block(cls, rows: Float64) -> RowSums:
        """Of at most `EXACT_ROWS` rows."""
        return cls(len(rows), entry_steps(rows), _steps(_squares(rows) - 1))

    def merge(self, other: RowSums) -> RowSums:
        """Of both."""
        return RowSums(
            self.n + other.n, _added(self.total, other.total), self.excess + other.excess
        )

    @property
    def mean(self) -> Float64:
        """μ, `(dim,)`."""
        return means_of(self.total, self.n)

    @property
    def mean_square(self) -> float:
        """mean‖x‖², 1 but for rounding."""
        return 1 + self.excess / (self.n << SCALAR_BITS)


@dataclass(frozen=True, eq=False)
class PairSums:
    """Of matched rows x and y; every pair counts alike."""

    n: int
    difference: Whole
    """Σ(x − y) by dimension, in steps."""
    excess: int
    """Σ(‖x‖² + ‖y‖² − 2), in steps."""
    product: int
    """Σ x·y, in steps."""
    histogram: Indices
    """`(BINS,)`: pairs by x·y."""

    @classmethod
    def of(
        cls, x: Float64, y: Float64, of_x: RowSums | None = None, of_y: RowSums | None = None
    ) -> PairSums:
        """Of at most `EXACT_ROWS` rows each, `(n, dim)`, row by row; with the sums of each where
        they are known.
        """
        x_sums, y_sums = of_x or RowSums.of_block(x), of_y or RowSums.of_block(y)
        products = np.einsum("ij,ij->i", x, y)
        bins = ((products + 1) * (BINS / 2)).astype(np.int64).clip(0, BINS - 1)
        return cls(
            len(x),
            _less(x_sums.total, y_sums.total),
            x_sums.excess + y_sums.excess,
            _steps(products),
            np.bincount(bins, minlength=BINS),
        )

    @classmethod
    def none(cls, dim: int) -> PairSums:
        """Of no pairs."""
        return cls(0, (0,) * dim, 0, 0, np.zeros(BINS, dtype=np.int64))

    def merge(self, other: PairSums) -> PairSums:
        """Of both."""
        return PairSums(
            self.n + other.n,
            _added(self.difference, other.difference),
            self.excess + other.excess,
            self.product + other.product,
            self.histogram + other.histogram,
        )

    @property
    def mean_difference(self) -> Float64:
        """Δ over pairs, `(dim,)`; NaN without any."""
        return means_of(self.difference, self.n)

    @property
    def mean_product(self) -> float:
        """Mean x·y; NaN without pairs."""
        return self.product / (self.n << SCALAR_BITS) if self.n else float("nan")

    @property
    def mean_square(self) -> float:
        """mean‖x − y‖² = mean(‖x‖² + ‖y‖² − 2x·y); NaN without pairs."""
        if not self.n:
            return float("nan")
        return 2 + (self.excess - 2 * self.product) / (self.n << SCALAR_BITS)


@dataclass(frozen=True, eq=False)
class SecondMoments:
    """Σxxᵀ of any rows, with Σx."""

    n: int
    total: Whole
    """By dimension, in steps."""
    products: Float64
    """`(dim, dim)`."""
    lost: Float64
    """`(dim, dim)`, what additions to `products` have rounded off."""

    @classmethod
    def of(cls, rows: Float64, total: Whole | None = None) -> SecondMoments:
        """Of at most `EXACT_ROWS` rows `(n, dim)`, and their sum where it is known."""
        products = rows.T @ rows
        steps = entry_steps(rows) if total is None else total
        return cls(len(rows), steps, products, np.zeros_like(products))

    @classmethod
    def none(cls, dim: int) -> SecondMoments:
        """Of no rows."""
        return cls(0, (0,) * dim, np.zeros((dim, dim)), np.zeros((dim, dim)))

    def merge(self, other: SecondMoments) -> SecondMoments:
        """Of both."""
        total = self.products + other.products
        of_other = total - self.products
        rounded = (self.products - (total - of_other)) + (other.products - of_other)
        rounded += self.lost
        rounded += other.lost
        return SecondMoments(self.n + other.n, _added(self.total, other.total), total, rounded)

    @property
    def mean(self) -> Float64:
        """`(dim,)`."""
        return means_of(self.total, self.n)

    @property
    def covariance(self) -> Float64:
        """`(dim, dim)`: mean xxᵀ − μμᵀ."""
        mean = self.mean
        return (self.products + self.lost) / self.n - np.outer(mean, mean)


@dataclass(frozen=True, eq=False)
class Sums:
    """Of two modalities whose rows match one by one: all that closed-form figures need."""

    x: RowSums
    y: RowSums
    pairs: PairSums
    pooled: SecondMoments
    """Of the rows of both modalities."""
    differences: SecondMoments
    """Of x − y."""

    @classmethod
    def of(cls, x: Float32, y: Float32) -> Sums:
        """Of unit rows `(n, dim)` each, row i of both being one item."""
        blocks = zip(exact_blocks(x), exact_blocks(y), strict=True)
        return merged((cls._of_block(a, b) for a, b in blocks), cls.none(x.shape[1]))

    @classmethod
    def _of_block(cls, x: Float64, y: Float64) -> Sums:
        of_x, of_y = RowSums.of_block(x), RowSums.of_block(y)
        pairs = PairSums.of(x, y, of_x, of_y)
        pooled = SecondMoments.of(x, of_x.total).merge(SecondMoments.of(y, of_y.total))
        return cls(of_x, of_y, pairs, pooled, SecondMoments.of(x - y, pairs.difference))

    @classmethod
    def none(cls, dim: int) -> Sums:
        """Of no rows."""
        rows, moments = RowSums(0, (0,) * dim, 0), SecondMoments.none(dim)
        return cls(rows, rows, PairSums.none(dim), moments, moments)

    def merge(self, other: Sums) -> Sums:
        """Of both shards."""
        return Sums(
            self.x.merge(other.x),
            self.y.merge(other.y),
            self.pairs.merge(other.pairs),
            self.pooled.merge(other.pooled),
            self.differences.merge(other.differences),
        )


class Mergeable(Protocol):
    """What sums of shards have in common."""

    def merge(self, other: Self) -> Self:
        """Of both."""


Some = TypeVar("Some", bound=Mergeable)


def merged(parts: Iterable[Some], none: Some) -> Some:
    """All of them as one; `none` where there are none."""
    whole = none
    for part in parts:
        whole = whole.merge(part)
    return whole


def exact_blocks(rows: Float32) -> Iterator[Float64]:
    """The rows `(n, dim)` in float64, `EXACT_ROWS` at a time."""
    for start in range(0, len(rows), EXACT_ROWS):
        yield rows[start : start + EXACT_ROWS].astype(np.float64)


def entry_steps(rows: Float64) -> Whole:
    """Σ by dimension of at most `EXACT_ROWS` rows, in steps."""
    on_grid = rows + _ROUNDER
    on_grid -= _ROUNDER
    sums = np.ldexp(on_grid.sum(axis=0), ENTRY_BITS)
    return tuple(map(int, sums.tolist()))


def means_of(total: Whole, n: int) -> Float64:
    """The means of sums in steps, each rounded once; NaN of no rows."""
    if not n:
        return np.full(len(total), np.nan)
    return np.array([one / (n << ENTRY_BITS) for one in total])


def _squares(rows: Float64) -> Float64:
    found: Float64 = np.einsum("ij,ij->i", rows, rows)
    return found


def _steps(values: Float64) -> int:
    """Σ of at most `EXACT_ROWS` values from −4 to 4, in steps."""
    return int(np.rint(np.ldexp(values, SCALAR_BITS)).astype(np.int64).sum())


def _added(one: Whole, other: Whole) -> Whole:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _less(one: Whole, other: Whole) -> Whole:
    return tuple(a - b for a, b in zip(one, other, strict=True))
