"""What is searched for: a typed text, an item of the collection, or a picture dropped in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from gapviz.collection import Collection
from gapviz.dashboard.caches import collection_named, encoder_named
from gapviz.dashboard.catalogue import thumbnail
from gapviz.dashboard.settings import QUERY_KINDS, Settings, item_title
from gapviz.encoders import Encoder
from gapviz.encoders.pixels import over_white
from gapviz.errors import GapvizError
from gapviz.images import decode_image
from gapviz.vectors import Float32

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

# A second caption, so that it is no entry of the index: raw cosine misses its picture.
FIRST_QUERY = "pedestrian"


@dataclass(frozen=True, eq=False)
class Query:
    """One query, encoded but not yet moved by a strategy."""

    vector: Float32
    """`(dim,)`, a unit row."""
    modality: str
    words: str
    """What was asked, for the screen."""
    item: int | None
    """Position of the item that is the right answer, where one is known."""
    leave_out_own: bool
    """True where the query is an entry of the index, which must not find itself."""


def ask(chosen: Settings) -> Query | None:
    """Draw the query controls; None while there is nothing to search for.

    Raises:
        GapvizError: a text or a picture that cannot be encoded.
    """
    kind = st.segmented_control(
        "Search with",
        list(QUERY_KINDS),
        default="text",
        format_func=lambda name: QUERY_KINDS[name],
        key="query_by",
        bind="query-params",
        required=True,
    )
    if kind == "item":
        return _item_query(chosen)
    if kind == "picture":
        return _picture_query(chosen)
    return _text_query(chosen)


def _text_query(chosen: Settings) -> Query | None:
    text = st.text_input(
        "Text",
        FIRST_QUERY,
        key="q",
        bind="query-params",
        max_chars=2_000,
        placeholder="type what to look for",
        icon=":material/search:",
    ).strip()
    if not text:
        st.info("Type a text to search for.", icon=":material/keyboard:")
        return None
    collection = collection_named(chosen.collection)
    known = _caption_row(collection, text)
    if known is not None:
        row, item = known
        vector = collection.modality("text").vectors[row]
        return Query(vector, "text", f"“{text}”", item, leave_out_own=False)
    return Query(
        _encoded_text(chosen.encoder, text), "text", f"“{text}”", None, leave_out_own=False
    )


def _item_query(chosen: Settings) -> Query | None:
    collection = collection_named(chosen.collection)
    ids = [item.id for item in collection.items]
    left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    with left:
        item_id = st.selectbox(
            "Item",
            ids,
            format_func=lambda name: item_title(collection.items[collection.position[name]]),
            key="item",
            bind="query-params",
            filter_mode="contains",
        )
    if item_id is None:
        return None
    position = collection.position[item_id]
    with middle:
        modality = st.segmented_control(
            "Ask with its",
            collection.modality_names,
            default=collection.modality_names[0],
            key="item_modality",
            bind="query-params",
            required=True,
        )
    with right:
        picture = thumbnail(collection.items[position], 96)
        if picture is not None:
            st.image(picture, width=64, alt="")
    asked = modality or collection.modality_names[0]
    block = collection.modality(asked).corpus
    rows = (block.item_index == position).nonzero()[0]
    if not rows.size:
        raise GapvizError(f"this item has no {asked} vector", mend="ask with another modality")
    return Query(
        block.vectors[rows[0]],
        asked,
        f"the {asked} of “{collection.items[position].captions[0]}”",
        position,
        leave_out_own=True,
    )


def _picture_query(chosen: Settings) -> Query | None:
    upload = st.file_uploader(
        "Your image", key="picture", help="It stays on this machine, in memory, until you leave."
    )
    if upload is None:
        st.info(
            "Drop an image: a drawing works best, since the built-in encoder's heads have seen "
            "drawings.",
            icon=":material/image:",
        )
        return None
    image = _opened(upload)
    st.image(image, width=96, alt="the image you dropped")
    vector = _encoder(chosen.encoder).encode_images([image])[0]
    return Query(vector, "image", f"your image {upload.name}", None, leave_out_own=False)


def _opened(upload: UploadedFile) -> Image.Image:
    # Not every mode can be shown; 16-bit greys cannot.
    return over_white(decode_image(upload.getvalue(), where=upload.name))


def _caption_row(collection: Collection, text: str) -> tuple[int, int] | None:
    """Row and item of a caption of the collection that reads like `text`.

    Captions are already encoded, so they need neither the encoder nor its libraries.
    """
    rows = _caption_rows(collection)
    return rows.get(text.casefold())


@st.cache_resource(max_entries=4, hash_funcs={Collection: lambda c: c.content_hash})
def _caption_rows(collection: Collection) -> dict[str, tuple[int, int]]:
    if "text" not in collection.modalities:
        return {}
    block = collection.modality("text")
    seen: dict[int, int] = {}
    rows: dict[str, tuple[int, int]] = {}
    for row, item in enumerate(block.item_index.tolist()):
        place = seen[item] = seen.get(item, -1) + 1
        captions = collection.items[item].captions
        if place < len(captions):
            rows.setdefault(captions[place].casefold(), (row, item))
    return rows


@st.cache_data(max_entries=256, show_spinner="Encoding the text …")
def _encoded_text(encoder: str, text: str) -> Float32:
    vector: Float32 = encoder_named(encoder).encode_texts([text])[0]
    return vector


def _encoder(name: str) -> Encoder:
    with st.spinner("Loading the encoder …"):
        return encoder_named(name)
