"""Every direction of a collection: the question, the drawing, the protocol."""

from __future__ import annotations

from collections.abc import Sequence

from gapviz.analyses.analysis import Finding
from gapviz.analyses.directions.analysis import ANALYSIS
from gapviz.analyses.directions.found import FoundDirections
from gapviz.analyses.directions.tables import ANSWERS
from gapviz.dashboard.sections import Section
from gapviz.dashboard.settings import Settings
from gapviz.figures.directions import direction_panels
from gapviz.figures.lines import Panel


def _panels(found: Finding, chosen: Settings) -> Sequence[Panel]:
    result: FoundDirections = found.result
    return direction_panels(result.names, result.directions, ANSWERS)


NARROWEST_MAP = 280

SECTION = Section(
    title="Directions",
    question="Which modality finds which, is the way back as good, and where do results go that "
    "were asked for in another modality? On the diagonal a modality searches itself.",
    find=ANALYSIS.find,
    doing="Searching in every direction",
    panels=_panels,
    columns=3,
    narrowest=NARROWEST_MAP,
    open_tables=True,
    with_others=True,
)
