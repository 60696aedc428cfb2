"""Every analysis by name: a new one is its module, and its line here or an entry point."""

from __future__ import annotations

from functools import cache

from gapviz.analyses import cones_on_disk, live, measure_on_disk, protocol, search, why, within
from gapviz.analyses.advice import analysis as decide
from gapviz.analyses.analysis import Analysis
from gapviz.analyses.anatomy import analysis as anatomy
from gapviz.analyses.approximate import analysis as approximate
from gapviz.analyses.curves import analysis as curves
from gapviz.analyses.directions import analysis as directions
from gapviz.analyses.scoreboard import analysis as scoreboard
from gapviz.analyses.story import analysis as story
from gapviz.analyses.thresholds import analysis as thresholds
from gapviz.core.discovery import installed

ENTRY_POINTS = "gapviz.analyses"
"""The group of entry points by which another package ships an `Analysis`."""

_OURS = (
    story.ANALYSIS,
    measure_on_disk.ANALYSIS,
    search.ANALYSIS,
    scoreboard.ANALYSIS,
    within.ANALYSIS,
    directions.ANALYSIS,
    curves.ANALYSIS,
    thresholds.ANALYSIS,
    anatomy.ANALYSIS,
    approximate.ANALYSIS,
    cones_on_disk.ANALYSIS,
    why.ANALYSIS,
    live.ANALYSIS,
    decide.ANALYSIS,
    protocol.ANALYSIS,
)


@cache
def analyses() -> dict[str, Analysis]:
    """Every analysis there is, by name, those of other packages last."""
    return {one.name: one for one in (*_OURS, *installed(ENTRY_POINTS, Analysis))}
