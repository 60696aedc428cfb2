"""What is searched for: a typed text, an item of the collection, or a picture dropped in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32
from gapviz.dashboard.caches import collection_of, encoder_named
from gapviz.dashboard.catalogue import BUILTIN, View, encoder_title, live_encoder
from gapviz.dashboard.links import QUERY_KINDS, item_title
from gapviz.dashboard.settings import Settings
from gapviz.retrieval.index import Query
from gapviz.retrieval.queries import caption_query, item_query
from gapviz.sources.images import decode_image, over_white, thumbnail_png

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

# A second caption, so that it is no entry of the index: raw cosine misses its picture.
FIRST_QUERY = {BUILTIN: "pedestrian"}
MOST_OPTIONS = 1_000
MOST_MEGABYTES = 10
"""Items in one list to choose from; a larger collection is filtered first."""


Queries = dict[View, Query]


def ask(chosen: Settings) -> Queries | None:
    """Draw the query controls; None while there is nothing to search for.

    Returns:
        The query as each of `chosen.views` made a vector of it.

    Raises:
        GapvizError: a text or a picture that cannot be encoded.
    """
    kinds = _kinds(chosen)
    kind = st.segmented_control(
        "Search with",
        kinds,
        default=kinds[0],
        format_func=lambda name: QUERY_KINDS[name],
        key="query_by",
        bind="query-params",
        required=True,
    )
    if kind == "item":
        return ask_with_item(chosen)
    if kind == "picture":
        return _picture_query(chosen)
    return _text_query(chosen)


def _kinds(chosen: Settings) -> list[str]:
    """What can be searched with: vectors without their model leave captions and items."""
    live = all(live_encoder(view) for view in chosen.views)
    captions = any(item.captions for item in collection_of(chosen.view).items)
    kinds = ["text"] if "text" in chosen.modalities and (live or captions) else []
    kinds.append("item")
    return [*kinds, "picture"] if live and "image" in chosen.modalities else kinds


def _text_query(chosen: Settings) -> Queries | None:
    collection = collection_of(chosen.view)
    text = st.text_input(
        "Text",
        FIRST_QUERY.get(chosen.collection, _some_caption(collection)),
        key="q",
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
    known = caption_query(collection, text)
    if known is not None:
        return known
    encoder = live_encoder(view)
    if encoder is None:
        raise GapvizError(
            f"“{text[:80]}” is no caption of this collection, and its vectors came without the "
            "model that made them",
            where=encoder_title(view),
            hint="type a caption as it stands, or search with an item",
        )
    return Query(_encoded_text(encoder, text), "text")


def _some_caption(collection: Collection) -> str:
    """A caption that only asks, where there is one."""
    several = (item.captions[-1] for item in collection.items if len(item.captions) > 1)
    single = (item.captions[0] for item in collection.items if item.captions)
    return next(several, next(single, ""))


def ask_with_item(chosen: Settings) -> Queries | None:
    """Draw the choice of an item; None while none is chosen.

    Raises:
        GapvizError: the item has no vector of the modality to ask with.
    """
    collection = collection_of(chosen.view)
    left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    with left:
        item_id = chosen_item(collection)
    if item_id is None:
        return None
    position = collection.position[item_id]
    item = collection.items[position]
    with middle:
        modality = st.segmented_control(
            "Ask with its",
            chosen.modalities,
            default=chosen.modalities[0],
            key="item_modality",
            bind="query-params",
            required=True,
        )
    with right:
        if item.image is not None:
            st.image(thumbnail_png(item.image, collection.root, 96), width=64, alt="")
    asked = modality or chosen.modalities[0]
    return {view: item_query(collection_of(view), position, asked) for view in chosen.views}


def chosen_item(collection: Collection) -> str | None:
    """The id of an item to search with; None where the filter leaves none."""
    shown = list(collection.items)
    if len(shown) > MOST_OPTIONS:
        words = st.text_input(
            f"Find one of {len(shown):,} items", key="item_filter", placeholder="caption or id"
        )
        wanted = st.query_params.get("item")
        shown = [
            item
            for item in shown
            if words.casefold() in item_title(item).casefold() or item_title(item) == wanted
        ][:MOST_OPTIONS]
    return st.selectbox(
        "Item",
        [item.id for item in shown],
        format_func=lambda name: item_title(collection.items[collection.position[name]]),
        key="item",
        bind="query-params",
        filter_mode="contains",
        placeholder="no item matches",
    )


def _picture_query(chosen: Settings) -> Queries | None:
    upload = st.file_uploader(
        "Your image",
        key="picture",
        max_upload_size=MOST_MEGABYTES,
        help="It stays on this machine, in memory, until you leave.",
    )
    if upload is None:
        words = "Drop an image to search with."
        if chosen.collection == BUILTIN:
            words += " A drawing works best: the built-in encoder's heads have seen drawings."
        st.info(words, icon=":material/image:")
        return None
    image = _opened(upload)
    st.image(image, width=96, alt="the image you dropped")
    return {view: Query(_encoded_image(view, image), "image") for view in chosen.views}


def _opened(upload: UploadedFile) -> Image.Image:
    # Not every mode can be shown; 16-bit greys cannot.
    return over_white(decode_image(upload.getvalue(), where=upload.name))


@st.cache_data(max_entries=256, show_spinner="Encoding the text …")
def _encoded_text(encoder: str, text: str) -> Float32:
    vector: Float32 = encoder_named(encoder).encode_texts([text])[0]
    return vector


def _encoded_image(view: View, image: Image.Image) -> Float32:
    with st.spinner("Loading the encoder …"):
        loaded = encoder_named(live_encoder(view) or view.encoder)
    vector: Float32 = loaded.encode_images([image])[0]
    return vector
