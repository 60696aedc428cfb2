"""Every analysis of ours by name, before any is loaded: its one line of help, and its module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of an analysis that is not loaded."""

    help: str
    """One line without a full stop, as an order: `compare …`."""
    module: str
    """Where its `ANALYSIS` is."""


LISTED: Mapping[str, Listed] = {
    "story": Listed(
        "tell the gap by one query that fails, and the same query fixed",
        "gapviz.analyses.story.analysis",
    ),
    "measure": Listed(
        "measure the modality gap and what a strategy does about it",
        "gapviz.analyses.measure_on_disk",
    ),
    "search": Listed(
        "search a collection with a text, a picture or one of its items",
        "gapviz.analyses.search",
    ),
    "scoreboard": Listed(
        "measure every strategy against every other",
        "gapviz.analyses.scoreboard.analysis",
    ),
    "within": Listed(
        "compare the joint model with a dedicated encoder inside one modality",
        "gapviz.analyses.within",
    ),
    "directions": Listed(
        "let every modality search every other, and itself",
        "gapviz.analyses.directions.analysis",
    ),
    "curves": Listed(
        "draw what one choice costs along its whole range",
        "gapviz.analyses.curves.analysis",
    ),
    "thresholds": Listed(
        "tell how pairs score by their type, a threshold for each, and what matches",
        "gapviz.analyses.thresholds.analysis",
    ),
    "anatomy": Listed(
        "tell what the gap is made of: dimensions, losses, hubs, spectra, residual, groups",
        "gapviz.analyses.anatomy.analysis",
    ),
    "approximate": Listed(
        "measure what the gap costs in an approximate index",
        "gapviz.analyses.approximate.analysis",
    ),
    "cones": Listed(
        "draw all vectors in one plane and write where each lies",
        "gapviz.analyses.cones_on_disk",
    ),
    "why": Listed(
        "show the three causes of the gap, one small experiment each",
        "gapviz.analyses.why",
    ),
    "live": Listed(
        "measure what a vector store answers, beside exact search",
        "gapviz.analyses.live",
    ),
    "decide": Listed(
        "tell what to do about the gap, ranked by what was measured",
        "gapviz.analyses.advice.analysis",
    ),
    "protocol": Listed(
        "tell how every figure is measured, and which of them a collection has",
        "gapviz.analyses.protocol",
    ),
}
"""By name, in the order of the command line and of reports."""
