"""`gapviz.search`: one query over all modalities."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.values import kind_of
from gapviz.measures.measurement import Fit
from gapviz.notebook.answer import Answer
from gapviz.notebook.asking import ask
from gapviz.notebook.chosen import chosen_strategy
from gapviz.notebook.frames import Record, flat_record
from gapviz.notebook.given import Source
from gapviz.notebook.html import picture_html
from gapviz.notebook.in_python import in_python

if TYPE_CHECKING:
    from gapviz.notebook.chosen import ChosenStrategy

RENAMED = {"match_match": "match_of"}
"""Column → what it is called in the frame: whether the item itself matches, or its label."""

ARGUMENTS = ("item", "image", "query_id", "query_modality", "k", "fit", "encoder")


@in_python
def search(
    source: Source,
    text: str | None = None,
    strategy: ChosenStrategy = "raw",
    *,
    k: int = 10,
    item: str | int | None = None,
    image: str | os.PathLike[str] | None = None,
    query_id: str | None = None,
    query_modality: str | None = None,
    fit: Fit = "split",
    encoder: str | None = None,
    **parameters: Any,
) -> Answer:
    """Search a collection, all modalities mixed, as the command `gapviz search` does.

    One query is given: a text, an item, a picture or a judged query.

    Args:
        source: a collection, arrays `(n_items, dim)` by modality, or the name of a source.
        text: what to search for. The encoder of the collection has to be known and installed,
            unless the text is a caption of the collection.
        strategy: its name, or what `gapviz.strategy` makes; raw cosine unless given.
        k: how many results.
        item: the id of an item that asks; of rows without ids, the number of its row.
        image: the file of a picture that asks.
        query_id: of a judged query of the collection.
        query_modality: of the item that asks; the first of the collection unless given.
        fit: `all` fits the strategy on all items.
        encoder: the model whose vectors to take, where a named source holds several; else the one
            that encodes the query.
        parameters: of the strategy, such as `strength=0.8`.

    Returns:
        Answer: its frame has a row a result: `rank`, `item`, `modality`, `score`, `cosine`,
            `caption`, `image`, and how likely it matches.

    Raises:
        GapvizError: no query or several, an encoder that is not known or not installed, no such
            item, or a `k` below 1.
    """
    for name, value in (("text", text), ("query_id", query_id)):
        if value is not None and not isinstance(value, str):
            raise GapvizError(f"{name} is {kind_of(value)} instead of a text", hint="give a text")
    if text is not None and not text.strip():
        raise GapvizError("the text is empty", hint="give words to search for")
    if sum(one is not None for one in (text, item, image, query_id)) != 1:
        raise GapvizError(
            "a search needs one query", hint="give a text, item=…, image=… or query_id=…"
        )
    options = chosen_strategy(strategy, parameters, ARGUMENTS)
    finding, request = ask(
        "search",
        source,
        options,
        values={
            "text": text,
            "item": None if item is None else str(item),
            "image": None if image is None else os.fspath(image),
            "query_id": query_id,
            "query_modality": query_modality,
            "results": k,
        },
        fit=fit,
        encoder=encoder,
    )
    hits = finding.figures.get("hits", ())
    collection = request.collection

    def picture(row: int) -> str | None:
        hit = hits[row] if row < len(hits) else None
        if hit is None:
            return None
        return picture_html(collection, collection.position[hit["item"]], hit["modality"])

    return Answer(finding, _rows, _rows, picture=picture if hits else None)


def _rows(figures: dict[str, Any]) -> list[Record]:
    rows = [flat_record(hit) for hit in figures.get("hits", ())]
    return [{RENAMED.get(name, name): value for name, value in row.items()} for row in rows]
