"""The collections of the workspace: a table of them, links, and removal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Column, Table
from gapviz.dashboard.caches import forget_collections
from gapviz.dashboard.catalogue import catalogue, workspace
from gapviz.dashboard.errors import show_error
from gapviz.dashboard.page_head import ways_on
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import free_parameter
from gapviz.sources.library.stored import StoredCollection, StoredEncoding

OPENED = free_parameter("opened")
"""Key of the widget, and of the link's parameter, that says which collection is open."""

PROBLEM = "_removal_problem"
LINKED = "_opened_by_link"


def open_linked() -> None:
    """Let a link's `collection` open that one on the Data page, also where it has no vectors yet.

    Run before the sidebar, which knows encoded collections alone.
    """
    asked = st.query_params.get("collection")
    if asked is None or OPENED in st.query_params or LINKED in st.session_state:
        return
    st.session_state[LINKED] = True
    found = [one for one in workspace().collections() if asked in (one.id, one.title)]
    if found:
        if not found[0].encodings:
            del st.query_params["collection"]
        st.query_params[OPENED] = found[0].title
        # Bound widgets read the URL at the start of a run alone.
        st.rerun()


def show_library(stored: tuple[StoredCollection, ...]) -> None:
    """A table of all collections, with size on disk."""
    heads = ("collection", "items", "vectors by", "on disk", "from")
    columns = [Column(head, head, text=head != "items") for head in heads]
    rows: list[list[Any]] = [
        [
            one.title,
            one.n_items,
            "; ".join(map(_encoding_words, one.encodings)) or "not encoded yet",
            megabytes(one.size),
            one.origin,
        ]
        for one in stored
    ]
    show_table(Table("", columns, rows))


def megabytes(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e6:,.1f} MB" if size >= 50_000 else f"{size / 1e3:,.1f} kB"


def visits(stored: StoredCollection) -> None:
    """Links that open other pages on this collection."""
    links = {"search": "Search it"}
    if any(len(encoding.rows) > 1 for encoding in stored.encodings):
        links = {"cones": "See its cones", **links}
    ways_on(links, first=True, keep=(), collection=catalogue()[stored.id].title)


def removal(stored: StoredCollection) -> None:
    """Buttons that remove an encoding or the whole collection, each with a question first."""
    problem: GapvizError | None = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(problem)
    elsewhere = stored.root is not None and not stored.root.is_relative_to(stored.folder)
    with st.container(horizontal=True):
        for encoding in stored.encodings:
            _remove_button(
                f"Remove vectors by {in_markdown(encoding.encoder)}",
                f"remove_{stored.id}_{encoding.folder.name}",
                "delete",
                "Remove vectors?",
                f"The vectors that **{in_markdown(encoding.encoder)}** made of "
                f"“{in_markdown(stored.title)}” "
                f"({megabytes(encoding.size)}) go for good. The items stay.",
                partial(workspace().remove_encoding, stored.id, encoding.encoder),
            )
        _remove_button(
            "Remove the collection",
            f"remove_{stored.id}",
            "delete_forever",
            "Remove the collection?",
            f"“{in_markdown(stored.title)}” with {stored.n_items:,} items and all its vectors "
            f"({megabytes(stored.size)}) goes for good."
            + " Its images lie elsewhere and stay."
            * elsewhere,
            partial(workspace().remove, stored.id),
        )


def _remove_button(
    label: str, key: str, icon: str, question: str, words: str, work: Callable[[], None]
) -> None:
    """A button, and the question before the work is done."""

    @st.dialog(question)
    def ask() -> None:
        st.markdown(words)
        with st.container(horizontal=True):
            keep = st.button("Keep it", key="keep")
            removed = st.button(
                "Remove it", key="remove", type="primary", on_click=_remove, args=(work,)
            )
        if keep or removed:
            st.rerun()

    if st.button(label, key=key, icon=f":material/{icon}:"):
        ask()


def _remove(work: Callable[[], None]) -> None:
    try:
        work()
    except GapvizError as error:
        st.session_state[PROBLEM] = error
    forget_collections()


def _encoding_words(encoding: StoredEncoding) -> str:
    rows = ", ".join(f"{count:,} {name}" for name, count in encoding.rows.items())
    size = megabytes(encoding.size)
    return f"{encoding.encoder} ({rows}, {encoding.dim} dimensions, {size})"
