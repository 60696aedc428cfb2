"""A judged query of the collection: found by its words or its id, shown, and made a vector of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gapviz.analyses.judged_answer import evaluation_of, query_words
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery
from gapviz.core.foreign import in_markdown
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Indices
from gapviz.dashboard.caches import cached_within, collection_of, items_of
from gapviz.dashboard.catalogue import View, catalogue
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.widgets import select_of
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.images.references import thumbnail_png

MOST_QUERIES = 200
"""Queries in one list to choose from; of more, those that hold the words typed."""
LONGEST_TITLE = 100


def query_title(query: JudgedQuery) -> str:
    """A query in a list to choose from: its text, or what it is of, and its id."""
    words = query.text or query.modality
    return f"{words[:LONGEST_TITLE]}{'…' * (len(words) > LONGEST_TITLE)} · {query.id}"


@dataclass(frozen=True, eq=False)
class QueryTitles:
    """The titles of all queries, searched as one text: nothing is done once a query and rerun."""

    titles: tuple[str, ...]
    """In the order of the queries."""

    @classmethod
    def of(cls, evaluation: Evaluation) -> QueryTitles:
        return cls(tuple(query_title(query) for query in evaluation.queries))

    @cached_property
    def position(self) -> dict[str, int]:
        """Title → position of the query."""
        return {title: place for place, title in enumerate(self.titles)}

    @cached_property
    def _lines(self) -> tuple[str, Indices]:
        """All titles in lower case, and where each begins."""
        lines = [" ".join(title.casefold().split()) for title in self.titles]
        lengths = np.array([0, *(len(line) + 1 for line in lines)])
        return "\n".join(lines), np.cumsum(lengths)[:-1]

    def holding(self, words: str, most: int) -> list[int]:
        """Positions of the first `most` queries whose title holds some words, whatever the case."""
        wanted = " ".join(words.casefold().split())
        if not wanted:
            return list(range(min(most, len(self.titles))))
        text, starts = self._lines
        found: list[int] = []
        at = text.find(wanted)
        while at >= 0 and len(found) < most:
            found.append(int(np.searchsorted(starts, at, side="right")) - 1)
            end = text.find("\n", at)
            at = text.find(wanted, end) if end >= 0 else -1
        return found


@cached_within(64)
def _titles_of(view: View) -> QueryTitles:
    return QueryTitles.of(evaluation_of(collection_of(view)))


def _queries_of_the_link() -> Mapping[str, str]:
    """Id → title of the judged queries of the collection that the link itself names."""
    asked = st.query_params.get("collection", BUILTIN)
    by_title = {entry.title: name for name, entry in catalogue().items()}
    name = by_title.get(asked, asked)
    try:
        evaluation = items_of(name).evaluation
        if evaluation is None:
            encoder = next(iter(catalogue()[name].encoders))
            evaluation = evaluation_of(collection_of(View(name, encoder)))
    except (GapvizError, KeyError, StopIteration):
        return {}
    return {query.id: query_title(query) for query in evaluation.queries}


QUERY_ID = url_choice("query_id", "Judged query", _queries_of_the_link)


def can_ask_judged(chosen: Settings, live: bool) -> bool:
    """Whether the collection has queries of its own that have a vector or can get one."""
    evaluation = collection_of(chosen.view).evaluation
    return evaluation is not None and (live or bool(evaluation.vectors))


def chosen_query(chosen: Settings) -> str | None:
    """Draw the choice of a judged query, and the query; its id, None where none is chosen."""
    collection = collection_of(chosen.view)
    evaluation, titles = evaluation_of(collection), _titles_of(chosen.view)
    words = ""
    if evaluation.n_queries > MOST_QUERIES:
        words = st.text_input(
            f"Find one of {evaluation.n_queries:,} judged queries",
            key="query_filter",
            placeholder="words or id",
            icon=":material/search:",
        )
    shown = titles.holding(words, MOST_QUERIES)
    # What is chosen stays on offer, whatever is typed.
    wanted = evaluation.position.get(st.session_state.get(QUERY_ID.name, ""))
    if wanted is None:
        wanted = titles.position.get(st.query_params.get(QUERY_ID.name, ""))
    if wanted is not None and wanted not in shown:
        shown.insert(0, wanted)
    query_id: str | None = select_of(
        QUERY_ID,
        {evaluation.queries[place].id: titles.titles[place] for place in shown},
        filter_mode="contains",
        placeholder="no query holds these words",
    )
    if query_id is not None:
        _show(evaluation, evaluation.position[query_id], chosen)
    return query_id


def _show(evaluation: Evaluation, position: int, chosen: Settings) -> None:
    """The query itself: picture, words, what it asks for."""
    query, collection = evaluation.queries[position], collection_of(chosen.view)
    with st.container(horizontal=True, vertical_alignment="center", key="judged_query"):
        if query.image is not None:
            try:
                picture = thumbnail_png(query.image, collection.root, 96)
                st.image(picture, width=64, alt="the picture of the query")
            except GapvizError as error:
                st.caption(in_markdown(error.sentence))
        with st.container(gap="xxsmall"):
            if query.text:
                st.markdown(f"**“{in_markdown(query.text)}”**")
            n_answers = int(evaluation.n_relevant[position])
            st.caption(in_markdown(query_words(query, n_answers)))
