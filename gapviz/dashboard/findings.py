"""The saved views of the workspace: a list in order, two side by side, a talk, a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import streamlit as st

from gapviz.analyses.advice.analysis import evidence_of
from gapviz.analyses.analysis import Finding
from gapviz.analyses.views.comparison import compare_views
from gapviz.analyses.views.shown import settings_of, views_finding, warnings_of
from gapviz.analyses.views.subject import Subject, subject_of
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.plain_json import versioned
from gapviz.core.wording import counted
from gapviz.dashboard.caches import collection_of, measured
from gapviz.dashboard.catalogue import View, catalogue, encoder_title
from gapviz.dashboard.errors import show_error
from gapviz.dashboard.keeping import note_markdown, presented_address
from gapviz.dashboard.sections import request_of
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.waiting import meanwhile
from gapviz.dashboard.widgets import select_of
from gapviz.export.report.contents import report_on
from gapviz.export.report.html import finding_page, report_html
from gapviz.measures.measurement import Measurement
from gapviz.storage.read_only import is_read_only
from gapviz.storage.saved_views import LONGEST_NAME, LONGEST_NOTE, SavedView, SavedViews

LOOKING = "Looking whether the collections are as they were."
PROBLEM = "_findings_problem"


def titles_of_views() -> dict[str, str]:
    """Id → name of every saved view, told apart where names are alike."""
    views = SavedViews().all()
    names = [view.name for view in views]
    return {
        view.id: view.name if names.count(view.name) == 1 else f"{view.name} ({view.id})"
        for view in views
    }


PART = url_choice("findings", "Show", {"list": "All", "compare": "Two side by side"})
FIRST = url_choice("first_view", "First view", titles_of_views)
SECOND = url_choice("second_view", "Second view", titles_of_views)


def opens(subject: Subject) -> Collection:
    """The collection of a view as the pages read it.

    Raises:
        GapvizError: it is not there any more, or damaged.
    """
    entry = catalogue().get(subject.collection)
    if entry is None or subject.encoder not in entry.encoders:
        what = "collection" if entry is None else "encoder"
        name = subject.collection if entry is None else subject.encoder
        raise GapvizError(f"there is no {what} {name[:80]!r} any more", hint="remove the view")
    return collection_of(View(subject.collection, subject.encoder))


def measures(subject: Subject) -> Measurement:
    """Its figures as the pages measure them.

    Raises:
        GapvizError: as `opens`, or what the pages would say.
    """
    collection = opens(subject)
    view = View(subject.collection, subject.encoder)
    return measured(view, subject.options, subject.seed, subject.pair_in(collection))


def ways_out(chosen: Settings, views: tuple[SavedView, ...]) -> None:
    """The talk, the report and the file of the views."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<a class="gv-button" href="{in_html(presented_address(views[0]))}" target="_self">'
            "Present them</a>"
        )
        st.download_button(
            "These on paper",
            lambda: finding_page(_all(views)),
            file_name="findings.html",
            mime="text/html",
            icon=":material/print:",
            on_click="ignore",
            help="One file that needs no network and prints well: names, notes, figures.",
        )
        if not chosen.has_one_modality:
            st.download_button(
                "Whole report",
                lambda: _report(chosen, views),
                file_name="modality-gap.html",
                mime="text/html",
                icon=":material/download:",
                on_click="ignore",
                help="The report on the collection of the sidebar, with these findings. It takes "
                "some seconds to make, and longer for a large collection.",
            )
        st.download_button(
            "JSON",
            lambda: json.dumps(
                versioned({"views": [view.to_json() for view in views]}),
                indent=2,
                ensure_ascii=False,
            ),
            file_name="findings.json",
            mime="application/json",
            icon=":material/data_object:",
            on_click="ignore",
        )


def _all(views: tuple[SavedView, ...]) -> Finding:
    return views_finding(views, opens=opens, measures=measures)


def _report(chosen: Settings, views: tuple[SavedView, ...]) -> str:
    evidence = evidence_of(request_of(chosen, chosen.view, protocol=None))
    compare = [collection_of(view) for view in chosen.views[1:]]
    return report_html(report_on(evidence, compare=compare, views=_all(views)))


