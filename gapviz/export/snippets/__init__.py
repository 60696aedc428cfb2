"""Code for the places where an exported strategy can run, one file a place."""

from __future__ import annotations

from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import Snippet
from gapviz.export.snippets.in_elasticsearch import elasticsearch_snippet
from gapviz.export.snippets.in_lancedb import lancedb_snippet
from gapviz.export.snippets.in_mixpeek import mixpeek_snippet
from gapviz.export.snippets.in_numpy import numpy_snippet
from gapviz.export.snippets.in_opensearch import opensearch_snippet
from gapviz.export.snippets.in_qdrant import qdrant_snippet

__all__ = ["Snippet", "snippets_of"]


def snippets_of(card: ExportCard) -> tuple[Snippet, ...]:
    """One snippet a place, with the real values of `card`; one without code says why."""
    makers = (
        numpy_snippet,
        qdrant_snippet,
        lancedb_snippet,
        elasticsearch_snippet,
        opensearch_snippet,
        mixpeek_snippet,
    )
    return tuple(make(card) for make in makers)
