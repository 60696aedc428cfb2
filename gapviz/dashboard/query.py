"""What is searched for: a typed text, an item or a judged query of the collection, or a picture."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st
from PIL.Image import Image

from gapviz.analyses.judged_answer import query_of_evaluation
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.item import Item
from gapviz.core.parameter import Parameter
from gapviz.core.vectors import Float32
from gapviz.dashboard.caches import cached_within, collection_of, encoder_named, items_of
from gapviz.dashboard.catalogue import View, catalogue, encoder_title, live_encoder
from gapviz.dashboard.judged_query import can_ask_judged, chosen_query
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.url_params import free_parameter, url_choice, url_modality, url_parameter
from gapviz.dashboard.widgets import modality_of, segments_of, select_of
from gapviz.encoders.base import Encoder
from gapviz.retrieval.index import Query
from gapviz.retrieval.queries import (
    KnownPicture,
    asks_differently,
    caption_query,
    item_query,
    known_picture,
)
from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.images.decoding import decode_image, over_white
from gapviz.sources.images.references import thumbnail_png
from gapviz.storage.read_only import is_read_only

if TYPE_CHECKING:
    import pyarrow as pa

# A second caption, so that it is no entry of the index: raw cosine misses its picture.
FIRST_QUERY = {BUILTIN: "pedestrian"}
MOST_OPTIONS = 1_000
"""Items in one list to choose from; a larger collection is filtered first."""
MOST_MEGABYTES = 10
WITHOUT_MODEL = (
    ":material/info: These vectors came without the model that made them, so nothing new can be "
    "encoded: what searches is what the collection holds."
)

_titles: WeakKeyDictionary[Collection, pa.Array] = WeakKeyDictionary()
"""`(n_items,)` titles of the items of a large collection."""


def item_title(item: Item) -> str:
    """An item in a list to choose from: its caption and its id."""
    return f"{item.captions[0]} · {item.id}" if item.captions else item.id


def _items_of_the_link() -> dict[str, str]:
    """Id → title of the items of the collection that the link itself names."""
    asked = st.query_params.get("collection", BUILTIN)
    by_title = {entry.title: name for name, entry in catalogue().items()}
    try:
        return {item.id: item_title(item) for item in items_of(by_title.get(asked, asked)).items}
    except GapvizError:
        return {}


QUERY_BY = url_choice(
    "query_by",
    "Search with",
    {
        "judged": "Judged query",
        "text": "Typed text",
        "item": "Item of the collection",
        "picture": "Your image",
    },
    default="text",
)
TEXT = free_parameter("q")
ITEM = url_choice("item", "Item", _items_of_the_link)
RESULTS = url_parameter(Parameter("results", "Results", "count", 10, "", low=4, high=20, step=1))
QUERY_MODALITY = url_modality(
    "query_modality", "Ask with", help="Modality of the queries.", usually_last=True
)
ITEM_MODALITY = url_modality("item_modality", "Ask with its")


Queries = dict[View, Query]


def ask(chosen: Settings) -> Queries | None:
    """Draw the query controls; None while there is nothing to search for.

    Returns:
        The query as each of `chosen.views` made a vector of it.

    Raises:
        GapvizError: a text or a picture that cannot be encoded.
    """
    # Vectors without their model leave captions and items.
    live = all(live_encoder(view) for view in chosen.views)
    captions = bool(_some_caption(chosen.view))
    offered = {
        "judged": can_ask_judged(chosen, live),
        "text": "text" in chosen.modalities and (live or captions),
        "item": True,
        # It would have to be uploaded.
        "picture": "image" in chosen.modalities and live and not is_read_only(),
    }
    kinds = {kind: QUERY_BY.choices[kind] for kind, there in offered.items() if there}
    ways = {
        "item": ask_with_item,
        "picture": _picture_query,
        "judged": _judged_query,
        "text": _text_query,
    }
    kind = next(iter(kinds))
    if not live:
        st.caption(WITHOUT_MODEL)
    if len(kinds) == 1:
        return ways[kind](chosen)
    with st.container(horizontal=True):
        kind = segments_of(replace(QUERY_BY, default=kind), kinds, width="content")
        beside = st.container()
    # One field stands beside the choice; several need a line of their own.
    with beside if kind == "text" else st.container():
        return ways[kind](chosen)


def _text_query(chosen: Settings) -> Queries | None:
    text = st.text_input(
        "Text",
        FIRST_QUERY.get(chosen.collection, _some_caption(chosen.view)),
        key=TEXT,
        bind="query-params",
        max_chars=2_000,
        placeholder="type what to look for",
        icon=":material/search:",
    ).strip()
    if not text:
        st.info("Type a text to search for.", icon=":material/keyboard:")
        return None
    return {view: _text_vector(view, text) for view in chosen.views}


def _text_vector(view: View, text: str) -> Query:
    collection = collection_of(view)
    known, encoder = caption_query(collection, text), live_encoder(view)
    if known is not None and not (encoder and asks_differently(collection, text)):
        return known
    if encoder is None:
        raise GapvizError(
            f"“{text[:80]}” is no caption of this collection, and its vectors came without the "
            "model that made them",
            where=encoder_title(view),
            hint="type a caption as it stands, or search with an item",
        )
    vector = _encoded_text(encoder, text, _query_prompt(collection))
    return Query(vector, "text") if known is None else replace(known, vector=vector)


def _query_prompt(collection: Collection) -> str | None:
    """What stood before queries when it was encoded; None where nothing sets them apart."""
    record = collection.encoder_record
    return record.query_prompt if record.asks_apart else None


@cached_within(1)
def _some_caption(view: View) -> str:
    """A caption that only asks, where there is one."""
    collection = collection_of(view)
    several = (item.captions[-1] for item in collection.items if len(item.captions) > 1)
    single = (item.captions[0] for item in collection.items if item.captions)
    return next(several, next(single, ""))


def ask_with_item(chosen: Settings) -> Queries | None:
    """Draw the choice of an item; None while none is chosen.

    Raises:
        GapvizError: the item has no vector of the modality to ask with.
    """
    collection = collection_of(chosen.view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container():
            item_id = chosen_item(collection)
        if item_id is None:
            return None
        position = collection.position[item_id]
        item = collection.items[position]
        modality = modality_of(ITEM_MODALITY, chosen.modalities, width="content")
        if item.image is not None:
            st.image(thumbnail_png(item.image, collection.root, 96), width=64, alt="")
    return {view: item_query(collection_of(view), position, modality) for view in chosen.views}


def chosen_item(collection: Collection) -> str | None:
    """The id of an item to search with; None where the filter leaves none."""
    shown = collection.items
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(shown) > MOST_OPTIONS:
            words = st.text_input(
                f"Find one of {len(shown):,} items", key="item_filter", placeholder="caption or id"
            )
            found = items_having(collection, words, st.query_params.get(ITEM.name))
            shown = tuple(shown[place] for place in found)
        item: str | None = select_of(
            ITEM,
            {item.id: item_title(item) for item in shown},
            filter_mode="contains",
            placeholder="no item matches",
        )
    return item


def items_having(collection: Collection, words: str, wanted: str | None) -> list[int]:
    """Positions of the first items whose title holds some words, rising, at most `MOST_OPTIONS`.

    Args:
        collection: whose titles are made once.
        words: in whatever case; none for all items.
        wanted: title of one that is among them in any case.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    titles = _titles.get(collection)
    if titles is None:
        # Names of files may hold bytes that are no characters.
        made = (item_title(item).encode(errors="replace") for item in collection.items)
        titles = _titles[collection] = pa.array(made, pa.string())
    found = list(range(MOST_OPTIONS))
    if words:
        held = pc.match_substring(titles, words, ignore_case=True)
        found = np.flatnonzero(held.to_numpy(zero_copy_only=False))[:MOST_OPTIONS].tolist()
    place = -1 if wanted is None else pc.index(titles, wanted).as_py()
    return found if place < 0 or place in found else sorted([*found[: MOST_OPTIONS - 1], place])


