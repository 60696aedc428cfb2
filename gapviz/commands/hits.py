"""What several commands share: a result list, as lines and as plain values."""

from __future__ import annotations

from typing import Any

from gapviz.commands.table import printable
from gapviz.core.collection import Collection
from gapviz.retrieval.index import ResultList

LONGEST_WORDS = 100


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


def hit_lines(collection: Collection, found: ResultList) -> list[str]:
    """Rank, modality, score, id and first caption of each hit."""
    lines = []
    for hit in found.hits:
        item = collection.items[hit.item]
        caption = item.captions[0] if item.captions else ""
        shown = printable(f"{item.id}  {caption}"[:LONGEST_WORDS])
        lines.append(f"{hit.rank:>4}  {hit.modality:8}{hit.score:9.4f}  {shown}".rstrip())
    return lines
