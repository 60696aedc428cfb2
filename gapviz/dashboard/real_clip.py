"""The way from the built-in encoder to a real CLIP: a published set, one click away."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

import streamlit as st

from gapviz.core.foreign import in_html
from gapviz.dashboard.caches import forget_collections
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.sources.library.importing import add_reference_set, of_reference_set
from gapviz.sources.library.stored import StoredCollection
from gapviz.sources.published import REFERENCE_SETS
from gapviz.storage.cache import CachedResult
from gapviz.storage.read_only import is_read_only

REAL_CLIP = "coco100"
"""The published set: 100 photographs with captions, as CLIP and other models saw them."""
MODEL = "CLIP"
"""What the set calls the model that is shown first."""
OFFER = "See it on real CLIP"

FETCHING, FETCHED = "_fetching_clip", "_fetched_clip"

Added = tuple[StoredCollection, ...]


def newly_fetched() -> StoredCollection | None:
    """What `offer_real_clip` has just fetched, told once: the page is to open it."""
    found: StoredCollection | None = st.session_state.pop(FETCHED, None)
    return found


def offer_real_clip(collection: str) -> None:
    """A button that fetches the set, or a link to it where it is here; nothing while it is open,
    nor where this gapviz only shows and it is not here.

    Args:
        collection: the one that is open, by its id.
    """
    running: CachedResult[Added] | None = st.session_state.get(FETCHING)
    if running is not None:
        added = result_of(running, Wait("Fetching 100 photographs", back=_forget))
        if added is not None:
            _forget()
            forget_collections()
            st.session_state[FETCHED] = added[0]
            st.rerun()
        return
    here = of_reference_set(workspace(), REAL_CLIP)
    if here is None and is_read_only():
        return
    if here is None:
        known = REFERENCE_SETS[REAL_CLIP]
        st.button(
            OFFER,
            key="real_clip",
            icon=":material/photo_library:",
            help=f"{known.title}: {known.about} {known.total_bytes / 1e6:.1f} MB from "
            f"github.com/{known.repository}, licence {known.licence}, every file checked. It stays "
            "on this machine; the Data page removes it.",
            on_click=_fetch,
            width="stretch",
        )
    elif here.id != collection:
        # A plain link: a widget that is bound to the URL can be set by no other way.
        link = "?" + urlencode({"collection": here.title, "encoder": MODEL})
        st.html(
            f'<nav aria-label="real CLIP" class="gv-links"><a href="{in_html(link)}" '
            f'target="_self">{OFFER} →</a></nav>'
        )


def _fetch() -> None:
    st.session_state[FETCHING] = CachedResult(
        "adding",
        uuid4().hex,
        tuple,
        lambda tell: add_reference_set(workspace(), REAL_CLIP, tell),
        on_disk=False,
    )


def _forget() -> None:
    st.session_state.pop(FETCHING, None)
