"""The live index of a collection that was read from a vector store: what it answers now."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.live import ANALYSIS
from gapviz.core.foreign import in_markdown
from gapviz.core.progress import Progress
from gapviz.core.store_origin import StoreOrigin
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.data.adding import store_hosts
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.sections import how_computed
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.sources.library.stored import StoredCollection
from gapviz.sources.stores.allowed import allowed_store
from gapviz.storage.cache import CachedResult, content_key
from gapviz.storage.configuration import configuration
from gapviz.storage.read_only import is_read_only


def live_section(stored: StoredCollection) -> None:
    """Figures of the store beside exact search, on demand; nothing for a collection of files, nor
    where this gapviz only shows: whoever comes would set another machine to work.
    """
    if not stored.encodings or is_read_only():
        return
    with errors_shown():
        collection = collection_of(View(stored.id, stored.encodings[0].encoder))
        if collection.store is None:
            return
        with st.container(border=True):
            st.subheader("The live index", anchor=False)
            words = in_markdown(f"{collection.store.address}: {collection.store.words}")
            st.markdown(
                f"Read from {words}. What does the store answer as it is configured, beside exact "
                "search over all that it holds?"
            )
            request = Request(collection, ANALYSIS.usual(), source=collection.store.address)
            found = _asked(request, collection.store)
            if found is not None:
                _show(found)


def _asked(request: Request, origin: StoreOrigin) -> Finding | None:
    """What the store answers; None until somebody asks, and while it is asked."""

    def ask(request: Request, progress: Progress) -> Finding:
        # The address came with the collection, which need not have been added on this page.
        allowed_store(origin.address, store_hosts(), configuration().folders)
        return ANALYSIS.answer(request, progress)

    key = content_key(collection=request.collection, values=dict(request.values), of=origin)
    work = CachedResult("findings", key, Finding, partial(ask, request), on_disk=False)
    wait = Wait(
        "Asking the store",
        ask="Ask the store",
        help="Sends vectors of some items as queries, and reads the answers. Nothing is written.",
    )
    return result_of(work, wait)


def _show(found: Finding) -> None:
    st.markdown(f"**{in_markdown(found.title)}.** {in_markdown(' '.join(found.readings))}")
    for table in found.tables:
        show_table(table)
    with st.container(horizontal=True, vertical_alignment="center"):
        bands = dict.fromkeys(one.intervals for one in found.tables if one.has_intervals)
        if bands:
            st.caption(f"Below each figure: {', or '.join(bands)}.", width="stretch")
        how_computed(in_markdown(found.protocol))
    if found.warnings:
        with st.expander("What is known of this engine", icon=":material/report:"):
            for warning in found.warnings:
                st.caption(in_markdown(warning))
