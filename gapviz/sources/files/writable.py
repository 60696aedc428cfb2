"""Texts of a collection that can be stored and shown: none holds half of a surrogate pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gapviz.core.collection import Collection
from gapviz.core.evaluation import Evaluation, JudgedQuery
from gapviz.core.item import Item
from gapviz.sources.files.texts import is_utf8


def writable(collection: Collection) -> Collection:
    """The same collection, with a question mark for each half of a surrogate pair.

    JSON, NumPy and file names may hold them, and nothing can write them as UTF-8.

    Raises:
        GapvizError: two ids that differ in nothing else.
    """
    if is_utf8("\n".join(_texts(collection))):
        return collection
    return replace(
        collection,
        name=_plain(collection.name),
        encoder=_plain(collection.encoder),
        attribution=_plain(collection.attribution),
        items=tuple(
            Item(
                _plain(item.id),
                None if item.label is None else _plain(item.label),
                tuple(map(_plain, item.captions)),
                # A picture under another name would not be found.
                item.image if item.image is None or is_utf8(item.image) else None,
            )
            for item in collection.items
        ),
        modalities={_plain(name): block for name, block in collection.modalities.items()},
        evaluation=None if collection.evaluation is None else _asked(collection.evaluation),
    )


def _asked(evaluation: Evaluation) -> Evaluation:
    return replace(
        evaluation,
        name=_plain(evaluation.name),
        queries=tuple(
            JudgedQuery(
                _plain(query.id),
                _plain(query.modality),
                _plain(query.text),
                query.image if query.image is None or is_utf8(query.image) else None,
                None if query.asked_modality is None else _plain(query.asked_modality),
            )
            for query in evaluation.queries
        ),
        vectors={_plain(name): block for name, block in evaluation.vectors.items()},
        notes=tuple(map(_plain, evaluation.notes)),
    )


def _texts(collection: Collection) -> Iterator[str]:
    yield from (collection.name, collection.encoder, collection.attribution)
    yield from collection.modalities
    for item in collection.items:
        yield from (item.id, item.label or "", item.image or "", *item.captions)
    if collection.evaluation is not None:
        yield from (collection.evaluation.name, *collection.evaluation.notes)
        for query in collection.evaluation.queries:
            yield from (query.id, query.modality, query.text, query.image or "")
            yield query.asked_modality or ""


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
