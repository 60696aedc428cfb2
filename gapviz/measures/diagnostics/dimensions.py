"""How the gap spreads over dimensions."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gapviz.measures.described import GEOMETRY
from gapviz.measures.diagnostics.diagnostic import Diagnostic

PLACE = 4
"""Of the family in tables."""

_SHARES = replace(
    GEOMETRY,
    estimand="The same of the population's Δ; near the noise floor, noise spreads Δ over more "
    "dimensions.",
)
_further = partial(Diagnostic, brief=False, by_dimension=True, rules=_SHARES)

DIAGNOSTICS = (
    _further(
        name="top2_share",
        title="Share of the two largest dimensions",
        formula=r"\sum_{d\in\text{top 2}}\Delta_d^2\big/\lVert\Delta\rVert^2",
        reading="0 to 1: how much of the gap sits in two coordinates (69 % in CLIP ViT-B/32).",
        source="Schrodi et al. 2025",
        read=lambda m: m.geometry.shares.top(2),
    ),
    _further(
        name="participation_ratio",
        title="Participation ratio",
        formula=r"\left(\sum_d(\Delta_d^2/\lVert\Delta\rVert^2)^2\right)^{-1}",
        reading="How many equally large dimensions would hold the gap, 1 to the dimension.",
        source="Schrodi et al. 2025",
        read=lambda m: m.geometry.shares.participation_ratio,
    ),
)
