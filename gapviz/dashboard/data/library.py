"""The collections of the workspace: a table of them, links, and removal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.table import Column, Table
from gapviz.dashboard.caches import forget_collections
from gapviz.dashboard.catalogue import catalogue, workspace
from gapviz.dashboard.page_head import ways_on
from gapviz.dashboard.settings import show_error
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import free_parameter
from gapviz.sources.library.stored import StoredCollection, StoredEncoding

OPENED = free_parameter("opened")
"""Key of the widget, and of the link's parameter, that says which collection is open."""

PROBLEM = "_removal_problem"

VISITS = {"cones": "See its cones", "search": "Search it"}
VISITS_OF_ONE_MODALITY = {"search": "Search it"}


def show_library(stored: tuple[StoredCollection, ...]) -> None:
    """A table of all collections, with size on disk."""
    columns = [
        Column("collection", "collection", text=True),
        Column("items", "items"),
        Column("encodings", "vectors by", text=True),
        Column("size", "on disk", text=True),
        Column("origin", "from", text=True),
    ]
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


def things(count: int) -> str:
    """A number of things, in words."""
    return f"{count:,} thing{'' if count == 1 else 's'}"


def visits(stored: StoredCollection) -> None:
    """Links that open other pages on this collection."""
    comparable = any(len(encoding.rows) > 1 for encoding in stored.encodings)
    links = VISITS if comparable else VISITS_OF_ONE_MODALITY
    ways_on(links, keep=(), collection=catalogue()[stored.id].title)


def removal(stored: StoredCollection) -> None:
    """Buttons that remove an encoding or the whole collection, each with a question first."""
    problem: GapvizError | None = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(problem)
    with st.container(horizontal=True):
        for encoding in stored.encodings:
            if st.button(
                f"Remove vectors by {encoding.encoder}",
                key=f"remove_{stored.id}_{encoding.folder.name}",
                icon=":material/delete:",
            ):
                _confirm_encoding(stored, encoding)
        if st.button(
            "Remove the collection", key=f"remove_{stored.id}", icon=":material/delete_forever:"
        ):
            _confirm_collection(stored)


@st.dialog("Remove vectors?")
def _confirm_encoding(stored: StoredCollection, encoding: StoredEncoding) -> None:
    st.markdown(
        f"The vectors that **{encoding.encoder}** made of “{stored.title}” "
        f"({megabytes(encoding.size)}) go for good. The items stay."
    )
    _ask(lambda: workspace().remove_encoding(stored.id, encoding.encoder))


@st.dialog("Remove the collection?")
def _confirm_collection(stored: StoredCollection) -> None:
    elsewhere = stored.root is not None and not stored.root.is_relative_to(stored.folder)
    st.markdown(
        f"“{stored.title}” with {stored.n_items:,} items and all its vectors "
        f"({megabytes(stored.size)}) goes for good."
        + (" Its images lie elsewhere and stay." if elsewhere else "")
    )
    _ask(lambda: workspace().remove(stored.id))


def _ask(work: Callable[[], None]) -> None:
    with st.container(horizontal=True):
        keep = st.button("Keep it", key="keep")
        removed = st.button(
            "Remove it", key="remove", type="primary", on_click=_remove, args=(work,)
        )
    if keep or removed:
        st.rerun()


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
