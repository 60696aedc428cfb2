"""Plotly figures from results: nothing is computed here but where to draw."""

from gapviz.figures.cones import (
    METHOD_TITLES,
    AxisRanges,
    alt_text,
    cones_figure,
    matched_points,
    selected_items,
    shared_ranges,
)
from gapviz.figures.modality_style import NEUTRAL, ModalityStyle, style_of

__all__ = [
    "METHOD_TITLES",
    "NEUTRAL",
    "AxisRanges",
    "ModalityStyle",
    "alt_text",
    "cones_figure",
    "matched_points",
    "selected_items",
    "shared_ranges",
    "style_of",
]
