"""What one judged query got: its list with grades, and where the answers stand it does not show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan
from typing import Any

from PIL.Image import Image

from gapviz.analyses.analysis import Finding
from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery
from gapviz.core.item import Item
from gapviz.core.item_lookup import MOST_COMPARED
from gapviz.core.nearest import choose
from gapviz.core.plain_json import plain_json
from gapviz.core.table import Column, Table
from gapviz.core.vectors import Float32
from gapviz.core.wording import counted, figure, sentence
from gapviz.measures.retrieval.judged import DEPTH, Judged
from gapviz.measures.retrieval.judged_list import (
    AnswerPlace,
    JudgedList,
    judged_list,
    judged_query,
    search_judged,
)
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query, ResultList
from gapviz.retrieval.run import asked_by
from gapviz.sources.images.decoding import decode_image
from gapviz.sources.images.references import image_bytes

LONGEST_WORDS = 70
MOST_ANSWERS = 5
"""Answers that a list does not show, and that are named one by one."""

NOT_AN_ITEM = "not in this collection"

JUDGED_COLUMNS = (
    Column("rank", "rank"),
    Column("modality", "modality", text=True),
    Column("score", "score", decimals=4),
    Column("grade", "judged", text=True),
    Column("item", "item", text=True),
    Column("caption", "caption", text=True),
)


def evaluation_of(collection: Collection) -> Evaluation:
    """The queries of a collection.

    Raises:
        GapvizError: there are none.
    """
    if collection.evaluation is None:
        raise GapvizError(
            "has no queries of its own",
            where=collection.name,
            hint="give them with --queries and --judgments, or search with a text or an item",
        )
    return collection.evaluation


def query_position(collection: Collection, query_id: str) -> int:
    """Position of the judged query of that id.

    Raises:
        GapvizError: no such query, or none at all.
    """
    evaluation = evaluation_of(collection)
    position = evaluation.position.get(query_id)
    if position is None:
        raise GapvizError(
            f"has no query {query_id[:80]!r}",
            where=collection.name,
            hint=choose(query_id, [query.id[:80] for query in evaluation.queries[:MOST_COMPARED]]),
        )
    return position


def query_of_evaluation(
    collection: Collection,
    query_id: str,
    encode_text: Callable[[str], Float32],
    encode_picture: Callable[[Image], Float32] | None,
) -> Query:
    """The judged query of that id, with the vector that came with it, else encoded now.

    Args:
        collection: with an evaluation.
        query_id: of the query.
        encode_text: makes a text a unit row `(dim,)`; raises `GapvizError` where it cannot.
        encode_picture: the same of a picture; None where no encoder is at hand.

    Raises:
        GapvizError: no such query, or neither a vector nor an encoder of it.
    """
    evaluation, position = evaluation_of(collection), query_position(collection, query_id)
    query, vector = evaluation.queries[position], evaluation.vector_of(position)
    if vector is None and query.modality == "text" and query.text:
        vector = encode_text(query.text)
    if vector is None and query.modality == "image" and query.image and encode_picture:
        content = image_bytes(query.image, collection.root)
        vector = encode_picture(decode_image(content, where=query.image))
    if vector is None:
        raise GapvizError(
            f"the query {query.id[:80]!r} came without a vector, and cannot be encoded here",
            where=collection.name,
            hint="give vectors of the queries, made by the model of the items",
        )
    return judged_query(evaluation, position, vector)


def grade_words(grade: float | None) -> str:
    """`relevant, grade 2`, `judged not relevant` or `not judged`."""
    if grade is None:
        return "not judged"
    return f"relevant, grade {grade:g}" if grade > 0 else "judged not relevant"


def item_words(item: Item) -> str:
    """An item in a line: its first caption in quotes, or its id."""
    if not item.captions:
        return item.id[:LONGEST_WORDS]
    words = item.captions[0]
    return f"“{words[:LONGEST_WORDS]}{'…' * (len(words) > LONGEST_WORDS)}”"


def query_words(query: JudgedQuery, n_answers: int) -> str:
    """Modality of a query, what it asks for, and how many answers it has, in a line."""
    asked = query.asked_modality
    wanted = f"asks for {asked}" if asked else "any modality may answer"
    answers = counted(n_answers, "answer") if n_answers else "no answer among the items"
    return f"{query.modality} query · {wanted} · {answers}"


def share_reading(found: ResultList, modality: str) -> str:
    """How much of a list has the query's modality, in a sentence."""
    words = f"{found.bias:.0%} of the results are {modality}"
    if isnan(found.corpus_share):
        return f"{words}."
    return f"{words}, as are {found.corpus_share:.0%} of the index."


