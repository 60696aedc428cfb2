"""The strategy in Elasticsearch: a knn retriever, or rank fusion of one a modality."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import Snippet, StoreExport, depth_words, head
from gapviz.export.snippets.documents import BEST_NOTE, MIXED_NOTE, document_index, refusal
from gapviz.strategies import Strategy

_HEAD = """
{numpy}from elasticsearch import helpers
from in_numpy import DIM, {imports}

INDEX = {name}
FIELD = {{"type": "dense_vector", "dims": DIM, "index": True, "similarity": "cosine"}}
MAPPINGS = {{"properties": {mapped}}}
# The engine takes no more of them.
MOST_CANDIDATES = 10_000
"""

_MIXED = '''

def retriever(query, modality, k=10):
    """The retriever's JSON for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    candidates = min(10 * k, MOST_CANDIDATES)
    return {
        "knn": {"field": "vector", "query_vector": moved, "k": k, "num_candidates": candidates}
    }
'''

_FUSED = '''

def retriever(query, modality, k=10{depth}):
    """The retriever's JSON for a query vector as encoded: ranks from 1."""
    moved = move_query(query[None], modality)[0].tolist()
    window = min({limit}, MOST_CANDIDATES)
    return {{
        "rrf": {{
            "retrievers": [{entry} for name in MODALITIES],
            "rank_constant": {constant},
            "rank_window_size": window,
        }}
    }}
'''

_BEST = '''

def retriever(query, modality, k=10):
    """The retriever's JSON for a query vector as encoded: the best cosine of an item."""
    moved = move_query(query[None], modality)[0].tolist()
    queries = [nested(name, moved, k) for name in MODALITIES]
    return {"standard": {"query": {"dis_max": {"queries": queries}}}}
'''

_KNN = '''

def knn(name, moved, window):
    """One modality's list."""
    return {
        "knn": {
            "field": name,
            "query_vector": moved,
            "k": window,
            "num_candidates": min(10 * window, MOST_CANDIDATES),
        }
    }
'''

_NESTED = '''

def nested(name, moved, window):
    """One modality's list: items by the best of their vectors."""
    query = knn(f"{name}.vector", moved, window)
    return {"nested": {"path": name, "score_mode": "max", "query": query}}
'''

_SEARCH = '''

def search(client, query, modality, k=10):
    """The k best documents."""
    return client.search(index=INDEX, retriever=retriever(query, modality, k), size=k)
'''


def elasticsearch_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`store`, `retriever` and `search` with the client of Elasticsearch 8.16 or later."""
    title, file = "Elasticsearch", "in_elasticsearch.py"
    how = card.serving
    constant = card.rank_constant(1) if how == "ranks" else None
    refused = refusal(card, constant)
    if refused:
        return Snippet(title, file, "", refused)
    code = head(card, "elasticsearch numpy safetensors") + document_index(
        _HEAD, card, "mappings=MAPPINGS"
    )
    if how == "mixed":
        return Snippet(title, file, code + _MIXED + _SEARCH, f"{MIXED_NOTE} {_CANDIDATES_NOTE}")
    lists = _KNN + _NESTED if card.by_item else _KNN
    if how == "merge":
        return Snippet(
            title, file, code + lists + _BEST + _SEARCH, f"{BEST_NOTE} {_CANDIDATES_NOTE}"
        )
    weighted = not card.equal_weights
    entry = "knn(name, moved, window)"
    if card.by_item:
        entry = '{"standard": {"query": nested(name, moved, window)}}'
    if weighted:
        entry = f'{{"retriever": {entry}, "weight": WEIGHTS[name]}}'
        code += f"\n\nWEIGHTS = {literal(card.list_weights)}\n"
    depth, limit = depth_words(card)
    fused = _FUSED.format(depth=depth, limit=limit, entry=entry, constant=constant)
    note = (
        "Rank fusion needs the Enterprise licence tier of Elasticsearch (or its trial); ties "
        "between the lists break by the engine's own order."
    )
    if card.by_item:
        note += (
            " Several vectors of an item are nested ones, of which the best counts; lists are "
            "fused to a depth of 1,000."
        )
    if weighted:
        note += " Weights need Elasticsearch 9.2 or later."
    return Snippet(title, file, code + lists + fused + _SEARCH, f"{note} {_CANDIDATES_NOTE}")


_CANDIDATES_NOTE = (
    "A list is no deeper than 10,000 entries, since the engine takes no more candidates."
)

EXPORT = StoreExport(elasticsearch_snippet, place=40)
