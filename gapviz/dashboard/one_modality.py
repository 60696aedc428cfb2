"""The figures of one cloud, where the chosen vectors are of a single modality."""

from __future__ import annotations

import streamlit as st

from gapviz.analyses.one_cloud import OneCloud, cloud_reading, study_cloud
from gapviz.core.wording import counted, figure
from gapviz.dashboard.caches import cached_within, collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.settings import Settings
from gapviz.measures.diagnostics import DIAGNOSTICS


def cloud_cards(chosen: Settings) -> None:
    """The figures of one cloud: its cone, its centre, its spread."""
    one = _cloud(chosen.view, chosen.modalities[0])
    cards = [
        (
            f"Mean cosine of two {one.modality}s",
            figure(one.cloud.cone),
            f"{DIAGNOSTICS['cone_x'].reading}\n\n$${DIAGNOSTICS['cone_x'].formula}$$",
        ),
        (
            "Length of the centroid ‖μ‖",
            figure(one.cloud.mean_norm),
            "0: the vectors point every way; 1: all point the same way.\n\n"
            r"$$\lVert\tfrac1n\textstyle\sum x_i\rVert$$",
        ),
        (
            "Mean distance to it",
            figure(one.cloud.mean_distance),
            "The spread of the cloud, 0 to 1 and a little over: 0 is one point.\n\n"
            r"$$\overline{\lVert x-\mu\rVert}$$",
        ),
        (
            f"Effective rank, of {one.dim}",
            figure(one.spectrum.effective_rank, 1),
            "How many directions the cloud really uses; higher is wider. Exp of the entropy of "
            "its covariance's eigenvalues, as shares (Roy & Vetterli 2007).",
        ),
    ]
    with st.grid(4, min_column_width=190, gap="small"):
        for title, value, help_text in cards:
            st.metric(title, value, help=help_text, border=True, height="stretch")


def cloud_words(chosen: Settings) -> str:
    """The reading of those figures, and what they were measured on; Markdown."""
    one = _cloud(chosen.view, chosen.modalities[0])
    held_out = counted(one.n_items, "held-out item")
    return f"{cloud_reading(one)} Measured on the {held_out} of the evaluate split."


@cached_within(64)
def _cloud(view: View, modality: str) -> OneCloud:
    return study_cloud(collection_of(view), modality)
