"""“Keep this view” on every page, and what a link to a kept view adds to its page.

That is the note and, for presenters, the way to the view before and after it.
"""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from gapviz.analyses.views.shown import note_lines
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_html, in_markdown
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.cones_selection import SELECTED, SELECTED_IN_URL
from gapviz.dashboard.errors import errors_shown, show_error
from gapviz.dashboard.guard import FOLLOW_LINK, FOLLOWED
from gapviz.dashboard.query import TEXT
from gapviz.dashboard.routes import MOVED
from gapviz.dashboard.settings import (
    COLLECTION,
    COMPARE,
    ENCODER,
    SEED,
    STRATEGY,
    Settings,
    settings,
)
from gapviz.dashboard.url_params import free_parameter, in_words_of_links, may_stand_in_links
from gapviz.storage.read_only import is_read_only
from gapviz.storage.saved_views import (
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_ITEMS,
    VIEW,
    SavedView,
    SavedViews,
)
from gapviz.strategies import STRATEGIES

VIEW_IN_URL = free_parameter(VIEW)
PRESENTED = free_parameter("present")
"""Of a link for presenters: the view before and after it are a key away."""
FIRST_PAGE = next(old for old, new in MOVED.items() if new == "/").strip("/")
"""Streamlit knows the page at `/` by no name."""
FINDINGS = "findings"

NAME, NOTE = "keep_name", "keep_note"
KEPT, PROBLEM = "_kept_view", "_keep_problem"
NOT_KEPT = {VIEW_IN_URL, PRESENTED, "embed", "embed_options"}
"""Parameters of the URL that say nothing of what is seen."""


def keep_control(address: str, title: str) -> None:
    """The control in the head of every page that keeps what the page shows; none where this
    gapviz only shows.

    Args:
        address: of the page, as Streamlit knows it.
        title: of the page, in a few words.
    """
    if address == FINDINGS or is_read_only():
        return
    with st.popover(
        "Keep this view",
        icon=":material/bookmark_add:",
        key="keep_view",
        on_change="rerun",
        help="Save this page as it is, with a name and a note, for all who use this gapviz.",
    ) as place:
        if place.open:
            _form(address or FIRST_PAGE, title)


def _form(page: str, title: str) -> None:
    """What the view is called, and what is to be said of it."""
    usual = _usual_name(title, settings())
    with st.form("keep", border=False):
        st.text_input("Name", key=NAME, max_chars=LONGEST_NAME, placeholder=usual)
        st.text_area(
            "Note",
            key=NOTE,
            max_chars=LONGEST_NOTE,
            placeholder="What is to be seen here? Presenters read this aloud.",
        )
        st.form_submit_button("Keep it", type="primary", on_click=_keep, args=(page, usual))
    problem: GapvizError | None = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(problem)
    kept: SavedView | None = st.session_state.get(KEPT)
    if kept is not None:
        st.success(f"“{in_markdown(kept.name)}” is kept.", icon=":material/bookmark_added:")
        st.html(links({f"{FINDINGS}?": "All findings →"}))


def _keep(page: str, usual: str) -> None:
    st.session_state.pop(KEPT, None)
    name = st.session_state.get(NAME, "").strip() or usual
    try:
        st.session_state[KEPT] = SavedViews().keep(
            view_of_now(page, name, st.session_state.get(NOTE, ""))
        )
        st.session_state.update({NAME: "", NOTE: ""})
    except GapvizError as error:
        st.session_state[PROBLEM] = error


def view_of_now(page: str, name: str, note: str) -> SavedView:
    """What the visitor sees, whatever another version takes for the default.

    Raises:
        GapvizError: as `SavedView`.
    """
    chosen = settings()
    selected: tuple[str, ...] = ()
    if SELECTED_IN_URL in st.query_params:
        selected = tuple(st.session_state.get(SELECTED, ()))
    try:
        content = collection_of(View(chosen.collection, chosen.encoder)).content_hash
    except GapvizError:
        content = ""  # the page says what is wrong with it
    return SavedView(
        page=page,
        params=tuple(_params(chosen)),
        name=name,
        note=note,
        content_hash=content,
        items=selected[:MOST_ITEMS],
        n_selected=len(selected),
    )


