"""The parts of the anatomy page: the question, the protocol and the drawing of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from gapviz.analyses.anatomy.analysis import (
    dimensions_reading,
    heat_map_reading,
    hubs_reading,
    hubs_table,
    plane_reading,
    spectra_reading,
    spectra_table,
)
from gapviz.analyses.anatomy.parts import (
    cached_dimensions,
    cached_heat_maps,
    cached_hubs,
    cached_plane,
    cached_spectra,
    moving_strategies,
)
from gapviz.core.wording import counted
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, catalogue, encoder_title
from gapviz.dashboard.page_head import finding
from gapviz.dashboard.panels import show_panels
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.waiting import result_of
from gapviz.figures.anatomy import (
    dimension_panels,
    heat_map_panels,
    hub_panels,
    spectrum_panels,
)
from gapviz.figures.plane import plane_panels
from gapviz.strategies import STRATEGIES, StrategyOptions

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


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page."""

    question: str
    protocol: str
    draw: Callable[[Settings, View], None]
    once: bool = False
    """True where one figure shows all encoders."""
    scores_too: bool = False
    """True where a strategy that adjusts scores has figures of its own."""


def _dimensions(chosen: Settings, view: View) -> None:
    work = cached_dimensions(collection_of(view), chosen.pair, seed=chosen.seed)
    found = result_of(work, "Taking dimensions away")
    if found is None:
        return
    finding(dimensions_reading(found), view)
    show_panels(dimension_panels(found, chosen.pair), key="dimensions", view=view, columns=2)


def _heat_map(chosen: Settings, view: View) -> None:
    work = cached_heat_maps(collection_of(view), _moved(chosen), chosen.pair, seed=chosen.seed)
    found = result_of(work, "Clustering pairs")
    if found is None:
        return
    finding(heat_map_reading(found), view)
    show_panels(
        heat_map_panels(found), key="heat_map", view=view, columns=2, narrowest=NARROWEST_MAP
    )
    shown = len(next(iter(found.by_strategy.values())).pairs)
    what = (
        f"Showing {shown:,} of {found.n_pairs:,} held-out pairs, drawn with seed {chosen.seed}."
        if shown < found.n_pairs
        else f"All of the {counted(shown, 'held-out pair')}."
    )
    st.caption(
        f"{what} Like stands beside like by the raw vectors, in the same order in every map, so "
        "that matched pairs lie on the diagonals of the off-diagonal quadrants."
    )


def _plane(chosen: Settings, view: View) -> None:
    entry = catalogue()[view.collection]
    collections = {
        title: collection_of(View(view.collection, name)) for name, title in entry.encoders.items()
    }
    grid = [StrategyOptions(name) for name in moving_strategies()]
    plane = result_of(
        cached_plane(collections, grid, chosen.pair, seed=chosen.seed), "Placing every model"
    )
    if plane is None:
        return
    ours = {encoder_title(one): collection_of(one) for one in chosen.views}
    options = _moved(chosen)[-1]
    now = result_of(
        cached_plane(ours, [options], chosen.pair, seed=chosen.seed), "Placing what is chosen"
    )
    if now is None:
        return
    finding(plane_reading(plane), view)
    show_panels(
        plane_panels(plane, now), key="plane", view=view, columns=2, narrowest=NARROWEST_MAP
    )
    st.caption(
        f"{len(plane.points)} points: every encoder of this collection under raw cosine and every "
        "strategy that moves vectors, with its usual parameters; the ring is the sidebar's choice."
    )


