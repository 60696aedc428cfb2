"""What one query gets, on any page: its result list, and the share of its own modality."""

from __future__ import annotations

from collections.abc import Collection as Members

import numpy as np
import streamlit as st

from gapviz.core.collection import Collection
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.result_list import bias_bar, hit_cards
from gapviz.retrieval.index import Query, ResultList


def show_bias(view: View, answer: ResultList, query: Query) -> None:
    """Share of the query's modality among the results, against its share of the index."""
    modalities = collection_of(view).modality_names
    st.html(bias_bar(answer, query.modality, modalities))


def show_hits(
    view: View,
    answer: ResultList,
    query: Query,
    *,
    score_name: str = "cosine",
    only_here: Members[int] = (),
    same_label: Members[int] = (),
) -> None:
    """The results as cards, best first.

    Args:
        view: whose items they are.
        answer: what the query got.
        query: what asked.
        score_name: what the scores are.
        only_here: rows that no list beside this one shows.
        same_label: items that count as right answers besides the match.
    """
    st.html(
        hit_cards(
            answer.hits,
            collection_of(view),
            view.collection,
            asked_with=query.modality,
            match=query.item,
            score_name=score_name,
            only_here=only_here,
            same_label=same_label,
        )
    )


def same_label_as(collection: Collection, item: int | None) -> set[int]:
    """Positions of the items that share the label of one; none where it has no label."""
    if item is None or collection.labels[item] < 0:
        return set()
    return set(np.flatnonzero(collection.labels == collection.labels[item]).tolist())
