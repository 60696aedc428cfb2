"""The joint tower and a dedicated encoder inside one modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.within import (
    ANALYSIS,
    FEW_ITEMS,
    FIGURES,
    encoders_of,
    has_shared_labels,
    label_names,
)
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, catalogue, encoder_title
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.page_head import finding, way_to_add, ways_on
from gapviz.dashboard.query import RESULTS, chosen_item
from gapviz.dashboard.result_list import Answer, same_label_as, show_answers
from gapviz.dashboard.sections import found_of, request_of
from gapviz.dashboard.settings import Settings, encoder_titles
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import modalities_on_offer, url_choice
from gapviz.dashboard.widgets import number_of, segments_of, select_of
from gapviz.figures.label_deltas import label_delta_alt_text, label_delta_figure
from gapviz.measures.retrieval.within import WithinComparison
from gapviz.retrieval.index import Query
from gapviz.sources.builtin.dedicated import TITLES
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.storage.read_only import is_read_only

LABELS_AT_THE_ENDS = 24

TOWERS_ALONE = {
    f"tower:{modality}": f"{title}, the {modality} tower alone"
    for modality, title in TITLES.items()
}
"""The built-in collection's single-modality vectors, beside the encoders of a collection."""


def _titles(modalities: Sequence[str]) -> dict[str, str]:
    """Modality → its title among the segments, which are Markdown."""
    return {name: in_markdown(f"{name} → {name}") for name in modalities}


MODALITY = url_choice("within", "Modality", lambda: _titles(modalities_on_offer()))
DEDICATED = url_choice(
    "dedicated",
    "Dedicated encoder",
    lambda: {**encoder_titles(), **TOWERS_ALONE},
    help="What the tower of the encoder in the sidebar is held against. It should be made for "
    "this modality alone; another joint model can stand in.",
)
FIGURE = url_choice("within_figure", "Figure", FIGURES, default="map")
LABELS = url_choice("labels", "Labels", {"ends": "Largest differences", "all": "All labels"})


