"""Curves: what one choice costs along its whole range."""

from __future__ import annotations

from dataclasses import replace

from gapviz.analyses.analysis import (
    QUERY_MODALITY,
    Analysis,
    Find,
    find_parts,
    parts_parameter,
)
from gapviz.analyses.curves.calibration import find_calibration
from gapviz.analyses.curves.corpus_mix import find_mix
from gapviz.analyses.curves.rank_fusion import find_fusion
from gapviz.analyses.curves.strength import find_strength
from gapviz.core.parameter import Parameter

PARTS: dict[str, Find] = {
    "strength": find_strength,
    "mix": find_mix,
    "calibration": find_calibration,
    "fusion": find_fusion,
}

ANALYSIS = Analysis(
    "curves",
    "draw what one choice costs along its whole range",
    "Vary the strength λ of an offset, the mix of the corpus, the number of calibration items, or "
    "k and a weight of rank fusion, and measure every point on the items of the evaluate split.",
    find_parts(PARTS),
    parameters=(
        parts_parameter(PARTS),
        replace(
            QUERY_MODALITY,
            help="the modality of all queries, for the mix (default: the second of the pair)",
        ),
        Parameter(
            "weighted",
            "Weighted list",
            "modality",
            None,
            "the list whose weight varies, for fusion (default: the first modality)",
        ),
    ),
    strategy=None,
)
