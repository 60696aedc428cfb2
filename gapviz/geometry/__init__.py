"""The gap and its diagnostics: unit rows in, frozen results out, all in float64."""

from gapviz.geometry.centroids import (
    Cloud,
    Constancy,
    DimensionShares,
    Gap,
    dimension_shares,
    measure_cloud,
    measure_constancy,
    measure_gap,
)
from gapviz.geometry.contrast import (
    CrossCosines,
    PrincipalAxis,
    Uniformity,
    alignment_of,
    cross_cosines,
    info_nce,
    measure_uniformity,
    principal_axis,
    relative_modality_gap,
)
from gapviz.geometry.pair_scores import (
    PairScores,
    ThresholdTransfer,
    auc_matched,
    d_prime,
    mean_distance,
    pair_scores,
    threshold_transfer,
)
from gapviz.geometry.report import Geometry, measure_geometry

__all__ = [
    "Cloud",
    "Constancy",
    "CrossCosines",
    "DimensionShares",
    "Gap",
    "Geometry",
    "PairScores",
    "PrincipalAxis",
    "ThresholdTransfer",
    "Uniformity",
    "alignment_of",
    "auc_matched",
    "cross_cosines",
    "d_prime",
    "dimension_shares",
    "info_nce",
    "mean_distance",
    "measure_cloud",
    "measure_constancy",
    "measure_gap",
    "measure_geometry",
    "measure_uniformity",
    "pair_scores",
    "principal_axis",
    "relative_modality_gap",
    "threshold_transfer",
]
