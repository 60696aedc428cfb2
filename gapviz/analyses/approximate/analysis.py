"""Approximate: what the gap costs where an index does not look at every row."""

from __future__ import annotations

from gapviz.analyses.analysis import Analysis, Find, find_parts, parts_parameter
from gapviz.analyses.approximate.asked import OF_INDEX, OF_SAMPLE
from gapviz.analyses.approximate.effort import find_effort
from gapviz.analyses.approximate.storage import find_storage
from gapviz.analyses.listed import LISTED
from gapviz.measures.retrieval.approximate_recall import DEPTH

PARTS: dict[str, Find] = {"effort": find_effort, "storage": find_storage}

ANALYSIS = Analysis(
    "approximate",
    LISTED["approximate"].help,
    "Build approximate indexes (HNSW, IVF) of each modality alone and of both, and measure what "
    f"they find of the exact first {DEPTH} as their search effort grows, by the modality that "
    "asks, raw and under strategies that move vectors; and what int8, binary and product "
    "quantisation lose.",
    find_parts(PARTS),
    parameters=(parts_parameter(PARTS, tuple(PARTS)), *OF_INDEX, *OF_SAMPLE),
    strategy=None,
)
