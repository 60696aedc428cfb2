"""The list of one judged query: what of it answers, and where the other answers stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, read_only
from gapviz.measures.retrieval.judged import DEPTH, Judged
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Hit, Query, ResultList
from gapviz.retrieval.run import Run, lists_of

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """An item that answers the query, and where the list has it."""

    item: int
    """Position in `Collection.items`."""
    grade: float
    rank: int | None
    """1 + the number of entries before it; None where the list does not hold it."""


@dataclass(frozen=True, eq=False)
class JudgedList:
    """What one judged query got, from a strategy or from a run that somebody else made."""

    name: str
    """Of what ranked it."""
    query: JudgedQuery
    found: ResultList
    """The first entries. Item −1: no item of the collection; modality "": not known; cosines and
    rows are not known. `match_rank` is that of the best answer."""
    grades: Mapping[int, float]
    """By item, of everything that is judged for the query."""
    answers: tuple[AnswerPlace, ...]
    """Best rank first; those that the list does not hold last, the highest grade first."""
    ndcg: float
    """NDCG@10 of this list; NaN for a query that no item answers."""
    unjudged: int
    """How many of the first 10 nobody judged."""
    n_first: int
    """How many of the first 10 there are."""
    length: int
    """Entries of the whole list."""

    @property
    def not_shown(self) -> tuple[AnswerPlace, ...]:
        """The answers that stand behind `found`, or nowhere."""
        shown = {hit.item for hit in self.found.hits}
        return tuple(one for one in self.answers if one.item not in shown)


def judged_list(
    run: Run, evaluation: Evaluation, position: int, corpus: Corpus, k: int
) -> JudgedList:
    """The list that a run has for one query.

    Args:
        run: as many lists as there are queries, in the same order.
        evaluation: the queries and their judgments.
        position: of the query.
        corpus: what the collection holds, for the share that is neutral.
        k: how many entries to show.
    """
    one, asked = run.only(position), _only(evaluation, position)
    judged = Judged(one, asked, corpus)
    query, grades = asked.queries[0], asked.grades_of(0)
    items, first = np.unique(one.item, return_index=True)
    rank = dict(zip(items.tolist(), (first + 1).tolist(), strict=True))
    answers = [
        AnswerPlace(item, grade, rank.get(item)) for item, grade in grades.items() if grade > 0
    ]
    answers.sort(key=lambda answer: (answer.rank or one.item.size + 1, -answer.grade, answer.item))
    hits = tuple(
        Hit(
            place + 1, -1, int(one.item[place]),
            one.names[one.modality[place]] if one.modality[place] >= 0 else "",
            float(one.score[place]), NAN,
        )
        for place in range(min(k, one.item.size))
    )  # fmt: skip
    shares = [_own_share(hit, query.modality, corpus) for hit in hits]
    values = judged.values
    n_first = min(DEPTH, int(one.item.size))
    return JudgedList(
        run.name,
        query,
        ResultList(
            hits,
            float(np.mean(shares)) if shares else NAN,
            float(judged.expected_share()[0]),
            answers[0].rank if answers else None,
        ),
        grades,
        tuple(answers),
        float(values["ndcg"][0]),
        sum(item not in grades for item in one.item[:n_first].tolist()),
        n_first,
        int(one.item.size),
    )


def search_judged(
    index: ExactIndex, evaluation: Evaluation, query: Query, corpus: Corpus, k: int
) -> JudgedList:
    """The list that a judged query gets from an index, over all that is indexed.

    Args:
        index: the rows, under a strategy that has seen the modality of the query; as `asked_by`
            makes it of all queries.
        evaluation: the queries and their judgments; items or rows are listed as its `unit` says.
        query: `judged` names it among those.
        corpus: what the collection holds.
        k: how many entries to show.

    Raises:
        GapvizError: k below 1, or a modality that the strategy has not seen.
    """
    if k < 1:
        raise GapvizError(f"cannot return {k} results", hint="ask for at least 1")
    asked = _only(evaluation, query.judged or 0)
    asking = ModalityVectors(
        read_only(query.vector[None, :].astype(np.float32)),
        read_only(np.zeros(1, dtype=np.int64)),
        read_only(np.zeros(1, dtype=np.bool_)),
    )
    asked = replace(asked, vectors={query.modality: asking})
    run = lists_of(index, asked, depth=max(index.rows.n_rows, 1))
    return judged_list(run, asked, 0, corpus, k)


def judged_query(evaluation: Evaluation, position: int, vector: Float32) -> Query:
    """A judged query with a vector `(dim,)`, a unit row."""
    own = evaluation.own_item
    item = None if own is None or own[position] < 0 else int(own[position])
    return Query(vector, evaluation.queries[position].modality, item, judged=position)


def _only(evaluation: Evaluation, position: int) -> Evaluation:
    """One query with its judgments, without vectors, found without a look at the others."""
    judged, own = evaluation.judgments, evaluation.own_item
    first, last = np.searchsorted(judged.query, (position, position + 1))
    return Evaluation(
        evaluation.name,
        (evaluation.queries[position],),
        Judgments(
            read_only(np.zeros(last - first, dtype=np.int64)),
            judged.item[first:last],
            judged.grade[first:last],
        ),
        unit=evaluation.unit,
        own_item=None if own is None else own[position : position + 1],
    )


def _own_share(hit: Hit, modality: str, corpus: Corpus) -> float:
    """1 for an entry of the modality, 0 for another; of an unknown row the share of its item's."""
    if hit.modality or hit.item < 0 or modality not in corpus.names:
        return float(hit.modality == modality)
    return float(corpus.share[hit.item, corpus.names.index(modality)])
