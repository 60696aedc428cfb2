"""The strategy in Elasticsearch: a knn retriever, or rank fusion of one a modality."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import Snippet, StoreExport, depth_words, head
from gapviz.export.snippets.documents import MIXED_NOTE, document_index, refusal
from gapviz.strategies import Strategy

_HEAD = """
from elasticsearch import helpers
from in_numpy import DIM, {imports}

INDEX = {name}
FIELD = {{"type": "dense_vector", "dims": DIM, "index": True, "similarity": "cosine"}}
MAPPINGS = {{"properties": {mapped}}}
"""

_MIXED = '''

def retriever(query, modality, k=10):
    """The retriever's JSON for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    return {"knn": {"field": "vector", "query_vector": moved, "k": k, "num_candidates": 10 * k}}
'''

_FUSED = '''

def retriever(query, modality, k=10{depth}):
    """The retriever's JSON for a query vector as encoded: ranks from 1."""
    moved = move_query(query[None], modality)[0].tolist()
    window = {limit}
    return {{
        "rrf": {{
            "retrievers": [{entry} for name in MODALITIES],
            "rank_constant": {constant},
            "rank_window_size": window,
        }}
    }}


def knn(name, moved, window):
    """One modality's list."""
    candidates = min(10 * window, 10_000)
    return {{
        "knn": {{
            "field": name,
            "query_vector": moved,
            "k": window,
            "num_candidates": candidates,
        }}
    }}
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
    refused = refusal(how, constant)
    if refused:
        return Snippet(title, file, "", refused)
    code = head(card, "elasticsearch numpy safetensors") + document_index(
        _HEAD, card, "mappings=MAPPINGS"
    )
    if how == "mixed":
        return Snippet(title, file, code + _MIXED + _SEARCH, MIXED_NOTE)
    weighted = not card.equal_weights
    entry = "knn(name, moved, window)"
    if weighted:
        entry = f'{{"retriever": {entry}, "weight": WEIGHTS[name]}}'
        code += f"\n\nWEIGHTS = {literal(card.list_weights)}\n"
    depth, limit = depth_words(card)
    code += _FUSED.format(depth=depth, limit=limit, entry=entry, constant=constant)
    note = (
        "Rank fusion needs a licence tier that includes it; ties between the lists break by the "
        "engine's own order."
    )
    if weighted:
        note += " Weights need Elasticsearch 9.2 or later."
    return Snippet(title, file, code + _SEARCH, note)


EXPORT = StoreExport(elasticsearch_snippet, place=40)