def _hubs(chosen: Settings, view: View) -> None:
    options = _moved(chosen)
    adjusts = STRATEGIES[chosen.strategy].acts_on == "scores"
    if adjusts:
        options.append(chosen.options())
    work = cached_hubs(collection_of(view), options, chosen.pair, seed=chosen.seed)
    hubs = result_of(work, "Counting who is found")
    if hubs is None:
        return
    finding(hubs_reading(hubs), view)
    show_panels(hub_panels(hubs), key="hubs", view=view, columns=2)
    show_table(hubs_table(hubs))
    if adjusts:
        st.caption(
            f"{STRATEGIES[chosen.strategy].title} moves no vector: its lists hold the best "
            "adjusted scores. What keeps the order of every list, as z-norm does, keeps its hubs."
        )
    if hubs.sampled:
        st.caption("A seeded sample of 20,000 rows stands for each larger modality.")


def one_spectrum(chosen: Settings) -> None:
    """How many directions the cloud of the one modality uses, as encoded."""
    st.markdown(f"**{PARTS['spectrum'].question}**", help=PARTS["spectrum"].protocol)
    _show_spectra(chosen, chosen.view, [chosen.raw], chosen.modalities)


def _spectra(chosen: Settings, view: View) -> None:
    _show_spectra(chosen, view, _moved(chosen), chosen.pair)


def _show_spectra(
    chosen: Settings, view: View, options: list[StrategyOptions], modalities: tuple[str, ...]
) -> None:
    work = cached_spectra(collection_of(view), options, modalities)
    spectra = result_of(work, "Finding eigenvalues")
    if spectra is None:
        return
    finding(spectra_reading(spectra), view)
    show_panels(spectrum_panels(spectra, chosen.modalities), key="spectra", view=view, columns=2)
    show_table(spectra_table(spectra))


PARTS = {
    "dimensions": Part(
        "Which dimensions is the gap made of, and does it go when they go?",
        "Share of a dimension: Δd² / ‖Δ‖² of the evaluate split, raw vectors. Dimensions are "
        "removed in the order of |Δd| of the calibrate split, rows are scaled to length 1 again, "
        "then gap and recall@1 of matched pairs are taken, asked with the indexed rows (of several "
        "captions the first; Curves and the scoreboard ask with the later ones, and so differ a "
        "little); the control removes as many random dimensions. Unlike every other figure these "
        "change under a rotation of the space. "
        "Source: Schrodi et al. 2025.",
        _dimensions,
    ),
    "heat_map": Part(
        "Do the four quadrants look alike, as they would without a gap?",
        "Cosines of the first modality's rows followed by the second's, held out. The order is "
        "that of average-linkage clustering with optimal leaf ordering, by the mean of both "
        "within-modality cosines. Colours span the 1st to the 99th percentile of all maps shown.",
        _heat_map,
    ),
    "plane": Part(
        "Does a strategy bring pairs together, spread the clouds, or trade one for the other?",
        "Alignment: mean‖x − y‖² over matched pairs. Uniformity: log mean exp(−2‖a − b‖²) over "
        "both clouds pooled. Fitted on the calibrate split, measured on the evaluate split. "
        "Source: Wang & Isola 2020.",
        _plane,
        once=True,
    ),
    "hubs": Part(
        "Are a few entries found by everyone, and many by no one?",
        "k-occurrence with k = 10: in how many of the other modality's lists an entry stands; the "
        "mean is k · queries / entries. Skew: third standardised moment. Evaluate split, exact "
        "search by cosine, or by adjusted score under a strategy that adjusts scores; ties by "
        "row. Source: Radovanović et al. 2010.",
        _hubs,
        scores_too=True,
    ),
    "spectrum": Part(
        "How many directions does each cloud really use?",
        "Eigenvalues of each modality's own covariance, as shares of its variance, evaluate "
        "split. Effective rank: exp of their entropy (Roy & Vetterli 2007). Participation ratio: "
        "1 / Σ shares².",
        _spectra,
    ),
}


def _moved(chosen: Settings) -> list[StrategyOptions]:
    """Raw, and the chosen strategy where it moves vectors."""
    options = [chosen.raw]
    if STRATEGIES[chosen.strategy].acts_on == "vectors":
        options.append(chosen.options())
    return options
