"""Search: one query over a collection, all modalities mixed, under one strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.analyses.analysis import (
    QUERY_MODALITY,
    Analysis,
    Finding,
    Request,
    results_parameter,
)
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.table import Column, Table
from gapviz.core.vectors import Float32, unit_rows
from gapviz.encoders import load_encoder
from gapviz.encoders.registry import is_dual_encoder
from gapviz.measures.measurement import fit_and_measured
from gapviz.retrieval.search import ResultList, search
from gapviz.strategies import Strategy, fit_strategy

LONGEST_WORDS = 70

HIT_COLUMNS = (
    Column("rank", "rank"),
    Column("modality", "modality", text=True),
    Column("score", "score", decimals=4),
    Column("item", "item", text=True),
    Column("caption", "caption", text=True),
)


@dataclass(frozen=True, eq=False)
class Query:
    """One query, encoded but not yet moved by a strategy."""

    vector: Float32
    """`(dim,)`, a unit row."""
    modality: str
    item: int | None = None
    """Position of the item that is the right answer, where one is known."""
    leave_out_own: bool = False
    """True where the query is an entry of the index, which must not find itself."""


def item_query(collection: Collection, item: int, modality: str) -> Query:
    """An item of the collection as a query, by its first indexed vector of a modality.

    Raises:
        GapvizError: no such modality, or the item has no vector of it.
    """
    block = collection.modality(modality).corpus
    rows = np.flatnonzero(block.item_index == item)
    if not rows.size:
        raise GapvizError(
            f"item {collection.items[item].id[:80]!r} has no {modality} vector",
            where=collection.name,
            hint="name another query modality",
        )
    return Query(block.vectors[rows[0]], modality, item, leave_out_own=True)


def caption_rows(collection: Collection) -> dict[str, tuple[int, int]]:
    """Caption in lower case → its row of the text vectors, and its item.

    Captions are encoded already, so they need neither the encoder nor its libraries.
    """
    if "text" not in collection.modalities:
        return {}
    seen: dict[int, int] = {}
    rows: dict[str, tuple[int, int]] = {}
    for row, item in enumerate(collection.modality("text").item_index.tolist()):
        place = seen[item] = seen.get(item, -1) + 1
        captions = collection.items[item].captions
        if place < len(captions):
            rows.setdefault(captions[place].casefold(), (row, item))
    return rows


def text_query(collection: Collection, text: str) -> Query:
    """A typed text as a query; a caption of the collection knows its own item.

    Raises:
        GapvizError: no texts in the collection, or the encoder of its vectors is not known.
    """
    collection.modality("text")
    known = caption_rows(collection).get(text.casefold())
    if known is not None:
        row, item = known
        return Query(collection.modality("text").vectors[row], "text", item)
    if not is_dual_encoder(collection.encoder):
        raise GapvizError(
            f"was encoded by {collection.encoder[:80]!r}, which cannot encode a text here",
            where=collection.name,
            hint="name their model in --encoder, or search with --item ID",
        )
    vectors = load_encoder(collection.encoder).encode_texts([text])
    return Query(unit_rows(vectors, where="the query")[0], "text")


def answer(collection: Collection, strategy: Strategy, query: Query, *, k: int) -> ResultList:
    """The best entries of the collection for a query, under a fitted strategy.

    Raises:
        GapvizError: k below 1, or a query of another dimension.
    """
    corpus = corpus_rows(collection, strategy.alignment)
    scoring = None
    if strategy.scoring is not None:
        scoring = strategy.scoring.prepare(corpus, query_rows(collection, strategy.alignment))
    return search(
        corpus,
        strategy.alignment.transform(query.vector[None, :], query.modality)[0],
        query.modality,
        k=k,
        item=query.item,
        leave_out_own=query.leave_out_own,
        fusion=strategy.fusion,
        scoring=scoring,
    )


def hits_json(collection: Collection, found: ResultList) -> list[dict[str, Any]]:
    """Each hit with its item's id, first caption and image."""
    return [
        {
            "rank": hit.rank,
            "item": collection.items[hit.item].id,
            "modality": hit.modality,
            "score": hit.score,
            "cosine": hit.cosine,
            "caption": next(iter(collection.items[hit.item].captions), None),
            "image": collection.items[hit.item].image,
        }
        for hit in found.hits
    ]


def hits_table(collection: Collection, found: ResultList, title: str = "") -> Table:
    """Rank, modality, score, id and first caption of each hit."""
    rows: list[Sequence[Any]] = []
    for hit in found.hits:
        item = collection.items[hit.item]
        caption = item.captions[0] if item.captions else ""
        rows.append(
            [hit.rank, hit.modality, hit.score, item.id[:LONGEST_WORDS], caption[:LONGEST_WORDS]]
        )
    return Table(title, HIT_COLUMNS, rows)


def list_reading(found: ResultList, modality: str) -> str:
    """How much of a list has the query's modality, and where the match stands."""
    words = (
        f"{found.bias:.0%} of the results are {modality}, as are {found.corpus_share:.0%} of the "
        "index."
    )
    if found.match_rank is None:
        return words
    return f"{words} The match stands at rank {found.match_rank:,}."


def find_answer(request: Request, progress: Progress) -> Finding:
    """What one query finds."""
    text, item = request["text"], request["item"]
    if (text is None) == (item is None):
        raise GapvizError("a search needs one query", hint="give a text, or --item ID")
    collection = request.collection
    fitted_on, _ = fit_and_measured(collection, request.fit)
    strategy = fit_strategy(request.strategy, fitted_on)
    query = (
        text_query(collection, text)
        if item is None
        else item_query(collection, request.item(item), request.query_modality)
    )
    found = answer(collection, strategy, query, k=request["results"])
    return Finding(
        title=f"{collection.name}, encoder {collection.encoder}: {strategy.label}",
        warnings=strategy.warnings,
        readings=[list_reading(found, query.modality)],
        tables=[hits_table(collection, found)],
        figures={
            "collection": collection.name,
            "encoder": collection.encoder,
            "strategy": strategy.card.name,
            "query_modality": query.modality,
            "bias": found.bias,
            "corpus_share": found.corpus_share,
            "match_rank": found.match_rank,
            "hits": hits_json(collection, found),
        },
        result=found,
    )


ANALYSIS = Analysis(
    "search",
    "search a collection with a text or one of its items",
    "Search every vector of a collection, all modalities mixed, with a text or with one of its "
    "items. A text that is a caption of the collection knows its own item, and so has a match.",
    find_answer,
    parameters=(
        Parameter("text", "Text", "text", None, "what to search for; or give --item", flag="text"),
        Parameter("item", "Item", "text", None, "search with the item of this id"),
        QUERY_MODALITY,
        results_parameter(10),
    ),
    shared=("strategy", "fit"),
)