def _picture_query(chosen: Settings) -> Queries | None:
    upload = st.file_uploader(
        "Your image",
        key="picture",
        max_upload_size=MOST_MEGABYTES,
        help="It stays on this machine, in memory, until you leave.",
    )
    if upload is None:
        words = "Drop an image to search with."
        if chosen.collection in SHIPPED_COLLECTIONS:
            words += " A drawing works best: the built-in encoder's heads have seen drawings."
        st.info(words, icon=":material/image:")
        return None
    # Not every mode can be shown; 16-bit greys cannot.
    image = over_white(decode_image(upload.getvalue(), where=upload.name))
    asked, known = {}, None
    for view in chosen.views:
        with st.spinner("Loading the encoder …"):
            vector = _picture_vector(view, image)
        found = known_picture(collection_of(view), image, vector)
        known = known or found
        asked[view] = Query(vector, "image", None if found is None else found.item)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(image, width=64, alt="the image you dropped")
        st.markdown(_recognised(collection_of(chosen.view), known))
    return asked


def _recognised(collection: Collection, known: KnownPicture | None) -> str:
    """Whose picture was dropped, in Markdown."""
    if known is None:
        return "Not a picture of this collection, so that no right answer is known."
    title = in_markdown(item_title(collection.items[known.item]))
    return (
        f":material/check: Recognised {known.words}: **{title}**. Its own entry is left out, and "
        "what belongs to it is the right answer."
    )


def _judged_query(chosen: Settings) -> Queries | None:
    query_id = chosen_query(chosen)
    if query_id is None:
        return None
    return {view: _with_vector(view, query_id) for view in chosen.views}


def _with_vector(view: View, query_id: str) -> Query:
    return query_of_evaluation(
        collection_of(view),
        query_id,
        lambda text: _text_vector(view, text).vector,
        partial(_picture_vector, view) if live_encoder(view) else None,
    )


def _picture_vector(view: View, image: Image) -> Float32:
    asking = _picture_encoder(view).for_queries(_query_prompt(collection_of(view)))
    vector: Float32 = asking.encode_images([image])[0]
    return vector


def _picture_encoder(view: View) -> Encoder:
    encoder = encoder_named(live_encoder(view) or view.encoder)
    if not isinstance(encoder, Encoder):
        raise GapvizError(
            "encodes texts alone", where=encoder_title(view), hint="search with an item instead"
        )
    return encoder


@st.cache_data(max_entries=256, show_spinner="Encoding the text …")
def _encoded_text(encoder: str, text: str, prompt: str | None) -> Float32:
    vector: Float32 = encoder_named(encoder).for_queries(prompt).encode_texts([text])[0]
    return vector
