"""Exact nearest neighbours under cosine, by one blocked matrix product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.libraries import is_installed
from gapviz.core.vectors import Float32

# torch's top-k is some fifty times faster than numpy's partition, but importing torch
# costs more than the partition of this many rows. Without torch numpy does them all.
TORCH_FROM = 4096


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For each row, its nearest rows, nearest first."""

    indices: npt.NDArray[np.int32]
    """`(n, k)` row numbers."""
    distances: Float32
    """`(n, k)` cosine distances 1 − x·y, never negative."""


def nearest_neighbours(
    vectors: Float32, k: int, *, check: Callable[[float], None] | None = None
) -> Neighbours:
    """The `k` rows of `vectors` nearest to each of them.

    Each comes first in its own list at distance 0, even beside exact duplicates: what
    umap-learn expects.

    Args:
        vectors: `(n, dim)` float32 unit rows.
        k: 1 … n.
        check: called with the share done before each block; may raise to cancel.
    """
    n_rows = vectors.shape[0]
    block = max(1, BLOCK_SCORES // n_rows)
    indices = np.empty((n_rows, k), dtype=np.int32)
    distances = np.empty((n_rows, k), dtype=np.float32)
    for start in range(0, n_rows, block):
        if check is not None:
            check(start / n_rows)
        rows = slice(start, min(start + block, n_rows))
        scores = vectors[rows] @ vectors.T
        own = np.arange(rows.start, rows.stop)
        scores[own - rows.start, own] = np.inf
        nearest = _top(scores, k)
        found = np.take_along_axis(scores, nearest, axis=1)
        order = np.lexsort((nearest, -found), axis=1)
        indices[rows] = np.take_along_axis(nearest, order, axis=1)
        distances[rows] = 1 - np.take_along_axis(found, order, axis=1)
    # 1 − ∞ for the row itself, and 1 − 1.0000001 for duplicates, both mean distance 0.
    np.maximum(distances, 0, out=distances)
    return Neighbours(indices, distances)


def _top(scores: Float32, k: int) -> npt.NDArray[Any]:
    """`(m, k)` columns of the largest scores, in no order."""
    if scores.shape[1] == k:
        return np.broadcast_to(np.arange(k), scores.shape)
    if scores.shape[1] < TORCH_FROM or not is_installed("torch"):
        return np.argpartition(-scores, k - 1, axis=1)[:, :k]
    import torch

    return torch.topk(torch.from_numpy(scores), k, dim=1, sorted=False).indices.numpy()
