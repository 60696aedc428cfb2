"""The collections of the workspace: what they hold, what they take, and how they go."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.dashboard.caches import forget_collections
from gapviz.dashboard.cards import html_table
from gapviz.dashboard.catalogue import catalogue, workspace
from gapviz.dashboard.settings import show_error
from gapviz.sources.library.stored import StoredCollection, StoredEncoding

OPENED = "opened"
"""Key of the widget, and of the link's parameter, that says which collection is open."""

PROBLEM = "_removal_problem"

# The first page of the list has no address of its own.
VISITS = {"./": "See its cones", "search": "Search it"}
VISITS_OF_ONE_MODALITY = {"search": "Search it"}


def show_shelf(stored: tuple[StoredCollection, ...]) -> None:
    """A table of all collections, with size on disk."""
    head = ["collection", "items", "vectors by", "on disk", "from"]
    rows = [
        [
            escape(one.title),
            f"{one.n_items:,}",
            "<br>".join(_encoding_words(encoding) for encoding in one.encodings)
            or "<small>not encoded yet</small>",
            megabytes(one.size),
            f"<small style='white-space:normal'>{escape(one.origin)}</small>",
        ]
        for one in stored
    ]
    st.html(html_table(head, rows, left_columns=(2, 4)))


def megabytes(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e6:,.1f} MB" if size >= 50_000 else f"{size / 1e3:,.1f} kB"


def things(count: int) -> str:
    """A number of things, in words."""
    return f"{count:,} thing{'' if count == 1 else 's'}"


def visits(stored: StoredCollection) -> str:
    """Links that open other pages on this collection, as HTML.

    A page link of Streamlit's would leave the sidebar's choice as it is.
    """
    title = catalogue()[stored.id].title
    comparable = any(len(encoding.rows) > 1 for encoding in stored.encodings)
    links = (
        f'<a href="{page}?{escape(urlencode({"collection": title}), quote=True)}" target="_self" '
        f'style="margin-right: 1.5em">{words} →</a>'
        for page, words in (VISITS if comparable else VISITS_OF_ONE_MODALITY).items()
    )
    return f"<p>{''.join(links)}</p>"


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
    rows = ", ".join(f"{count:,} {escape(name)}" for name, count in encoding.rows.items())
    return (
        f"{escape(encoding.encoder)} <small>{rows}; {encoding.dim} dimensions; "
        f"{megabytes(encoding.size)}</small>"
    )
