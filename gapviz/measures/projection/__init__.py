"""Two-dimensional layouts of pooled unit rows: UMAP, PCA, and the gap axis."""

from gapviz.measures.projection.layout import METHODS, Basis, Layout, Method
from gapviz.measures.projection.linear import gap_axis_basis, pca_basis
from gapviz.measures.projection.neighbours import Neighbours, nearest_neighbours
from gapviz.measures.projection.project import place_queries, project, trustworthiness
from gapviz.measures.projection.sampling import DISPLAY_LIMIT, DisplaySample, sample_for_display

__all__ = [
    "DISPLAY_LIMIT",
    "METHODS",
    "Basis",
    "DisplaySample",
    "Layout",
    "Method",
    "Neighbours",
    "gap_axis_basis",
    "nearest_neighbours",
    "pca_basis",
    "place_queries",
    "project",
    "sample_for_display",
    "trustworthiness",
]
