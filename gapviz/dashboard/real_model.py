"""The way from the built-in encoder, where it is out of its depth, to a real CLIP."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from gapviz.analyses.domain import REAL_MODEL_LICENCE, real_model
from gapviz.core.foreign import in_html
from gapviz.core.parameter import Parameter
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, catalogue
from gapviz.dashboard.url_params import free_parameter, url_parameter
from gapviz.encoders.catalogue import ModelEntry
from gapviz.sources.builtin import BUILTIN_ENCODERS
from gapviz.storage.read_only import is_read_only

SOURCE = url_parameter(
    Parameter(
        "encode_with",
        "Model",
        "choice",
        "builtin",
        "",
        choices={
            "builtin": "Built in",
            "open_clip": "open_clip model",
            "sentences": "sentence-transformers model",
            "name": "By name or path",
        },
    )
)
"""Where the model of the Data page comes from."""
MODEL = free_parameter("open_clip_model")
"""Key of the widget, and of the link's parameter, that says which of open_clip's models."""

OFFLINE_SWITCHES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
OFFLINE = (
    "This server is told to stay offline, so that it cannot be downloaded here: put its weights "
    "into the cache of Hugging Face, or encode on a machine with a network and add the vectors."
)
ONLINE = "This needs a network once; offline it cannot be downloaded, and the page says so."


def model_title(entry: ModelEntry) -> str:
    """One of open_clip's models in a list; whether its weights are here."""
    return f"{entry.model} · {entry.tag}{' ✓ on this machine' * entry.cached}"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a button leads."""

    page: str
    query: Mapping[str, str]
    words: str
    """On the button."""
    about: str
    """Beside it: size, licence, and what it takes to get the model."""


def way_to_real_model(view: View) -> Way | None:
    """To the same pictures in a real model: one that has encoded them already, or the panel of the
    Data page that does so, with the model chosen; None where there is no picture to encode, or
    nothing may be encoded.
    """
    encoders = catalogue()[view.collection].encoders
    real = next((title for name, title in encoders.items() if name not in BUILTIN_ENCODERS), None)
    entry = real_model()
    if real is not None:
        query = {**st.query_params, "encoder": real}
        return Way("", query, f"See it with {real}", "Encoded already.")
    if entry is None or is_read_only() or not any(item.image for item in collection_of(view).items):
        return None
    query = {
        "collection": catalogue()[view.collection].title,
        SOURCE.name: SOURCE.choices["open_clip"],
        MODEL: model_title(entry),
    }
    return Way("data", query, f"Encode these pictures with CLIP {entry.model}", _about(entry))


def show_way(way: Way) -> None:
    """Draw the button."""
    # A plain link, which opens the page anew: what widgets have bound to the URL can be set so.
    address = in_html(f"{way.page}?{urlencode(way.query)}")
    st.html(
        f'<nav class="gv-action" aria-label="a real model"><a href="{address}" target="_self">'
        f"{in_html(way.words)}</a><small>{in_html(way.about)}</small></nav>"
    )


def _about(entry: ModelEntry) -> str:
    """Size, licence, and what it takes to get it."""
    licence = f"{REAL_MODEL_LICENCE} licence"
    if entry.cached:
        return f"{licence}; on this machine already."
    size = entry.download_bytes
    told = licence if size is None else f"About {size / 1e6:,.0f} MB to download once; {licence}"
    stays = any(
        os.environ.get(name, "").lower() in ("1", "true", "yes") for name in OFFLINE_SWITCHES
    )
    return f"{told}. {OFFLINE if stays else ONLINE}"