def _params(chosen: Settings) -> list[tuple[str, str]]:
    """The parameters of the URL, those of the sidebar first, and what stands at its default."""
    shared = {
        COLLECTION.name: chosen.collection,
        ENCODER.name: chosen.encoder,
        COMPARE.name: chosen.compare or "",
        STRATEGY.name: chosen.strategy,
        SEED.name: str(chosen.seed),
    }
    found = [(name, value) for name, value in shared.items() if value]
    for name in st.query_params:
        if name not in NOT_KEPT and name not in shared:
            values = st.query_params.get_all(name)
            found += [(name, in_words_of_links(name, value)) for value in values]
    told = {name for name, _ in found}
    # A switch that is off is out of the URL, and stays so.
    for key in sorted(map(str, st.session_state)):
        value = st.session_state[key]
        says = isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
        if says and key not in {*told, *shared, *NOT_KEPT} and may_stand_in_links(key):
            found.append((key, str(value)))
    return found


def _usual_name(title: str, chosen: Settings) -> str:
    """What a view is called where nobody names it."""
    query = st.session_state.get(TEXT, "") if TEXT in st.session_state else ""
    words = ", ".join(filter(None, [title, query, STRATEGIES[chosen.strategy].title]))
    return words if len(words) <= LONGEST_NAME else f"{words[: LONGEST_NAME - 2]} …"


def is_presented() -> bool:
    """Whether the link is one for presenters, whose page has no sidebar at first."""
    return PRESENTED in st.query_params


def show_linked(address: str) -> None:
    """What was noted of the view that the link opens, where it is one of this page."""
    asked = st.query_params.get(VIEW_IN_URL)
    if asked is None:
        return
    with errors_shown():
        view = SavedViews().find(asked)
        if view.page != (address or FIRST_PAGE):
            return
        # A link holds fewer items than a note.
        if view.items:
            st.session_state.setdefault(SELECTED, view.items)
        shown = "present_note" if is_presented() else "kept_note"
        with st.container(key=shown, border=True, gap="small"):
            if is_presented():
                _stops(view)
            _say(view)


def _say(view: SavedView) -> None:
    """Its name and its note; whatever was written is words."""
    st.markdown(f"**:material/bookmark: {in_markdown(view.name)}**")
    if note_lines(view):
        st.markdown(note_markdown(view))


def note_markdown(view: SavedView) -> str:
    """The note in Markdown, line by line."""
    return "  \n".join(map(in_markdown, note_lines(view)))


def _stops(view: SavedView) -> None:
    """Buttons to the views before and after, and their keys; arrows move what a page shows."""
    order = SavedViews().all()
    place = [one.id for one in order].index(view.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, by, key in (("Back", -1, "B"), ("Next", 1, "N")):
            to = place + by
            there = 0 <= to < len(order)
            pressed = st.button(
                label,
                key=f"present_{label.lower()}",
                shortcut=key,
                type="primary" if by > 0 else "secondary",
                disabled=not there,
            )
            if pressed and there:
                follow(presented_address(order[to]), order[to].name)
        st.caption(f"{place + 1} of {len(order)}", width="content")
        st.html(links({f"{FINDINGS}?": "End"}))


def presented_address(view: SavedView) -> str:
    """Opens a view as a stop of a talk."""
    return f"{view.address}&{urlencode({PRESENTED: 'yes'})}"


def follow(address: str, words: str) -> None:
    """Go to another page, by the browser: Streamlit's own way cannot set what is in the URL."""
    st.html(
        f'<a id="{FOLLOWED}" href="{in_html(address)}" target="_self">{in_html(words)}</a>'
        f"<script>{FOLLOW_LINK}</script>",
        unsafe_allow_javascript=True,
    )
    st.stop()


def links(words_by_address: dict[str, str]) -> str:
    """Plain links as HTML, which open a page anew."""
    anchors = "".join(
        f'<a href="{in_html(address)}" target="_self">{in_html(words)}</a>'
        for address, words in words_by_address.items()
    )
    return f"<nav aria-label='saved views' class='gv-links'>{anchors}</nav>"
