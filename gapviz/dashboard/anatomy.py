"""The parts of the anatomy page: the question, the protocol and the drawing of each."""

from __future__ import annotations

from gapviz.analyses.anatomy.analysis import PARTS as FIND
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.sections import Section
from gapviz.dashboard.url_params import url_choice
from gapviz.figures.anatomy import (
    dimension_panels,
    heat_map_panels,
    hub_panels,
    spectrum_panels,
)
from gapviz.figures.plane import plane_panels

NARROWEST_MAP = 400

PART = url_choice(
    "part",
    "Look at",
    {
        "dimensions": "Dimensions",
        "heat_map": "Heat map",
        "plane": "Loss plane",
        "hubs": "Hubs",
        "spectrum": "Spectrum",
    },
)
PARTS = {
    "dimensions": Section(
        question="Which dimensions is the gap made of, and does it go when they go?",
        protocol="Share of a dimension: Δd² / ‖Δ‖² of the evaluate split, raw vectors. Dimensions "
        "are removed in the order of |Δd| of the calibrate split, rows are scaled to length 1 "
        "again, then gap and recall@1 of matched pairs are taken, asked with the indexed rows (of "
        "several captions the first; Curves and the scoreboard ask with the later ones, and so "
        "differ a little); the control removes as many random dimensions. Unlike every other "
        "figure these change under a rotation of the space. Source: Schrodi et al. 2025.",
        find=FIND["dimensions"],
        doing="Taking dimensions away",
        panels=lambda found, chosen: dimension_panels(found.result, chosen.pair),
        columns=2,
    ),
    "heat_map": Section(
        question="Do the four quadrants look alike, as they would without a gap?",
        protocol="Cosines of the first modality's rows followed by the second's, held out. The "
        "order is that of average-linkage clustering with optimal leaf ordering, by the mean of "
        "both within-modality cosines. Colours span the 1st to the 99th percentile of all maps "
        "shown.",
        find=FIND["heat_map"],
        doing="Clustering pairs",
        panels=lambda found, chosen: heat_map_panels(found.result),
        columns=2,
        narrowest=NARROWEST_MAP,
    ),
    "plane": Section(
        question="Does a strategy bring pairs together, spread the clouds, or trade one for the "
        "other? The ring is the sidebar's choice.",
        protocol="Alignment: mean‖x − y‖² over matched pairs. Uniformity: log mean "
        "exp(−2‖a − b‖²) over both clouds pooled. Every encoder of this collection under raw "
        "cosine and every strategy that moves vectors, fitted on the calibrate split, measured on "
        "the evaluate split. Source: Wang & Isola 2020.",
        find=FIND["plane"],
        doing="Placing every model",
        panels=lambda found, chosen: plane_panels(*found.result),
        columns=2,
        narrowest=NARROWEST_MAP,
        values=lambda chosen: {
            "ringed": {encoder_title(view): collection_of(view) for view in chosen.views}
        },
        once=True,
    ),
    "hubs": Section(
        question="Are a few entries found by everyone, and many by no one?",
        protocol="k-occurrence with k = 10: in how many of the other modality's lists an entry "
        "stands; the mean is k · queries / entries. Skew: third standardised moment. Evaluate "
        "split, exact search by cosine, or by adjusted score under a strategy that adjusts "
        "scores; ties by row. Source: Radovanović et al. 2010.",
        find=FIND["hubs"],
        doing="Counting who is found",
        panels=lambda found, chosen: hub_panels(found.result),
        columns=2,
        open_tables=True,
    ),
    "spectrum": Section(
        question="How many directions does each cloud really use?",
        protocol="Eigenvalues of each modality's own covariance, as shares of its variance, "
        "evaluate split. Effective rank: exp of their entropy (Roy & Vetterli 2007). Participation "
        "ratio: 1 / Σ shares².",
        find=FIND["spectrum"],
        doing="Finding eigenvalues",
        panels=lambda found, chosen: spectrum_panels(found.result, chosen.modalities),
        columns=2,
        open_tables=True,
    ),
}
