"""Figures over a range of one thing: strength, corpus mix, calibration pairs, rank fusion."""

from gapviz.analyses.curves.band import Band, band_over
from gapviz.analyses.curves.calibration import CalibrationCurve, calibration_curve
from gapviz.analyses.curves.corpus_mix import MixCurve, MixLine, corpus_mix_curve
from gapviz.analyses.curves.rank_fusion import FusionCurve, FusionLine, rank_fusion_curves
from gapviz.analyses.curves.strength import StrengthCurve, strength_curve

__all__ = [
    "Band",
    "CalibrationCurve",
    "FusionCurve",
    "FusionLine",
    "MixCurve",
    "MixLine",
    "StrengthCurve",
    "band_over",
    "calibration_curve",
    "corpus_mix_curve",
    "rank_fusion_curves",
    "strength_curve",
]
