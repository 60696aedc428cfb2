"""Result lists side by side, each with its bias; and the same strategies over all queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import streamlit as st

from gapviz.analyses.advice.recommended import UNTIL_KNOWN
from gapviz.analyses.answer_words import kind_words, place_words
from gapviz.analyses.judged_answer import evaluation_of, hidden_answers, list_of_run, list_words
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.wording import counted
from gapviz.dashboard.caches import (
    collection_of,
    corpus_of,
    fitted,
    index_of,
    judged_index_of,
    undefined,
)
from gapviz.dashboard.cards import strategy_table
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.given_runs import given_runs
from gapviz.dashboard.judged import judged_board_section, paired_note
from gapviz.dashboard.matches import ACCEPTED_AT, calibration_of
from gapviz.dashboard.measuring import figures_of, figures_or_wait
from gapviz.dashboard.query import RESULTS
from gapviz.dashboard.result_list import Answer, same_label_as, show_answers
from gapviz.dashboard.settings import RAW, ROUTING, Settings
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.widgets import number_of, segments_of
from gapviz.measures.match_probability.answers import PRECISION
from gapviz.measures.match_probability.calibration import MatchCalibration
from gapviz.measures.match_probability.matched_list import match_list
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.judged_list import JudgedList, search_judged
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query, ResultList
from gapviz.storage.cache import CachedResult
from gapviz.strategies import STRATEGIES, StrategyOptions

INDEX = url_choice(
    "index",
    "Index",
    {"all": "All items", "held-out": "Held-out items"},
    help="Held-out items are those that the encoder's heads were not trained on.",
)
MATCH_HELP = (
    "The right answer: the entry of the other modality that belongs to the query's own item. "
    "Free text and dropped images have none, unless they are a caption or a picture of the "
    "collection."
)

JUDGED_HELP = (
    "The grades of the judgments are the gains of NDCG; what nobody judged counts as wrong. An "
    "item stands once, where the best of its vectors stands."
)
RUN_HELP = "A ranking that was made elsewhere and is read from a file: no vectors of it are needed."


@dataclass(frozen=True, slots=True)
class ListChoices:
    """How the lists are made, as the visitor set it."""

    held_out: bool = False
    """Whether held-out items alone are searched."""
    results: int = 10
    """How many each list has."""
    precision: float = PRECISION.default
    """At which an answer is accepted."""


def answer_columns(
    chosen: Settings,
    asked: Mapping[View, Query],
    choices: ListChoices,
    runs: Sequence[Judged] = (),
) -> list[CachedResult[MatchCalibration]]:
    """A column for each strategy: its result list, its bias for this query, the rank of the match.

    Args:
        chosen: what the sidebar says.
        asked: the query as each encoder made a vector of it.
        choices: how the lists are made.
        runs: rankings that others made of all judged queries, each a column where one of those
            asks.

    Returns:
        What tells how likely each answer matches, of every column; learned or not.
    """
    held_out, k, precision = choices.held_out, choices.results, choices.precision
    warnings: dict[str, None] = {}
    works, matched = [], []
    for number, (view, query) in enumerate(asked.items()):
        head = ""
        if chosen.compare:
            st.subheader(in_markdown(encoder_title(view)), anchor=False)
            head = f"{in_markdown(encoder_title(view))}: "
        answers = []
        for options in _compared(chosen):
            try:
                answer, index = _answer(view, options, query, k, held_out)
            except GapvizError as error:
                # Its column stays, so that nothing seems to have vanished.
                title = f"#### {in_markdown(STRATEGIES[options.name].title)}"
                why = f"Has no list. {in_markdown(error.sentence)}"
                nothing = ResultList((), nan, nan, None)
                answers.append(Answer(view, query, nothing, title, words=why))
                continue
            if query.judged is None:
                works.append(calibration_of(view, options))
                known = works[-1].get()
                if known is not None:
                    found = match_list(known, index, query, answer.found, precision=precision)
                    matched.append(found)
                    answer = replace(answer, matched=found)
            answers.append(answer)
            doubts = fitted(view, options).warnings
            warnings |= dict.fromkeys(f"{head}{in_markdown(words)}" for words in doubts)
        if query.judged is not None:
            for run in runs:
                asked_for = evaluation_of(collection_of(view)).queries[query.judged]
                try:
                    ranked = list_of_run(run, asked_for, k)
                except GapvizError as error:
                    warnings[in_markdown(error.sentence)] = None
                    continue
                title = f"#### {in_markdown(run.run.name)}"
                answers.append(judged_column(view, query, ranked, title, RUN_HELP, score="score"))
        if answers:
            # Shown on phones alone, where the lists stand below each other.
            with st.container(key=f"in_short_{number}"):
                st.markdown(_in_short(answers))
            show_answers(answers, key=f"answers_{number}" if number else "answers")
    readings = [words for one in matched for words in (*one.readings, *one.lacking)]
    if readings:
        st.caption(in_markdown(" ".join(dict.fromkeys(readings))))
    for words in warnings:
        st.warning(words, icon=":material/warning:")
    return works


def _in_short(answers: Sequence[Answer]) -> str:
    """What every list shows, in a line each, in Markdown."""
    lines = []
    for one in answers:
        told = [kind_words(one.found, one.query.modality)] * bool(one.found.hits)
        if one.query.item is not None and one.query.judged is None and one.found.hits:
            told.append(place_words(one.found, one.query, one.modalities).lower())
        head = one.title.removeprefix("#### ")
        lines.append(f"- **{head}**: {in_markdown('; '.join(told)) or 'no list'}")
    return "\n".join(lines)


def _answer(
    view: View, options: StrategyOptions, query: Query, k: int, held_out: bool
) -> tuple[Answer, ExactIndex]:
    """The list of one strategy, of a judged query with its grades; and what was searched."""
    strategy = fitted(view, options)
    title = f"#### {in_markdown(strategy.spec.title)}"
    about = in_markdown(f"{strategy.spec.formula}. {strategy.spec.known}")
    label, score = [in_markdown(strategy.described)], strategy.score_name
    if query.judged is None:
        index = index_of(view, options, held_out=held_out)
        found = index.search(query, k)
        answer = Answer(view, query, found, title, about, words_help=MATCH_HELP, score_name=score)
        return replace(answer, words=_place(answer), notes=label), index
    index, evaluation = (
        judged_index_of(view, options, held_out=held_out),
        evaluation_of(collection_of(view)),
    )
    ranked = search_judged(index, evaluation, query, corpus_of(view), k)
    return judged_column(view, query, ranked, title, about, label, score), index


def runs_beside(chosen: Settings, asked: Mapping[View, Query]) -> list[Judged]:
    """Runs of other systems that are given on the page, where a judged query asks."""
    if all(query.judged is None for query in asked.values()):
        return []
    return given_runs(collection_of(chosen.view), "judged", chosen.seed)[0]


def judged_column(
    view: View,
    query: Query,
    ranked: JudgedList,
    title: str,
    help: str | None = None,
    captions: Sequence[str] = (),
    score: str = "cosine",
) -> Answer:
    """The list that a judged query got, from a strategy or from a run of somebody else.

    Args:
        view: the collection.
        query: the query.
        ranked: its list and its grades.
        title: Markdown, as `help` and `captions`.
        help: beside the title.
        captions: beneath it.
        score: what the scores are called.
    """
    hidden = hidden_answers(ranked, collection_of(view))
    return Answer(
        view,
        query,
        ranked.found,
        title,
        help,
        captions,
        in_markdown(list_words(ranked)),
        JUDGED_HELP,
        score,
        ranked.grades,
        ["Answers not shown", *hidden] if hidden else [],
    )


def nearest_items(chosen: Settings, asked: Query, choices: ListChoices) -> None:
    """The one list of a collection of one modality: what lies nearest by raw cosine."""
    held_out, k = choices.held_out, choices.results
    collection = collection_of(chosen.view)
    if asked.judged is not None:
        show_answers([_answer(chosen.view, chosen.raw, asked, k, held_out)[0]], bias=False)
        return
    found = index_of(chosen.view, chosen.raw, held_out=held_out).search(asked, k)
    same = same_label_as(collection, asked.item)
    st.subheader(f"Nearest by {in_markdown(asked.modality)}", anchor=False)
    right_ones = sum(hit.item in same for hit in found.hits)
    words = ""
    if same:
        labels = collection.items[asked.item or 0].labels
        which = f"one of the query's labels, {in_markdown(', '.join(labels))}"
        if len(labels) == 1:
            which = f"the query's label, {in_markdown(labels[0])}"
        words = f"**{right_ones} of {len(found.hits)}** share {which}"
    answer = Answer(chosen.view, asked, found, words=words)
    show_answers([answer], bias=False, same_label=same)
    st.caption(
        f"Raw cosine over all {in_markdown(asked.modality)} vectors of the collection, higher is "
        "more alike; the query's own entry is left out. A strategy moves modalities against each "
        "other, so the one of the sidebar plays no part."
    )


def whole_split_table(chosen: Settings) -> None:
    """The same strategies over every query: those with judgments, then the evaluate split."""
    judged_board_section(chosen, _compared(chosen))
    st.subheader("Over all held-out queries")
    figures, lacking = figures_of(chosen, _compared(chosen)), []
    for view in chosen.views:
        head = f"{encoder_title(view)}: " if chosen.compare else ""
        for options in _compared(chosen):
            why = "" if options == chosen.raw else undefined(view, options)
            if why:
                lacking.append(f"{head}{STRATEGIES[options.name].title} is not measured. {why}")
    for words in lacking:
        st.caption(f":material/info: {in_markdown(words)}")
    found = figures_or_wait(figures, "figures")
    if found is None:
        return
    measurements = {}
    for (view, _), one in found.items():
        head = f"{encoder_title(view)}: " if chosen.compare else ""
        measurements[f"{head}{one.strategy.label}"] = one
    strategy_table(measurements)
    evaluated = next(iter(measurements.values())).collection
    note = paired_note(chosen)
    st.caption(
        f"{note} Indexed: the {in_markdown(', '.join(chosen.modalities))} vectors of the "
        f"{counted(evaluated.n_items, 'item')} of the evaluate split; "
        "of several captions the first, unless all were indexed. Asking: "
        "each of them; of several captions those after the first. Left out: the query item's own "
        "entry of the same modality. Relevant: its entries of other modalities. Ties: "
        "every order of equal scores counts alike, of fused lists as set under Routing. Offsets "
        f"are fitted on the calibrate split. Small figures: {VARIED}. "
        "R@10 searches the other modality alone."
    )


def list_choices(chosen: Settings, asked: Mapping[View, Query]) -> ListChoices:
    """Draw the choices of how lists are made; those that would change nothing are left out.

    Args:
        chosen: what the sidebar says.
        asked: as for `answer_columns`.
    """
    precision = float(ACCEPTED_AT.default)
    collection = collection_of(chosen.view)
    trained = bool(set(collection.splits) - {CALIBRATE, EVALUATE})
    # How likely an answer matches is not told of judged queries, nor within one modality.
    told = not chosen.has_one_modality and any(one.judged is None for one in asked.values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        held_out = trained and segments_of(INDEX) == "held-out"
        k = int(number_of(RESULTS, width=240))
        if told:
            precision = float(number_of(ACCEPTED_AT, width=240))
    if trained and not held_out:
        st.caption(
            f":material/info: Searched: all {collection.n_items:,} items, those that the encoder's "
            "heads were trained on among them, which flatters it."
        )
    return ListChoices(held_out, k, precision)


def _compared(chosen: Settings) -> list[StrategyOptions]:
    """Raw cosine, a strategy, and routing."""
    beside = (RAW, ROUTING)
    ways = (chosen.strategy, chosen.usual, UNTIL_KNOWN.name)
    names = [RAW, next(one for one in ways if one not in beside), ROUTING]
    return [chosen.options(name) for name in names]


def _place(answer: Answer) -> str:
    """Where the right answer stands, with a mark of whether it is shown; Markdown."""
    found = answer.found
    said = in_markdown(place_words(found, answer.query, answer.modalities))
    if answer.query.item is None or found.match_rank is None:
        return said
    shown = found.match_rank <= len(found.hits)
    said = said.replace(f"place {found.match_rank:,}", f"place **{found.match_rank:,}**")
    return f":material/{'check_circle' if shown else 'cancel'}: {said}"