def list_section(views: tuple[SavedView, ...]) -> None:
    """Every view with its note, in order, and what can be done with it."""
    problem: GapvizError | None = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(problem)
    for place, view in enumerate(views):
        with st.container(border=True, key=f"kept_{view.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(
                    f'<h2 class="gv-kept">{place + 1}. <a href="{in_html(view.address)}" '
                    f'target="_self">{in_html(view.name)}</a></h2>'
                )
                if not is_read_only():
                    _changes(view, place, len(views))
            if view.note:
                st.markdown(note_markdown(view))
            for words in _warnings(view):
                st.warning(in_markdown(words), icon=":material/link_off:")
            st.caption(_facts(view))


def _changes(view: SavedView, place: int, n_views: int) -> None:
    """Its name, its note, its place in the order, and its end."""
    with st.popover("Change", key=f"change_{view.id}", on_change="rerun") as opened:
        if not opened.open:
            return
        with st.form(f"form_{view.id}", border=False):
            name = st.text_input("Name", view.name, max_chars=LONGEST_NAME)
            note = st.text_area("Note", view.note, max_chars=LONGEST_NOTE)
            if st.form_submit_button("Save", type="primary"):
                _do(partial(SavedViews().change, view.id, name=name, note=note))
        with st.container(horizontal=True):
            for label, by, end in (("Earlier", -1, 0), ("Later", 1, n_views - 1)):
                st.button(
                    label,
                    key=f"{label.lower()}_{view.id}",
                    disabled=place == end,
                    on_click=_try,
                    args=(partial(SavedViews().move, view.id, by),),
                )
            st.button(
                "Remove for good",
                key=f"remove_{view.id}",
                icon=":material/delete:",
                on_click=_try,
                args=(partial(SavedViews().remove, view.id),),
            )


def _do(work: Callable[[], object]) -> None:
    _try(work)
    st.rerun()


def _try(work: Callable[[], object]) -> None:
    try:
        work()
    except GapvizError as error:
        st.session_state[PROBLEM] = error


def _warnings(view: SavedView) -> list[str]:
    """Why it cannot be shown as it was kept; looked for in the background where that is long."""
    try:
        subject = subject_of(view)
        if subject.encoder in catalogue()[subject.collection].encoders:
            asked = collection_of.later(View(subject.collection, subject.encoder))
            if meanwhile(asked, LOOKING, patiently=True) is None:
                return []
    except (GapvizError, KeyError):
        pass  # `warnings_of` says it
    return warnings_of(view, opens)


def _facts(view: SavedView) -> str:
    """Page, collection, encoder, strategy and day, in Markdown."""
    told = settings_of(view)
    collection, encoder = view.param("collection") or "", view.param("encoder") or ""
    entry = catalogue().get(collection)
    selected = counted(view.n_selected, "selected item") if view.n_selected else ""
    parts = [
        told["page"],
        entry.title if entry else collection,
        encoder_title(View(collection, encoder)),
        told.get("strategy", ""),
        selected,
        view.day,
    ]
    return " · ".join(map(in_markdown, filter(None, parts)))


def compare_section(views: tuple[SavedView, ...]) -> None:
    """Two views side by side: notes, what differs, and their figures."""
    titles = titles_of_views()
    with st.grid(2, min_column_width=300):
        first: str = select_of(FIRST, titles)
        second: str = select_of(SECOND, titles, index=min(1, len(titles) - 1))
    by_id = {view.id: view for view in views}
    pair = (by_id[first], by_id[second])
    with st.grid(2, min_column_width=300):
        for view in pair:
            with st.container():
                st.html(
                    f'<h2 class="gv-kept"><a href="{in_html(view.address)}" target="_self">'
                    f"{in_html(view.name)}</a></h2>"
                )
                if view.note:
                    st.markdown(note_markdown(view))
                st.caption(_facts(view))
    with st.spinner("Measuring both …"):
        found = compare_views(*pair, opens=opens, measures=measures)
    for words in found.warnings:
        st.warning(in_markdown(words), icon=":material/warning:")
    for words in found.readings:
        st.markdown(in_markdown(words))
    for table in found.tables:
        show_table(table)
    if found.legend:
        st.caption(in_markdown(found.legend))
