"""The parts of the anatomy page: the question, the protocol and the drawing of each."""

from __future__ import annotations

from gapviz.analyses.anatomy.analysis import PARTS as FIND
from gapviz.analyses.anatomy.analysis import TITLES
from gapviz.dashboard.caches import studied
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.sections import Section
from gapviz.dashboard.url_params import url_choice
from gapviz.figures.anatomy import (
    dimension_panels,
    heat_map_panels,
    hub_panels,
    spectrum_panels,
)
from gapviz.figures.groups import groups_panels, matched_panels
from gapviz.figures.plane import plane_panels

NARROWEST_MAP = 400

PARTS = {
    "dimensions": Section(
        title=TITLES["dimensions"],
        question="Which dimensions is the gap made of, and does it go when they go?",
        find=FIND["dimensions"],
        doing="Taking dimensions away",
        panels=lambda found, chosen: (
            () if found.result is None else dimension_panels(found.result, chosen.pair)
        ),
    ),
    "heat_map": Section(
        title=TITLES["heat_map"],
        question="Do the four quadrants look alike, as they would without a gap?",
        find=FIND["heat_map"],
        doing="Clustering pairs",
        panels=lambda found, chosen: heat_map_panels(found.result),
        narrowest=NARROWEST_MAP,
    ),
    "plane": Section(
        title=TITLES["plane"],
        question="Does a strategy bring pairs together, spread the clouds, or trade one for the "
        "other? The ring is the sidebar's choice.",
        find=FIND["plane"],
        doing="Placing every model",
        panels=lambda found, chosen: plane_panels(*found.result),
        narrowest=NARROWEST_MAP,
        values=lambda chosen: {
            "ringed": {encoder_title(view): studied(view) for view in chosen.views}
        },
        once=True,
        columns=1,
    ),
    "hubs": Section(
        title=TITLES["hubs"],
        question="Are a few entries found by everyone, and many by no one?",
        find=FIND["hubs"],
        doing="Counting who is found",
        panels=lambda found, chosen: hub_panels(found.result),
        open_tables=True,
    ),
    "spectrum": Section(
        title=TITLES["spectrum"],
        question="How many directions does each cloud really use?",
        find=FIND["spectrum"],
        doing="Finding eigenvalues",
        panels=lambda found, chosen: spectrum_panels(found.result, chosen.modalities),
        open_tables=True,
    ),
    "matched": Section(
        title=TITLES["matched"],
        question="How much of a pair's distance is the gap, and are both clouds arranged alike?",
        find=FIND["matched"],
        doing="Comparing both clouds",
        panels=lambda found, chosen: matched_panels(found.result),
        open_tables=True,
    ),
    "groups": Section(
        title=TITLES["groups"],
        question="Do clusters of everything together follow what items mean, or their modality?",
        find=FIND["groups"],
        doing="Clustering all rows",
        panels=lambda found, chosen: groups_panels(found.result),
        open_tables=True,
    ),
}
PART = url_choice("part", "Look at", {name: one.title for name, one in PARTS.items()})
