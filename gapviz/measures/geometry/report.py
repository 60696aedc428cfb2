"""Every diagnostic of two modalities' clouds in one result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Indices
from gapviz.measures.geometry.centroids import (
    Cloud,
    Constancy,
    DimensionShares,
    Gap,
    dimension_shares,
    measure_cloud,
    measure_constancy,
    measure_gap,
)
from gapviz.measures.geometry.contrast import (
    INFO_NCE_BATCH,
    CrossCosines,
    PrincipalAxis,
    Uniformity,
    cross_cosines,
    info_nce,
    measure_uniformity,
    principal_axis,
)
from gapviz.measures.geometry.pair_scores import (
    PairScores,
    ThresholdTransfer,
    auc_matched,
    d_prime,
    mean_distance,
    pair_scores,
    threshold_transfer,
)


@dataclass(frozen=True, eq=False)
class Geometry:
    """The diagnostics of modalities x and y; each part's class or function gives its formula.

    Each part is computed when first asked for, and then kept, so that a page that shows
    three of them does not pay for all.
    """

    x_rows: Float32
    """`(nx, dim)` unit rows."""
    y_rows: Float32
    """`(ny, dim)` unit rows."""
    pairs: Pairs
    seed: int

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
        """See `measure_gap`."""
        distances = mean_distance(self.scores.within_x), mean_distance(self.scores.within_y)
        return measure_gap(
            self.x_rows,
            self.y_rows,
            self.pairs,
            clouds=(self.x, self.y),
            mean_distances=distances,
        )

    @cached_property
    def constancy(self) -> Constancy:
        """See `measure_constancy`."""
        return measure_constancy(self.x_rows, self.y_rows, self.pairs)

    @cached_property
    def shares(self) -> DimensionShares:
        """See `dimension_shares`."""
        return dimension_shares(self.gap.delta)

    @cached_property
    def cosines(self) -> CrossCosines:
        """See `cross_cosines`."""
        return cross_cosines(self.x_rows, self.y_rows, self.pairs, (self.x, self.y))

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
        """See `measure_uniformity`."""
        return measure_uniformity(self.scores, self.pairs, len(self.x_rows), len(self.y_rows))

    @cached_property
    def principal_axis(self) -> PrincipalAxis:
        """See the function of the same name."""
        return principal_axis(self.x_rows, self.y_rows, self.gap.delta)

    @cached_property
    def auc_matched(self) -> float:
        """See the function of the same name."""
        return auc_matched(self.scores)

    @cached_property
    def d_prime(self) -> float:
        """See the function of the same name."""
        return d_prime(self.scores)

    @cached_property
    def threshold(self) -> ThresholdTransfer:
        """See `threshold_transfer`."""
        return threshold_transfer(self.scores)

    @cached_property
    def info_nce(self) -> float:
        """Symmetric, temperature 1/100, one batch; see the function of the same name."""
        return info_nce(self.x_rows, self.y_rows, self.pairs, seed=self.seed).symmetric

    @property
    def sampled(self) -> tuple[str, ...]:
        """Names of the figures that come from a seeded sample of pairs."""
        by_pair = ("separation_c", "uniformity", "auc_matched", "d_prime", "threshold")
        loss = ("info_nce",) if len(self.pairs.one_an_item()) > INFO_NCE_BATCH else ()
        return (by_pair if self.scores.sampled else ()) + loss


def measure_geometry(x: Float32, y: Float32, pairs: Pairs, *, seed: int = DEFAULT_SEED) -> Geometry:
    """Measure unit rows `(nx, dim)` and `(ny, dim)` with their matched `pairs`.

    Memory stays linear in the number of rows: means and mean squares use closed forms,
    and what has none (mean distance, uniformity, score distributions) is exact on small
    clouds and sampled with `seed` beyond, as `Geometry.sampled` tells.
    """
    return Geometry(x, y, pairs, seed)
