"""What a strategy costs: bytes kept, and multiply-adds a query."""

from __future__ import annotations

from gapviz.core.rows import Rows
from gapviz.strategies import Strategy

BYTES = 4
"""Of a number kept as float32."""


def bytes_per_item(corpus: Rows, strategy: Strategy, n_items: int) -> float:
    """Bytes kept for one of `n_items` items: its vectors, and its share of everything else."""
    return BYTES * (corpus.vectors.size + strategy.n_stored(corpus)) / n_items


def query_operations(corpus: Rows, strategy: Strategy) -> int:
    """Multiply-adds that one query costs by exact search: a count, not a time.

    Comparisons (to sort, to choose k) are not among them.
    """
    return int(corpus.vectors.size + strategy.query_operations(corpus))