def within_section(chosen: Settings) -> None:
    """Everything below the title.

    Raises:
        GapvizError: vectors that cannot be read.
    """
    view, collection = chosen.view, collection_of(chosen.view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        modality = _modality(chosen)
        dedicated = _dedicated(chosen, modality)
    if dedicated is None:
        st.info(
            in_markdown(
                f"No second encoder of this collection has {modality} vectors, so there is nothing "
                "to hold the joint tower against."
                + f" Encode the collection with another encoder, one of the {modality} modality "
                "alone if there is one, and come back." * (not is_read_only())
            ),
            icon=":material/compare_arrows:",
        )
        ways = way_to_add("Encode it with another encoder")
        if ways:
            ways_on(ways)
        return
    own = ANALYSIS.usual() | {"modality": modality, "dedicated": dedicated}
    request = request_of(chosen, view, **own)
    if dedicated not in TOWERS_ALONE:
        other = collection_of(View(view.collection, dedicated))
        request = replace(request, read_others=lambda: {dedicated: other})
    if has_shared_labels(collection):
        found = found_of(ANALYSIS.find, request, "Comparing both encoders", with_others=True)
        if found is not None:
            _figures(chosen, found)
            _labels(collection, found.result)
    else:
        st.info(
            "No two items of this collection share a label, so nothing says which items answer "
            "a query inside a modality: only the result lists can be compared.",
            icon=":material/label_off:",
        )
    _lists(chosen, request, modality)


def _modality(chosen: Settings) -> str:
    if len(chosen.modalities) == 1:
        return chosen.modalities[0]
    titles = _titles(chosen.modalities)
    modality: str = segments_of(replace(MODALITY, default=chosen.modalities[0]), titles)
    return modality


def _dedicated(chosen: Settings, modality: str) -> str | None:
    """What the chosen encoder is held against; None where there is nothing."""
    entry = catalogue()[chosen.collection]
    titles = entry.encoders_of([modality])
    del titles[chosen.encoder]
    if chosen.collection == BUILTIN:
        alone = f"tower:{modality}"
        titles = {alone: TOWERS_ALONE[alone], **titles}
    if not titles:
        return None
    # Encoders of a single modality come first: they are made for this.
    in_order = sorted(titles, key=lambda name: len(entry.modalities.get(name, ())) > 1)
    dedicated: str = select_of(DEDICATED, {name: titles[name] for name in in_order}, width=360)
    return dedicated


def _figures(chosen: Settings, found: Finding) -> None:
    for reading in found.readings:
        finding(f"**{in_markdown(reading)}**", chosen.view)
    heads = {
        "joint": {"title": encoder_title(chosen.view), "detail": "joint tower"},
        "dedicated": {"title": found.figures["dedicated_title"], "detail": "dedicated"},
        "difference": {"title": "difference", "detail": "above 0: dedicated better"},
    }
    table = found.tables[0]
    columns = [replace(one, **heads.get(one.key, {})) for one in table.columns]
    show_table(replace(table, columns=columns))
    alone = " The tower alone is what the built-in encoder's trained head stands on."
    st.caption(
        in_markdown(found.protocol) + alone * (found.figures["dedicated_encoder"] in TOWERS_ALONE)
    )


def _labels(collection: Collection, comparison: WithinComparison) -> None:
    st.subheader("By label", anchor=False)
    parts, names = comparison.by_label, label_names(collection)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = segments_of(FIGURE)
        shown = segments_of(LABELS) if len(parts) > LABELS_AT_THE_ENDS else "all"
    most = None if shown == "all" else LABELS_AT_THE_ENDS
    chart = label_delta_figure(parts, names, figure, most=most)
    alt = label_delta_alt_text(parts, names, figure)
    show_chart(chart, "label_deltas", alt, without=["toImage"])
    n_few = sum(part.n_items < FEW_ITEMS for part in parts)
    st.caption(
        f"In brackets: held-out items of the label. Hollow: fewer than {FEW_ITEMS}, "
        f"{n_few} of the {len(parts)} labels; their intervals say little. Among so many intervals "
        "one in twenty misses 0 by chance alone. Items ask by label, but search among all."
    )


def _lists(chosen: Settings, request: Request, modality: str) -> None:
    st.subheader("One query through both", anchor=False)
    collection = request.collection
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        item_id = chosen_item(collection)
    with right:
        k = int(number_of(RESULTS))
    if item_id is None:
        return
    item = collection.position[item_id]
    _, title, joint, dedicated = encoders_of(request, modality)
    if item not in joint.items:
        words = f"This item has no {modality} vectors of both encoders: choose another."
        st.info(in_markdown(words))
        return
    same = same_label_as(collection, item)
    which = "a" if collection.items[item].other_labels else "the"
    query = Query(joint.of(np.array([item])).vectors[0], modality, None)
    lists = []
    for role, encoder, rows in (
        ("Joint tower", encoder_title(chosen.view), joint),
        ("Dedicated", title, dedicated),
    ):
        found = rows.neighbours(item, k)
        right_ones = sum(hit.item in same for hit in found.hits)
        words = f" · {right_ones} of {len(found.hits)} share {which} label" if same else ""
        head = [f"**{in_markdown(encoder)}**{words}"]
        lists.append(Answer(chosen.view, query, found, f"#### {role}", captions=head))
    show_answers(lists, bias=False, same_label=same)
    told = in_markdown(", ".join(collection.items[item].labels))
    label_words = f"Label{'s' * (which == 'a')} of the query: {told}. " if same else ""
    st.caption(
        f"{label_words}Searched: all items that both encoders saw, those of the training split "
        "among them; the figures above are of held-out items alone. Cosines of two encoders "
        "cannot be compared, only their order can."
    )
