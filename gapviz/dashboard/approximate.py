"""Approximate indexes: the two questions, their widgets and their drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gapviz.analyses.analysis import Finding
from gapviz.analyses.approximate import asked
from gapviz.analyses.approximate.analysis import PARTS as FIND
from gapviz.core.parameter import Parameter
from gapviz.dashboard.sections import Section
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.url_params import url_choice, url_parameter
from gapviz.dashboard.widgets import number_of, segments_of, select_of
from gapviz.figures.approximate import effort_panels, storage_panels
from gapviz.figures.lines import Panel

NARROWEST_PANEL = 270
"""Pixels, so that the three indexes of a strategy stand in one row."""


def _on_page(parameter: Parameter, **changed: Any) -> Parameter:
    return url_parameter(replace(parameter, **changed))


INDEX = _on_page(asked.INDEX)
STORAGE = _on_page(asked.STORAGE)
LINKS = _on_page(asked.LINKS)
CONSTRUCTION = _on_page(asked.CONSTRUCTION)
LISTS = _on_page(asked.LISTS)
RANKED_AGAIN = _on_page(asked.RANKED_AGAIN)


def _usual() -> dict[str, Any]:
    return {one.name: one.default for one in (*asked.OF_INDEX, *asked.OF_SAMPLE)}


def _effort_values(chosen: Settings) -> dict[str, Any]:
    """Those of the index, of which the other kind has no part in what is cached."""
    values = _usual()
    values[INDEX.name] = segments_of(INDEX)
    values[STORAGE.name] = select_of(STORAGE, width=160)
    further = (LISTS,) if values[INDEX.name] == "ivf" else (LINKS, CONSTRUCTION)
    if values[STORAGE.name] != STORAGE.default:
        further = (*further, RANKED_AGAIN)
    return values | {one.name: number_of(one, width=160) for one in further}


def _effort_panels(found: Finding, chosen: Settings) -> Sequence[Panel]:
    effort = found.figures["effort"]
    return effort_panels(found.result, chosen.modalities, effort, chosen.seed)


APPROXIMATE = {
    "effort": Section(
        title="Search effort",
        question="How much must an index look at before it finds what exact search finds, and do "
        "queries of the other modality cost more? Dashed: cross-modal queries.",
        find=FIND["effort"],
        doing="Building approximate indexes",
        panels=_effort_panels,
        columns=3,
        narrowest=NARROWEST_PANEL,
        values=_effort_values,
    ),
    "storage": Section(
        title="Storage",
        question="What is lost where vectors are stored in fewer bytes? Every row is compared, so "
        "that no index loses anything beside it. Dashed: cross-modal queries.",
        find=FIND["storage"],
        doing="Storing vectors in fewer bytes",
        panels=lambda found, chosen: storage_panels(found.result, chosen.modalities, chosen.seed),
        columns=3,
        values=lambda chosen: _usual(),
    ),
}
PART = url_choice("approximate", "Look at", {name: one.title for name, one in APPROXIMATE.items()})
