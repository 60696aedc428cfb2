"""`StreamedGeometry`: closed-form figures of all rows, the others of a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.measures.geometry.centroids import Cloud, cloud_of
from gapviz.measures.geometry.contrast import Uniformity
from gapviz.measures.geometry.gap_interval import OffsetNoise, noise_of
from gapviz.measures.geometry.matched import Differences, differences_of
from gapviz.measures.geometry.pair_scores import PairScores
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.spectrum import Spectrum, spectrum_of_covariance
from gapviz.measures.geometry.sums import PairSums, SecondMoments, Sums
from gapviz.measures.streamed.passes import SecondPass

OF_A_SAMPLE = (
    "separation_c", "uniformity", "auc_matched", "d_prime", "threshold", "info_nce", "linear_cka",
    "mutual_knn",
)  # fmt: skip
"""Figures without a closed form; of the gap's interval the shape of the noise is, too."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StreamedGeometry(Geometry):
    """The same figures; `x_rows`, `y_rows` and `pairs` are those of the sample."""

    sums: Sums
    """Of all rows."""
    swept: SecondPass
    """What one more pass found."""

    @cached_property
    def sample(self) -> Geometry:
        """The sample alone."""
        return Geometry(
            self.x_rows, self.y_rows, self.pairs, self.seed, self.fit_noise, self.rotated
        )

    @cached_property
    def x(self) -> Cloud:
        return cloud_of(self.sums.x, self.swept.distance_x)

    @cached_property
    def y(self) -> Cloud:
        return cloud_of(self.sums.y, self.swept.distance_y)

    @cached_property
    def pair_sums(self) -> PairSums:
        return self.sums.pairs

    @cached_property
    def pooled_moments(self) -> SecondMoments:
        return self.sums.pooled

    @cached_property
    def differences(self) -> Differences:
        return differences_of(self.sums.pairs, self.swept.mean_cosine)

    @cached_property
    def residual_spectrum(self) -> Spectrum:
        covariance = self.sums.differences.covariance
        return spectrum_of_covariance(covariance, len(covariance))

    @cached_property
    def scores(self) -> PairScores:
        return self.sample.scores

    @cached_property
    def uniformity(self) -> Uniformity:
        return self.sample.uniformity

    @property
    def _noise(self) -> OffsetNoise:
        """As `offset_noise` has it, of one row an item: eᵢ = (xᵢ − yᵢ − Δ)/√(n(n − 1))."""
        pairs, n = self.sums.pairs, self.sums.pairs.n
        delta = pairs.mean_difference
        squared = float(delta @ delta)
        times = n * (n - 1)
        along = float(delta @ self.sums.differences.covariance @ delta) * n / times
        sampled = self.x_rows.astype(np.float64) - self.y_rows
        return noise_of(
            (pairs.mean_square - squared) * n / times,
            along / squared if squared > 0 else 0.0,
            sampled[:: max(1, len(sampled) // 4_096)],
            squared,
            fit_noise=self.fit_noise,
            # Of as many items as there are it would take as much memory as a modality.
            influence=np.zeros(0),
        )

    @property
    def sampled(self) -> tuple[str, ...]:
        return OF_A_SAMPLE
