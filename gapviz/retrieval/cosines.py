"""Cosines of one query with all rows of an index, of which hardly any needs to be moved.

Rows that stay where they are give one product, which strategies searched side by side share. Rows
that move along one direction x ↦ (x + λv) / ‖x + λv‖ need no copy either, for any λ:

    q · (x + λv) / ‖x + λv‖ = (q·x + λ q·v) / √(‖x‖² + 2λ x·v + λ²‖v‖²),

and x·v is the same for all λ. That is right up to the rounding of float32, so that rows that could
stand among the first ones, and those as near to the match, are moved and multiplied after all:
what is shown, and in which order, is what an index of moved rows would give.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.unmoved import RawRows
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.retrieval.exact import top_k_of_scores
from gapviz.strategies import Strategy

ROUNDING = 1e-6
"""Of a product or a squared length in float32, with room to spare."""

SHORTEST = 0.01
"""Squared length left by a shift below which rounding tells too little: all rows are moved."""


SMALLEST_STEP = 1e-9
"""Length of a step that moves no row of float32."""


def cosines_of(
    rows: Rows, strategy: Strategy, query: Float32, beside: Indices, first: int
) -> Float32:
    """`(n_rows,)` cosines of a moved query with all rows as the strategy moves them.

    Args:
        rows: of an index under the strategy.
        strategy: fitted.
        query: `(dim,)`, moved.
        beside: numbers of rows from which all others have to be told apart.
        first: so many of each modality have to be told apart as well.
    """
    unmoved, shift = rows.unmoved, strategy.shift
    if unmoved is not None and not strategy.spec.moves_vectors:
        return unmoved.raw.products(query)
    found = None
    if unmoved is not None and shift is not None:
        steps = [float(strategy.value("strength")) * shift[name] for name in rows.names]
        found = _of_shifted(unmoved.raw, steps, query)
    if unmoved is None or found is None:
        return np.asarray(rows.vectors @ query, dtype=np.float32)
    cosines, near = found
    again = _too_near(rows, cosines, beside, first, near)
    # One sum a row, which is the same whichever other rows are looked at.
    moved = unmoved.take(again).astype(np.float64)
    cosines[again] = np.einsum("nd,d->n", moved, query.astype(np.float64))
    return cosines


def _of_shifted(
    raw: RawRows, steps: Sequence[Float64], query: Float32
) -> tuple[Float32, float] | None:
    """Cosines with rows that a step `(dim,)` by modality is added to, and how far off they may be.

    None where a step leaves a row too short for that.
    """
    parts, shortest = [], np.inf
    for code, step in enumerate(steps):
        squares, length = raw.squares_of(code), float(np.linalg.norm(step))
        if length > SMALLEST_STEP:
            # By its direction, which is the same for every strength.
            along = raw.products_of(code, (step / length).astype(np.float32))
            squares = squares + 2 * length * along.astype(np.float64) + length**2
        shortest = min(shortest, float(squares.min(initial=np.inf)))
        if shortest < SHORTEST:
            return None
        added = float(step @ query.astype(np.float64))
        parts.append((raw.products_of(code, query) + added) / np.sqrt(squares))
    longest = max(float(np.linalg.norm(step)) for step in steps)
    near = ROUNDING * (1 / np.sqrt(shortest) + longest / shortest)
    return np.concatenate(parts).astype(np.float32), float(near)


def _too_near(rows: Rows, cosines: Float32, beside: Indices, first: int, near: float) -> Indices:
    """Rows that rounding may put before or behind others where it matters, rising."""
    doubted = np.zeros(rows.n_rows, dtype=np.bool_)
    for span in rows.spans:
        part = cosines[span]
        if part.size:
            last = top_k_of_scores(part[None, :], first).scores[0, -1]
            doubted[span] = part >= last - 2 * near
    for row in beside.tolist():
        doubted |= np.abs(cosines - cosines[row]) <= 2 * near
    return np.flatnonzero(doubted)
