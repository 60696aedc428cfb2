"""Every diagnostic of two modalities' clouds in one result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from gapviz.core.blocks import BLOCK_ROWS
from gapviz.core.estimate import Estimate
from gapviz.core.lazy import cached_property
from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import NO_SPREAD, Float32, Float64, Indices
from gapviz.measures.geometry.centroids import (
    Cloud,
    Constancy,
    DimensionShares,
    Gap,
    dimension_shares,
    measure_cloud,
    quotient,
)
from gapviz.measures.geometry.contrast import (
    INFO_NCE_BATCH,
    CrossCosines,
    PrincipalAxis,
    Uniformity,
    info_nce,
)
from gapviz.measures.geometry.gap_interval import (
    OffsetNoise,
    SideRows,
    gap_interval,
    offset_noise,
)
from gapviz.measures.geometry.matched import (
    MOST_PAIRS,
    CloudAgreement,
    Differences,
    cloud_agreement,
    differences,
)
from gapviz.measures.geometry.pair_scores import (
    PairScores,
    ThresholdTransfer,
    auc_matched,
    n_pairs_within,
    pair_scores,
    paired_blocks,
)
from gapviz.measures.geometry.spectrum import Spectrum, no_spectrum, spectrum_of
from gapviz.measures.geometry.sums import (
    EXACT_ROWS,
    PairSums,
    SecondMoments,
    exact_blocks,
    merged,
)

MATCHED_SHARE = 0.95
"""Of the matched pairs, those that reach the threshold."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """The diagnostics of modalities x and y; each part's class or docstring gives its formula.

    Each part is computed when first asked for, and then kept, so that a page that shows
    three of them does not pay for all.

    Memory stays linear in the number of rows: means and mean squares use closed forms,
    and what has none (mean distance, uniformity, score distributions) is exact on small
    clouds and sampled with `seed` beyond, as `sampled` tells.
    """

    x_rows: Float32
    """`(nx, dim)` unit rows."""
    y_rows: Float32
    """`(ny, dim)` unit rows."""
    pairs: Pairs
    """Their matched rows; may be empty."""
    seed: int = DEFAULT_SEED
    fit_noise: float = 0.0
    """What the fit of a strategy adds to the variance of Δ, as a multiple of that of these rows:
    λ²·n/n_cal after an offset of strength λ from n_cal other items was subtracted from n; NaN
    where it is not known."""
    rotated: bool = False
    """Whether the rows are known only up to a rotation; see `Collection`."""

    @cached_property
    def _owners(self) -> tuple[Indices, Indices]:
        return self.pairs.owners(len(self.x_rows), len(self.y_rows))

    @cached_property
    def x(self) -> Cloud:
        """The cloud of x; see `measure_cloud`."""
        return measure_cloud(self.x_rows, self._owners[0])

    @cached_property
    def y(self) -> Cloud:
        """The cloud of y; see `measure_cloud`."""
        return measure_cloud(self.y_rows, self._owners[1])

    @cached_property
    def scores(self) -> PairScores:
        """Cosines by pair type; see `pair_scores`."""
        return pair_scores(self.x_rows, self.y_rows, self.pairs, seed=self.seed)

    @cached_property
    def gap(self) -> Gap:
        """The gap between both clouds, with the noise of `offset_noise`.

        Its interval, floor and debiased value are NaN where a modality has rows of one item only.
        """
        x, y = self.x, self.y
        delta = x.centroid - y.centroid
        gap = float(np.linalg.norm(delta))
        noise = self._noise
        low, high = gap_interval(gap**2, noise)
        pooled = float(np.sqrt((x.rms_distance**2 + y.rms_distance**2) / 2))
        spread = pooled > NO_SPREAD
        between_rows = _mean_distance(self.scores.within_x) + _mean_distance(self.scores.within_y)
        return Gap(
            delta=delta,
            gap=gap,
            low=low,
            high=high,
            noise_floor=float(np.sqrt(noise.trace)),
            debiased=Estimate(float(np.sqrt(np.maximum(gap**2 - noise.trace, 0.0))), low, high),
            noise=noise,
            separation=quotient(gap, spread * (x.mean_distance + y.mean_distance) / 2),
            separation_b=quotient(gap, spread * pooled),
            separation_c=quotient(gap, spread * between_rows / 2),
        )

    @property
    def _noise(self) -> OffsetNoise:
        owners = np.concatenate(self._owners)
        names, item = np.unique(owners, return_inverse=True)
        sides = [
            SideRows.of(rows, cloud.centroid, own, names.size)
            for rows, cloud, own in zip(
                (self.x_rows, self.y_rows),
                (self.x, self.y),
                np.split(item, [self.x.n]),
                strict=True,
            )
        ]
        if any(np.count_nonzero(side.counts) < 2 for side in sides):
            nan = float("nan")
            return OffsetNoise(nan, nan, np.full(names.size, nan), nan)
        return offset_noise(*sides, fit_noise=self.fit_noise, seed=self.seed)

    @cached_property
    def differences(self) -> Differences:
        """Of matched rows: the squared gap and the residual, which add up to the alignment."""
        return differences(self.pair_sums, self._differences())

    @cached_property
    def pair_sums(self) -> PairSums:
        """Of matched rows."""
        none = PairSums.none(self.x_rows.shape[1])
        rows = self.pairs.rows_a, self.pairs.rows_b
        blocks = paired_blocks(self.x_rows, self.y_rows, *rows, EXACT_ROWS)
        return merged((PairSums.of(a, b) for a, b in blocks), none)

    def _differences(self) -> Iterator[Float64]:
        rows = self.pairs.rows_a, self.pairs.rows_b
        return (a - b for a, b in paired_blocks(self.x_rows, self.y_rows, *rows, BLOCK_ROWS))

    @cached_property
    def constancy(self) -> Constancy:
        """Constancy of the differences of matched rows; NaN without pairs."""
        found = self.differences
        return Constancy(quotient(found.squared_gap, found.mean_square), found.mean_cosine)

    @cached_property
    def residual_spectrum(self) -> Spectrum:
        """Eigenvalues of the covariance of the differences, whose sum is the residual.

        NaN without pairs, or where all differ alike.
        """
        n_pairs, found = len(self.pairs), self.differences
        if not n_pairs:
            return no_spectrum(found.mean.size)
        return spectrum_of(self._differences(), found.mean, n_pairs)

    @cached_property
    def agreement(self) -> CloudAgreement:
        """Whether both clouds are arranged alike; see `cloud_agreement`."""
        return cloud_agreement(self.x_rows, self.y_rows, self.pairs, seed=self.seed)

    @cached_property
    def shares(self) -> DimensionShares:
        """See `dimension_shares`; all NaN where the axes mean nothing."""
        delta = self.gap.delta
        return dimension_shares(np.full_like(delta, np.nan) if self.rotated else delta)

    @cached_property
    def cosines(self) -> CrossCosines:
        """Mean cosines of matched and of mismatched rows.

        Closed form: the sum over all pairs is Σx·Σy, less the matched ones.
        """
        sums, n_all = self.pair_sums, self.x.n * self.y.n
        matched = sums.mean_product
        others = float(self.x.centroid @ self.y.centroid) * n_all
        others -= sums.n * matched if sums.n else 0.0
        return CrossCosines(
            matched=matched,
            mismatched=others / (n_all - sums.n) if n_all > sums.n else float("nan"),
        )

    @cached_property
    def relative_gap(self) -> float:
        """RMG = m / (m + ½(sx + sy)), each a mean of (1 − cos)/2 (Schrodi et al. 2025).

        m is over matched pairs, s over rows of different items of one modality: 0 is perfect, ½
        means that a pair lies as far apart as two random rows of one modality.
        """
        m = (1 - self.cosines.matched) / 2
        spread = ((1 - self.x.cone) / 2 + (1 - self.y.cone) / 2) / 2
        return m / (m + spread) if m + spread > 0 else float("nan")

    @cached_property
    def alignment(self) -> float:
        """mean‖xᵢ − yᵢ‖² over matched unit rows = 2 − 2·mean cosine (Wang & Isola 2020)."""
        return 2 - 2 * self.cosines.matched

    @cached_property
    def uniformity(self) -> Uniformity:
        """Uniformity of x, y, both pooled, and across, from the cosines by pair type.

        For unit rows exp(−2‖a−b‖²) = exp(4·cos − 4). The pooled mean weighs each type by how
        many pairs of that type there are, not by how many were sampled.
        """
        scores, n_all = self.scores, self.x.n * self.y.n
        within_x, within_y = _mean_potential(scores.within_x), _mean_potential(scores.within_y)
        cross = _weighted_mean(
            (_mean_potential(scores.matched), len(self.pairs)),
            (_mean_potential(scores.mismatched), n_all - len(self.pairs)),
        )
        owner_x, owner_y = self._owners
        joint = _weighted_mean(
            (within_x, n_pairs_within(owner_x)),
            (within_y, n_pairs_within(owner_y)),
            (cross, n_all),
        )
        return Uniformity(*(float(np.log(mean)) for mean in (within_x, within_y, joint, cross)))

    @cached_property
    def principal_axis(self) -> PrincipalAxis:
        """Leading eigenvector of the pooled covariance, by a `(dim, dim)` eigenproblem."""
        values, vectors = np.linalg.eigh(self.pooled_moments.covariance)
        variance = float(np.maximum(values, 0).sum())
        return PrincipalAxis(
            cosine_with_gap=quotient(abs(float(vectors[:, -1] @ self.gap.delta)), self.gap.gap),
            variance_share=quotient(float(values[-1]), variance),
        )

    @cached_property
    def pooled_moments(self) -> SecondMoments:
        """Of the rows of both modalities."""
        blocks = chain(exact_blocks(self.x_rows), exact_blocks(self.y_rows))
        none = SecondMoments.none(self.x_rows.shape[1])
        return merged(map(SecondMoments.of, blocks), none)

    @cached_property
    def auc_matched(self) -> float:
        """See the function of the same name."""
        return auc_matched(self.scores)

    @cached_property
    def d_prime(self) -> float:
        """(mean matched − mean mismatched) / √½(both variances): sensitivity index d′.

        NaN with fewer than two of either, or where none of them differ.
        """
        matched, mismatched = self.scores.matched, self.scores.mismatched
        if min(matched.size, mismatched.size) < 2:
            return float("nan")
        spread = np.sqrt((matched.var(ddof=1) + mismatched.var(ddof=1)) / 2)
        return float((matched.mean() - mismatched.mean()) / spread) if spread else float("nan")

    @cached_property
    def threshold(self) -> ThresholdTransfer:
        """The cosine that `MATCHED_SHARE` of matched pairs reach, and who else passes it.

        The linearly interpolated quantile; all NaN without matched pairs.
        """
        scores = self.scores
        threshold = float("nan")
        if scores.matched.size:
            threshold = float(np.quantile(scores.matched, 1 - MATCHED_SHARE))
        others = (scores.mismatched, scores.within_x, scores.within_y)
        known = not np.isnan(threshold)
        return ThresholdTransfer(
            threshold,
            MATCHED_SHARE,
            *(
                float((cosines >= threshold).mean()) if known and cosines.size else float("nan")
                for cosines in others
            ),
        )

    @cached_property
    def info_nce(self) -> float:
        """Symmetric, temperature 1/100, one batch; see the function of the same name."""
        return info_nce(self.x_rows, self.y_rows, self.pairs, seed=self.seed).symmetric

    @property
    def sampled(self) -> tuple[str, ...]:
        """Names of the figures that come from a seeded sample of pairs."""
        by_pair = ("separation_c", "uniformity", "auc_matched", "d_prime", "threshold")
        n_items = len(self.pairs.one_an_item())
        loss = ("info_nce",) if n_items > INFO_NCE_BATCH else ()
        alike = ("linear_cka", "mutual_knn") if n_items > MOST_PAIRS else ()
        return (by_pair if self.scores.sampled else ()) + loss + alike


def _mean_distance(cosines: Float64) -> float:
    """Mean ‖a − b‖ of pairs of unit vectors, √(2 − 2cos); NaN when empty."""
    if not cosines.size:
        return float("nan")
    return float(np.sqrt(np.maximum(2 - 2 * cosines, 0.0)).mean())


def _mean_potential(cosines: Float64) -> float:
    return float(np.exp(4 * cosines - 4).mean()) if cosines.size else float("nan")


def _weighted_mean(*parts: tuple[float, int]) -> float:
    present = [(value, weight) for value, weight in parts if weight]
    total = sum(weight for _, weight in present)
    return sum(value * weight for value, weight in present) / total if total else float("nan")
