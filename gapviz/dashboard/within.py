"""The page of failure mode two: the joint tower and a dedicated encoder inside one modality."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from gapviz.analyses.within import (
    FEW_ITEMS,
    ItemRows,
    compare_modality,
    delta_reading,
    has_shared_labels,
    item_rows,
    label_names,
    shared,
)
from gapviz.core.collection import Collection
from gapviz.dashboard.caches import cached_within, collection_of
from gapviz.dashboard.cards import estimate_cell, html_table
from gapviz.dashboard.catalogue import BUILTIN, View, catalogue, encoder_title
from gapviz.dashboard.links import (
    LABELS_SHOWN,
    MAX_RESULTS,
    MIN_RESULTS,
    TOWERS_ALONE,
    within_title,
)
from gapviz.dashboard.page_head import finding, ways_on
from gapviz.dashboard.query import chosen_item
from gapviz.dashboard.result_list import hit_cards
from gapviz.dashboard.settings import Settings
from gapviz.figures.label_deltas import FIGURES, label_delta_alt_text, label_delta_figure
from gapviz.measures.retrieval.within import WithinComparison
from gapviz.sources.builtin import dedicated_vectors

LABELS_AT_THE_ENDS = 24


@dataclass(frozen=True, slots=True)
class _Contest:
    """Two encoders of one collection inside one modality."""

    view: View
    dedicated: str
    """An encoder of the collection, or one of `TOWERS_ALONE`."""
    modality: str

    @property
    def titles(self) -> tuple[str, str]:
        if self.dedicated in TOWERS_ALONE:
            return encoder_title(self.view), dedicated_vectors(self.modality).title
        other = View(self.view.collection, self.dedicated)
        return encoder_title(self.view), encoder_title(other)


def within_section(chosen: Settings) -> None:
    """Everything below the title.

    Raises:
        GapvizError: vectors that cannot be read.
    """
    collection = collection_of(chosen.view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        modality = _modality(chosen)
        dedicated = _dedicated(chosen, modality)
    if dedicated is None:
        st.info(
            f"No second encoder of this collection has {modality} vectors, so there is nothing "
            "to hold the joint tower against. Encode the collection with another encoder, one of "
            f"the {modality} modality alone if there is one, and come back.",
            icon=":material/compare_arrows:",
        )
        ways_on({"data": "Encode it with another encoder"})
        return
    contest = _Contest(chosen.view, dedicated, modality)
    if has_shared_labels(collection):
        comparison = _compared(contest, chosen.seed)
        _figures(contest, comparison)
        _labels(collection, comparison)
    else:
        st.info(
            "No two items of this collection share a label, so nothing says which items answer "
            "a query inside a modality: only the result lists can be compared.",
            icon=":material/label_off:",
        )
    _grids(chosen, contest, collection)


def _modality(chosen: Settings) -> str:
    if len(chosen.modalities) == 1:
        return chosen.modalities[0]
    modality = st.segmented_control(
        "Modality",
        chosen.modalities,
        default=chosen.modalities[0],
        format_func=within_title,
        key="within",
        bind="query-params",
        required=True,
    )
    return modality or chosen.modalities[0]


def _dedicated(chosen: Settings, modality: str) -> str | None:
    """What the chosen encoder is held against; None where there is nothing."""
    entry = catalogue()[chosen.collection]
    titles = {
        name: title
        for name, title in entry.encoders.items()
        if name != chosen.encoder and modality in entry.modalities[name]
    }
    if chosen.collection == BUILTIN:
        alone = f"tower:{modality}"
        titles = {alone: TOWERS_ALONE[alone], **titles}
    if not titles:
        return None
    # One modality alone first: that is what such an encoder is for.
    in_order = sorted(titles, key=lambda name: len(entry.modalities.get(name, ())) > 1)
    return st.selectbox(
        "Dedicated encoder",
        in_order,
        format_func=lambda name: titles[name],
        key="dedicated",
        bind="query-params",
        width=360,
        help="What the tower of the encoder in the sidebar is held against. It should be made "
        "for this modality alone; another joint model can stand in.",
    )


@cached_within(256)
def _rows(view: View, encoder: str, modality: str) -> ItemRows:
    if encoder in TOWERS_ALONE:
        vectors = dedicated_vectors(modality).vectors
        return ItemRows(modality, np.arange(len(vectors), dtype=np.int64), vectors)
    return item_rows(collection_of(View(view.collection, encoder)), modality)


def _both(contest: _Contest) -> tuple[ItemRows, ItemRows]:
    joint = _rows(contest.view, contest.view.encoder, contest.modality)
    return shared(joint, _rows(contest.view, contest.dedicated, contest.modality))


@cached_within(64)
def _compared(contest: _Contest, seed: int) -> WithinComparison:
    return compare_modality(collection_of(contest.view), *_both(contest), seed=seed)


def _figures(contest: _Contest, comparison: WithinComparison) -> None:
    joint, dedicated = map(escape, contest.titles)
    head = [
        "figure",
        f"{joint}<br><small>joint tower · higher</small>",
        f"{dedicated}<br><small>dedicated · higher</small>",
        "difference<br><small>above 0: dedicated better</small>",
    ]
    rows = [
        [
            f"R@{k}",
            estimate_cell(comparison.joint.recall[k]),
            estimate_cell(comparison.dedicated.recall[k]),
            estimate_cell(delta, signed=True),
        ]
        for k, delta in comparison.delta.recall.items()
    ]
    precision = comparison.delta.mean_average_precision
    rows.append(
        [
            "mAP",
            estimate_cell(comparison.joint.mean_average_precision),
            estimate_cell(comparison.dedicated.mean_average_precision),
            estimate_cell(precision, signed=True),
        ]
    )
    finding(f"**{delta_reading(precision, 'mAP')}**", contest.view)
    st.html(html_table(head, rows))
    st.caption(
        f"Indexed: one {contest.modality} vector of each of the {comparison.n_items:,} held-out "
        f"items (evaluate split). Asking: the {comparison.n_queries:,} of them that share their "
        "label with another. Left out: the query itself. Relevant: items of its label. R@k: share "
        "of queries with a relevant item in the first k. mAP: mean precision at the ranks of all "
        "relevant items. Ties: the mean over all orders of equal scores. Small figures: 95 % "
        "bootstrap interval over items; of the difference, paired."
        + (
            " The tower alone is what the built-in encoder's trained head stands on."
            if contest.dedicated in TOWERS_ALONE
            else ""
        )
    )


def _labels(collection: Collection, comparison: WithinComparison) -> None:
    st.subheader("By label", anchor=False)
    parts, names = comparison.by_label, label_names(collection)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = st.segmented_control(
            "Figure",
            list(FIGURES),
            default="map",
            format_func=lambda name: FIGURES[name],
            key="within_figure",
            bind="query-params",
            required=True,
        )
        shown: str | None = "all"
        if len(parts) > LABELS_AT_THE_ENDS:
            shown = st.segmented_control(
                "Labels",
                list(LABELS_SHOWN),
                default="ends",
                format_func=lambda name: LABELS_SHOWN[name],
                key="labels",
                bind="query-params",
                required=True,
            )
    most = None if shown == "all" else LABELS_AT_THE_ENDS
    st.plotly_chart(
        label_delta_figure(parts, names, figure or "map", most=most),
        key="label_deltas",
        config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage"]},
        alt=label_delta_alt_text(parts, names, figure or "map"),
    )
    n_few = sum(part.n_items < FEW_ITEMS for part in parts)
    st.caption(
        f"In brackets: held-out items of the label. Hollow: fewer than {FEW_ITEMS}, "
        f"{n_few} of the {len(parts)} labels; their intervals say little. Among so many intervals "
        "one in twenty keeps off 0 by chance. Items ask by label, but search among all."
    )


def _grids(chosen: Settings, contest: _Contest, collection: Collection) -> None:
    st.subheader("One query through both", anchor=False)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        item_id = chosen_item(collection)
    with right:
        k = st.slider("Results", MIN_RESULTS, MAX_RESULTS, 8, key="results", bind="query-params")
    if item_id is None:
        return
    item = collection.position[item_id]
    joint, dedicated = _both(contest)
    if joint.row(item) is None:
        st.info(f"This item has no {contest.modality} vectors of both encoders: choose another.")
        return
    label = collection.labels[item]
    same = set(np.flatnonzero(collection.labels == label).tolist()) if label >= 0 else set()
    answers = [rows.neighbours(item, k) for rows in (joint, dedicated)]
    found = [{hit.item for hit in answer.hits} for answer in answers]
    names = zip(("Joint tower", "Dedicated"), contest.titles, strict=True)
    for place, (role, title), answer, elsewhere in zip(
        st.columns(2), names, answers, reversed(found), strict=True
    ):
        with place:
            st.markdown(f"#### {role}")
            right_ones = sum(hit.item in same for hit in answer.hits)
            words = f" · {right_ones} of {len(answer.hits)} share the label" if same else ""
            st.caption(f"**{title}**{words}")
            st.html(
                hit_cards(
                    answer.hits,
                    collection,
                    chosen.collection,
                    asked_with=contest.modality,
                    only_here={hit.row for hit in answer.hits if hit.item not in elsewhere},
                    same_label=same,
                )
            )
    label_words = f"Label of the query: {collection.items[item].label}. " if same else ""
    st.caption(
        f"{label_words}Searched: all items that both encoders saw, those of the training split "
        "among them; the figures above are of held-out items alone. Cosines of two encoders "
        "cannot be compared, only their order can."
    )
