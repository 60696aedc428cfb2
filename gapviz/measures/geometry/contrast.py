"""Figures about matched pairs: relative modality gap, alignment, uniformity, InfoNCE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.log_sum_exp import log_sum_exp
from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32

INFO_NCE_BATCH = 4_096
INFO_NCE_BLOCK = 512


@dataclass(frozen=True, slots=True)
class CrossCosines:
    """Mean x–y cosine of matched and of mismatched pairs."""

    matched: float
    mismatched: float


@dataclass(frozen=True, slots=True)
class Uniformity:
    """log mean exp(−2‖a−b‖²) over two items' rows: lower is more even (Wang & Isola 2020)."""

    x: float
    y: float
    joint: float
    """Over both clouds pooled."""
    cross: float
    """Over x–y pairs only."""


@dataclass(frozen=True, slots=True)
class PrincipalAxis:
    """First principal component of the pooled cloud, against the gap direction."""

    cosine_with_gap: float
    """|cos(PC1, Δ)|: 1 = the largest variance of a mixed index *is* the modality."""
    variance_share: float


@dataclass(frozen=True, slots=True)
class InfoNce:
    """Contrastive loss in nats, which means nothing without temperature and batch."""

    x_to_y: float
    """Mean cross-entropy of finding the y of an x among the batch."""
    y_to_x: float
    temperature: float
    batch: int
    """Pairs in the batch, one an item."""

    @property
    def symmetric(self) -> float:
        """Mean of both directions."""
        return (self.x_to_y + self.y_to_x) / 2


def info_nce(
    x: Float32,
    y: Float32,
    pairs: Pairs,
    *,
    temperature: float = 0.01,
    batch: int = INFO_NCE_BATCH,
    seed: int = DEFAULT_SEED,
) -> InfoNce:
    """InfoNCE of each direction in nats (van den Oord et al. 2018; Radford et al. 2021).

    One batch of one pair an item, the first, so that no caption of an image stands among its
    negatives; where there are more than `batch` items, of a seeded sample of `batch` of them,
    since the loss grows with the batch size. NaN without pairs.

    Args:
        x: unit rows `(nx, dim)` of the first modality.
        y: unit rows `(ny, dim)` of the second.
        pairs: which of them match.
        temperature: what cosines are divided by.
        batch: pairs at most.
        seed: of the sample.
    """
    one_each = pairs.one_an_item()
    chosen = seeded_sample(np.arange(len(one_each)), batch, seed)
    rows_a, rows_b = one_each.rows_a[chosen], one_each.rows_b[chosen]
    n = chosen.size
    if not n:
        return InfoNce(float("nan"), float("nan"), temperature, 0)
    targets = y[rows_b].astype(np.float64)
    forward, matched = 0.0, np.empty(n)
    by_column = np.full(n, -np.inf)
    for start in range(0, n, INFO_NCE_BLOCK):
        block = slice(start, min(start + INFO_NCE_BLOCK, n))
        logits = x[rows_a[block]].astype(np.float64) @ targets.T / temperature
        matched[block] = logits[np.arange(len(logits)), np.arange(block.start, block.stop)]
        forward += float(log_sum_exp(logits, axis=1).sum())
        by_column = np.logaddexp(by_column, log_sum_exp(logits, axis=0))
    mean_matched = float(matched.mean())
    return InfoNce(
        x_to_y=forward / n - mean_matched,
        y_to_x=float(by_column.mean()) - mean_matched,
        temperature=temperature,
        batch=n,
    )
