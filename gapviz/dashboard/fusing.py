"""One item's two lists, merged by bare score and by rank, side by side."""

from __future__ import annotations

import streamlit as st

from gapviz.analyses.thresholds.analysis import fusion_comparison_reading
from gapviz.dashboard.answers import show_bias, show_hits
from gapviz.dashboard.caches import index_of
from gapviz.dashboard.query import ask_with_item
from gapviz.dashboard.settings import Settings
from gapviz.retrieval.compare import compare_fusions
from gapviz.retrieval.index import ResultList

SHOWN = 8


def fusion_section(chosen: Settings) -> None:
    """Naive score fusion against rank fusion for one item of the collection.

    Raises:
        GapvizError: an item without a vector of the modality to ask with.
    """
    st.subheader("Merged by bare score, and by rank", anchor=False)
    asked = ask_with_item(chosen)
    if asked is None:
        return
    for view, query in asked.items():
        comparison = compare_fusions(
            index_of(view, chosen.raw),
            index_of(view, chosen.routing),
            query,
            SHOWN,
        )
        st.markdown(fusion_comparison_reading(comparison))
        lists: tuple[tuple[str, ResultList, tuple[int, ...], str], ...] = (
            ("By bare cosine", comparison.naive, comparison.only_naive, "cosine"),
            (
                f"By rank, k = {chosen.routing.value('rrf_k'):g}",
                comparison.by_rank,
                comparison.only_by_rank,
                "fused",
            ),
        )
        for place, (title, answer, only, score) in zip(st.columns(2), lists, strict=True):
            with place:
                st.markdown(f"#### {title}")
                show_bias(view, answer, query)
                show_hits(view, answer, query, score_name=score, only_here=only)
    st.caption(
        "Over all items of the collection, the query's own entry left out. Bare score: the lists "
        "of both modalities in one, by cosine. By rank: Σ weight / (k + rank), as set under "
        "Routing. Marked: the match, and what the other list does not show."
    )
