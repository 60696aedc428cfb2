"""Figures about matched pairs: relative modality gap, alignment, uniformity, InfoNCE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from gapviz.core.blocks import float64_blocks
from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32, Float64
from gapviz.measures.geometry.centroids import Cloud
from gapviz.measures.geometry.pair_scores import PairScores, n_pairs_within, paired_blocks

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


def cross_cosines(
    x: Float32, y: Float32, pairs: Pairs, clouds: tuple[Cloud, Cloud]
) -> CrossCosines:
    """Mean cosines of matched and of mismatched unit rows `(nx, dim)` and `(ny, dim)`.

    Closed form: the sum over all pairs is Σx·Σy, less the matched ones.

    Args:
        x: rows of the first modality.
        y: rows of the second.
        pairs: which of them match.
        clouds: of x and of y, as `measure_cloud` measured them.
    """
    blocks = paired_blocks(x, y, pairs.rows_a, pairs.rows_b)
    total = sum(float(np.einsum("ij,ij->", a, b)) for a, b in blocks)
    n_pairs, n_all = len(pairs), x.shape[0] * y.shape[0]
    everything = float(clouds[0].centroid @ clouds[1].centroid) * n_all
    return CrossCosines(
        matched=total / n_pairs if n_pairs else float("nan"),
        mismatched=(everything - total) / (n_all - n_pairs) if n_all > n_pairs else float("nan"),
    )


def measure_uniformity(scores: PairScores, pairs: Pairs, n_x: int, n_y: int) -> Uniformity:
    """Uniformity of x, y, both pooled, and across, from the cosines by pair type.

    For unit rows exp(−2‖a−b‖²) = exp(4·cos − 4). The pooled mean weighs each type by how
    many pairs of that type there are, not by how many were sampled.
    """
    within_x, within_y = _mean_potential(scores.within_x), _mean_potential(scores.within_y)
    owner_x, owner_y = pairs.owners(n_x, n_y)
    n_matched = len(pairs)
    n_mismatched = n_x * n_y - n_matched
    cross = _weighted_mean(
        (_mean_potential(scores.matched), n_matched),
        (_mean_potential(scores.mismatched), n_mismatched),
    )
    joint = _weighted_mean(
        (within_x, n_pairs_within(owner_x)),
        (within_y, n_pairs_within(owner_y)),
        (cross, n_x * n_y),
    )
    return Uniformity(
        x=float(np.log(within_x)),
        y=float(np.log(within_y)),
        joint=float(np.log(joint)),
        cross=float(np.log(cross)),
    )


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
        forward += float(logsumexp(logits, axis=1).sum())
        by_column = np.logaddexp(by_column, logsumexp(logits, axis=0))
    mean_matched = float(matched.mean())
    return InfoNce(
        x_to_y=forward / n - mean_matched,
        y_to_x=float(by_column.mean()) - mean_matched,
        temperature=temperature,
        batch=n,
    )


def principal_axis(x: Float32, y: Float32, delta: Float64) -> PrincipalAxis:
    """Leading eigenvector of the pooled covariance, by a `(dim, dim)` eigenproblem."""
    dim = x.shape[1]
    n = x.shape[0] + y.shape[0]
    total, second = np.zeros(dim), np.zeros((dim, dim))
    for matrix in (x, y):
        for block in float64_blocks(matrix):
            total += block.sum(axis=0)
            second += block.T @ block
    mean = total / n
    values, vectors = np.linalg.eigh(second / n - np.outer(mean, mean))
    variance = float(np.maximum(values, 0).sum())
    gap = float(np.linalg.norm(delta))
    return PrincipalAxis(
        cosine_with_gap=abs(float(vectors[:, -1] @ delta)) / gap if gap > 0 else float("nan"),
        variance_share=float(values[-1]) / variance if variance > 0 else float("nan"),
    )


def _mean_potential(cosines: Float64) -> float:
    return float(np.exp(4 * cosines - 4).mean()) if cosines.size else float("nan")


def _weighted_mean(*parts: tuple[float, int]) -> float:
    present = [(value, weight) for value, weight in parts if weight]
    total = sum(weight for _, weight in present)
    return sum(value * weight for value, weight in present) / total if total else float("nan")