def judged_answer(collection: Collection, index: ExactIndex, query: Query, k: int) -> Finding:
    """What a judged query finds: its list with grades, and the answers that are not shown.

    Raises:
        GapvizError: k below 1, or a modality that the strategy has not seen.
    """
    evaluation, corpus = evaluation_of(collection), Corpus.of(collection)
    found = search_judged(asked_by(index, evaluation), evaluation, query, corpus, k)
    asked, hidden = found.query, hidden_answers(found, collection)
    shown = f"“{asked.text}”" if asked.text else asked.image or "no text and no picture of it"
    return Finding(
        readings=[
            f"{asked.id}: {shown}. {sentence(query_words(asked, len(found.answers)))}",
            f"{share_reading(found.found, asked.modality)} {list_words(found)}",
        ],
        tables=[judged_hits_table(collection, found)],
        parts={"not_shown": Finding(title="Answers not shown", readings=hidden)} if hidden else {},
        figures=judged_figures(collection, found),
        result=found.found,
    )


def list_of_run(judged: Judged, query: JudgedQuery, k: int) -> JudgedList:
    """The list that a run of another system has for a judged query.

    Raises:
        GapvizError: the query is none of those that are measured.
    """
    place = judged.evaluation.position.get(query.id)
    if place is None:
        raise GapvizError(
            f"is read for the queries that evaluate, and {query.id[:80]!r} is none of them",
            where=judged.run.name,
            hint="choose a query that evaluates",
        )
    return judged_list(judged.run, judged.evaluation, place, judged.corpus, k)


def run_answer(judged: Judged, query: JudgedQuery, collection: Collection, k: int) -> Finding:
    """The list of a run for a judged query, with its grades.

    Raises:
        GapvizError: as `list_of_run`.
    """
    found = list_of_run(judged, query, k)
    return Finding(
        title=judged.run.name,
        readings=[list_words(found)],
        tables=[judged_hits_table(collection, found)],
        figures=judged_figures(collection, found),
        warnings=judged.run.notes,
    )


def list_words(found: JudgedList) -> str:
    """What this one list is worth, in sentences."""
    n_answers = len(found.answers)
    told = []
    if found.answers:
        shown = n_answers - len(found.not_shown)
        told.append(
            f"NDCG@{DEPTH} of this list is {figure(found.ndcg)}: {shown} of "
            f"{counted(n_answers, 'answer')} shown."
        )
        told += [f"{best_words(found)}."] if found.not_shown else []
    else:
        told.append("No item of the collection answers it, so that this list has no NDCG.")
    told.append(
        f"{found.unjudged} of the first {counted(found.n_first, 'result')} were judged by nobody."
    )
    return " ".join(told)


def best_words(found: JudgedList) -> str:
    """Where the best answer stands, in a clause."""
    rank = found.answers[0].rank if found.answers else None
    if rank is None:
        return f"No answer stands among the {counted(found.length, 'entry', 'entries')} of the list"
    return f"The best answer stands at place {rank:,}"


def place_words(one: AnswerPlace, found: JudgedList, collection: Collection) -> str:
    """An answer, its grade and its place, in a line."""
    where = f"not among the {found.length:,} listed"
    if one.rank is not None:
        where = f"at place {one.rank:,}"
    return f"{item_words(collection.items[one.item])}, grade {one.grade:g}, {where}"


def hidden_answers(found: JudgedList, collection: Collection) -> list[str]:
    """The answers that the list does not show, a line each, and how many more there are."""
    hidden = found.not_shown
    lines = [place_words(one, found, collection) for one in hidden[:MOST_ANSWERS]]
    more = len(hidden) - len(lines)
    return [*lines, f"and {more:,} more"] if more else lines


def judged_hits_table(collection: Collection, found: JudgedList) -> Table:
    """Rank, modality, score, judgment, id and first caption of each entry."""
    rows: list[Sequence[Any]] = []
    for hit in found.found.hits:
        known = [grade_words(found.grades.get(hit.item)), NOT_AN_ITEM, ""]
        if hit.item >= 0:
            item = collection.items[hit.item]
            known[1:] = [item.id[:LONGEST_WORDS], next(iter(item.captions), "")[:LONGEST_WORDS]]
        rows.append([hit.rank, hit.modality or "unknown", hit.score, *known])
    return Table("", JUDGED_COLUMNS, rows)


def judged_figures(collection: Collection, found: JudgedList) -> dict[str, Any]:
    """What is known of a judged list, as plain values; `grade` is None where nobody judged."""
    items = collection.items

    def entry(rank: int, item: int, modality: str, score: float) -> dict[str, Any]:
        known = items[item] if item >= 0 else None
        return {
            "rank": rank,
            "item": known and known.id,
            "modality": modality or None,
            "score": score,
            "grade": found.grades.get(item),
            "caption": next(iter(known.captions), None) if known else None,
            "image": known and known.image,
        }

    plain: dict[str, Any] = plain_json(
        {
            "query_id": found.query.id,
            "query": found.query.text or found.query.image,
            "asked_modality": found.query.asked_modality,
            "bias": found.found.bias,
            "corpus_share": found.found.corpus_share,
            "match_rank": found.found.match_rank,
            "ndcg_at_10": None if isnan(found.ndcg) else found.ndcg,
            "unjudged_of_first_10": found.unjudged,
            "answers": [
                {"item": items[one.item].id, "grade": one.grade, "rank": one.rank}
                for one in found.answers
            ],
            "hits": [entry(h.rank, h.item, h.modality, h.score) for h in found.found.hits],
        }
    )
    return plain
