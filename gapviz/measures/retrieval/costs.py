"""What a strategy costs: bytes kept, and multiply-adds a query."""

from __future__ import annotations

from gapviz.core.rows import Rows
from gapviz.strategies import Strategy
from gapviz.strategies.fusion import ItemFusion, ScoreFusion

BYTES = 4
"""Of a number kept as float32."""


def bytes_per_item(corpus: Rows, strategy: Strategy, n_items: int) -> float:
    """Bytes kept for one of `n_items` items: its vectors, and its share of everything else."""
    n_numbers = corpus.vectors.size + strategy.alignment.n_stored
    if strategy.scoring is not None:
        n_numbers += strategy.scoring.n_stored(corpus)
    if isinstance(strategy.fusion, ItemFusion):
        n_numbers += corpus.n_rows  # the item of every row
    return BYTES * n_numbers / n_items


def query_operations(corpus: Rows, strategy: Strategy) -> int:
    """Multiply-adds that one query costs by exact search: a count, not a time.

    Comparisons (to sort, to choose k) are not among them.
    """
    n = corpus.vectors.size + strategy.alignment.query_operations
    if strategy.scoring is not None:
        n += strategy.scoring.query_operations(corpus)
    if isinstance(strategy.fusion, ScoreFusion):
        n += corpus.n_rows * (1 if strategy.fusion.scale == "min-max" else 3)
    if isinstance(strategy.fusion, ItemFusion) and strategy.fusion.method == "rrf":
        n += corpus.n_rows
    return n
