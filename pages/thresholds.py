"""How pairs score by their type, and why one threshold does not serve all of them."""

import streamlit as st

from gapviz.core.foreign import in_markdown
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.matches import match_choices, match_section
from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.sections import how_computed
from gapviz.dashboard.thresholds import (
    PROTOCOL,
    calibrated_section,
    distributions,
    fusion_section,
    query_modality_of,
    scored,
    target_choice,
    threshold_sliders,
    transfer_section,
)

chosen = open_page(
    "Thresholds, by pair type",
    "A cosine means one thing between two modalities and another within one. Do the "
    "distributions lie over each other, and does a threshold of one serve the others?",
    needs_two="Thresholds are held against each other within and between two modalities.",
)
how_computed(PROTOCOL)
query_modality = query_modality_of(chosen)
thresholds = target = matching = None
for view in chosen.views:
    if chosen.compare:
        st.header(in_markdown(encoder_title(view)), anchor=False)
    with errors_shown():
        studies = scored(chosen, view, query_modality)
        if studies is None:
            continue
        if thresholds is None:
            thresholds = threshold_sliders(studies)
        distributions(chosen, view, studies, thresholds)
        transfer_section(view, studies)
        st.subheader("A threshold of its own for each pair type", anchor=False)
        *_, study = studies.values()
        st.caption(f"For {study.strategy}, fitted on the calibrate split.")
        if target is None:
            target = target_choice()
        calibrated_section(view, study, *target)
        st.subheader("Is this a match?", anchor=False)
        if matching is None:
            matching = match_choices()
        match_section(chosen, view, *matching)
fusion_section(chosen)
