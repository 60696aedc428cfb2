"""The advisor's questions, and what stands behind its answer: folded until somebody asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from gapviz.analyses.advice.advice import Advice
from gapviz.analyses.advice.analysis import EFFECT_COLUMNS, PARAMETERS
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.judged_evidence import JUDGED_TASKS
from gapviz.analyses.advice.judging import Recommendation, title_of
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.judged import protocol_words
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Table
from gapviz.core.wording import counted, figure
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.cards import change_badge
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.decision import OF_THE_DATA
from gapviz.dashboard.judged import judged_views, protocol_of
from gapviz.dashboard.page_head import ways_on
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_modality, url_parameter
from gapviz.dashboard.widgets import modality_of, segments_of
from gapviz.export.report.contents import report_on
from gapviz.export.report.html import report_html
from gapviz.strategies.spec import Changeable, Task

WAYS_ON = {"search": "Search with it", "export": "Take it home"}

_VERDICTS = {
    "as it is": ":blue-badge[:material/pause: what the others are held against]",
    "undecided": ":gray-badge[:material/balance: undecided]",
    "no difference": ":gray-badge[:material/drag_handle: no difference that can be told]",
}
_EXAMPLES: dict[Task, str] = {
    "one-way": "A text finds pictures, say, in an index that holds pictures alone.",
    "mixed": "A text finds pictures and texts, in one index that holds both.",
    "within": "A picture finds pictures like it, or a text texts.",
    "scores": "A score decides what is shown, or scores of several modalities are merged.",
}
_STANCES = {
    "agrees": ":gray-badge[:material/check: agrees with the usual advice]",
    "contradicts": ":orange-badge[:material/priority_high: contradicts the usual advice]",
    "leaves open": ":gray-badge[:material/help: leaves the usual advice open]",
}


_OWN = {one.name: one for one in PARAMETERS}
TASK = url_parameter(replace(_OWN["task"], title="What do you search with, and over?", help=""))
FOUND = url_modality("found", "What is found?")
CHANGEABLE = url_parameter(
    replace(
        _OWN["can_change"],
        name="changeable",
        title="What can you change?",
        help="Neither still leaves the order of the answers: scores adjusted, or one filtered "
        "query a modality. Each includes the one before it.",
    )
)
_TIES = ":orange-badge[:material/balance: ties carry part of it]"


def questions(chosen: Settings) -> tuple[Situation, str | None]:
    """The questions; their answers stand in the URL.

    Returns:
        The situation, and the protocol where there are two to choose from.
    """
    task: Task = segments_of(TASK)
    st.caption(_EXAMPLES[task])
    found = chosen.pair[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if task in ("one-way", "within") and chosen.pair[0] != chosen.pair[1]:
            found = modality_of(FOUND, chosen.pair)
        changeable: Changeable = segments_of(CHANGEABLE)
        protocol = protocol_of(chosen) if task in JUDGED_TASKS else None
    # What is chosen unless the visitor chooses may give way to pairs, where no query can ask.
    asked = "paired" if protocol == "paired" else None
    return Situation(task, changeable, found), asked


def protocol_note(chosen: Settings, advice: Advice, asked: str | None) -> str:
    """Whose figures decide, where the collection has judged queries; empty where it has none."""
    if advice.measured_by == "judged":
        return (
            f":material/rule: Decided by judgments: {protocol_words('judged', advice.n_queries)}."
        )
    if not judged_views(chosen):
        return ""
    why = "" if asked == "paired" else "No judged query can answer this: "
    words = (
        protocol_words("paired")
        if advice.situation.task in JUDGED_TASKS
        else "labels or pairs decide"
    )
    return f":material/info: {why}{words}."


def why_section(advice: Advice) -> None:
    """What stands behind the answer, folded: the figures, the evidence, the usual advice."""
    first = advice.recommendations[0]
    with st.expander("Why: its figures, and what is usually said", icon=":material/function:"):
        _card(first)
        st.caption(in_markdown(advice.protocol))


def other_ways(advice: Advice) -> None:
    """All other recommendations, best first, and what could not be judged; folded."""
    others = advice.recommendations[1:]
    ways = sum(one.rule.kind != "nothing" for one in others)
    head = f"The other {counted(ways, 'way')}" if ways else "No other way"
    if len(others) > ways:
        head += ", and leaving it as it is" if ways else " but to leave it as it is"
    head += ", best first" * (len(others) > 1)
    with st.expander(head, icon=":material/format_list_numbered:"):
        for place, one in enumerate(others, start=2):
            change = "".join(
                f" {in_markdown(first.figure)} {figure(first.change.value, signed=True)}"
                for first in one.effects[:1]
            )
            ties = _TIES * one.carried_by_ties
            with st.expander(f"{place}. {in_markdown(one.title)} {_verdict(one)}{ties}{change}"):
                _card(one)
        for what, why in advice.not_measured:
            st.caption(
                f":material/help: **{in_markdown(what)}** could not be judged: {in_markdown(why)}"
            )
        if advice.needs_more:
            names = dict.fromkeys(title_of(rule) for rule in advice.needs_more)
            st.caption(
                f":material/lock: Not looked at, since it needs more than you can change: "
                f"{in_markdown('; '.join(names))}."
            )


def contradictions_section(advice: Advice) -> None:
    """Where this data speaks against the usual advice, folded; nothing where it does not."""
    found = [one for one in advice.recommendations if one.stance == "contradicts"]
    if not found:
        return
    ways = counted(len(found), "way")
    with st.expander(
        f"This data contradicts the usual advice on {ways}", icon=":material/priority_high:"
    ):
        st.markdown(contradictions(advice))


def contradictions(advice: Advice) -> str:
    """Where this data speaks against the usual advice, or nothing."""
    found = [one for one in advice.recommendations if one.stance == "contradicts"]
    return "  \n".join(
        f"**{in_markdown(one.title)}** {_HERE[one.verdict]}, though it is usually said: "
        f"{in_markdown(one.rule.usual)}"
        for one in found
    )


_HERE = {
    "better": "is better here",
    "as it is": "does no such harm here",
    "undecided": "is undecided here",
    "no difference": "makes no difference here",
    "worse": "is worse here",
}


def _verdict(one: Recommendation) -> str:
    """The badge of the verdict, with an arrow of the way in which the deciding figure went."""
    if one.verdict in _VERDICTS:
        return _VERDICTS[one.verdict]
    changed = one.effects[0].judged_change
    return change_badge(changed.figure.value, changed.change)


def _card(one: Recommendation) -> None:
    ties = _TIES * one.carried_by_ties
    st.markdown(" ".join([_verdict(one), _STANCES[one.stance], ties]))
    if one.effects:
        rows: list[list[Any]] = [
            [each.figure, each.before.value, each.after.value, each.judged_change, each.best]
            for each in one.effects
        ]
        show_table(Table("", EFFECT_COLUMNS, rows))
    lines = [f"- {in_markdown(line)}" for line in one.evidence]
    if lines:
        st.markdown("\n".join(lines))
    cost = one.cost
    size = operations = ""
    if cost.bytes_per_item is not None:
        size = f" ({cost.bytes_per_item:,.0f} bytes an item in all, vectors included)"
    if cost.query_operations is not None:
        operations = f" ({cost.query_operations:,} multiply-adds in all)"
    st.markdown(
        f"**Usually said.** {in_markdown(one.rule.usual)}  \n"
        f"**Beware.** {in_markdown(one.rule.wrong_when)}  \n"
        f"**Cost.** Stored: {cost.storage}{size}. A query: {cost.query}{operations}. "
        f"Encoders: {cost.encoders}."
    )
    if one.rule.strategy is not None:
        # The link keeps the parameters that were judged, not those of the sidebar.
        ways_on(WAYS_ON, keep=OF_THE_DATA, strategy=one.rule.strategy)


def report_download(chosen: Settings, evidence: Evidence, situation: Situation) -> None:
    """A button that downloads the report of what the page shows, made when it is pressed."""
    encoders = in_markdown(" and ".join(encoder_title(view) for view in chosen.views))
    pair = in_markdown(" – ".join(chosen.pair))
    compare = [collection_of(view) for view in chosen.views[1:]]
    st.caption(
        f"The report covers what this page shows: the pair {pair}, by {encoders}, and the "
        "questions as answered above; before and after are those of the first advice."
    )
    st.download_button(
        "Report",
        lambda: report_html(report_on(evidence, situation=situation, compare=compare)),
        file_name="modality-gap.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        help="One file that needs no network: figures, plots, scoreboard, examples, protocol. "
        "It takes some seconds to make.",
    )
