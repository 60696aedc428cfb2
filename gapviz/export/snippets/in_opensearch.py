"""The strategy in OpenSearch: a knn query, or a hybrid query behind a rank-fusion pipeline."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import CODE_NAME, Snippet, StoreExport, depth_words, head
from gapviz.export.snippets.documents import BEST_NOTE, MIXED_NOTE, document_index, refusal
from gapviz.strategies import Strategy

MOST_QUERIES = 5
"""Queries that a hybrid query may hold."""
LARGEST_CONSTANT = 10_000

_HEAD = """
{numpy}from in_numpy import DIM, {imports}
from opensearchpy import helpers

INDEX = {name}
FIELD = {{
    "type": "knn_vector",
    "dimension": DIM,
    "method": {{"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}},
}}
BODY = {{
    "settings": {{"index": {{"knn": True}}}},
    "mappings": {{"properties": {mapped}}},
}}
"""

_MIXED = '''

def search(client, query, modality, k=10):
    """The k best documents for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    body = {"size": k, "query": {"knn": {"vector": {"vector": moved, "k": k}}}}
    return client.search(index=INDEX, body=body)
'''

_FUSED = '''

PIPELINE = "{name}-rank-fusion"
COMBINATION = {combination}


def create_pipeline(client):
    """Rank fusion, to be created once."""
    ranker = {{"score-ranker-processor": {{"combination": COMBINATION}}}}
    client.search_pipeline.put(id=PIPELINE, body={{"phase_results_processors": [ranker]}})


def search(client, query, modality, k=10{depth}):
    """The k best documents by rank fusion, for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    lists = [listed(name, moved, {limit}) for name in MODALITIES]
    body = {{"size": k, "query": {{"hybrid": {{"queries": lists}}}}}}
    return client.search(index=INDEX, body=body, params={{"search_pipeline": PIPELINE}})
'''

_LISTED = '''

def listed(name, moved, limit):
    """One modality's list."""
    return {"knn": {name: {"vector": moved, "k": limit}}}
'''

_NESTED = '''

def listed(name, moved, limit):
    """One modality's list: items by the best of their vectors."""
    query = {"knn": {f"{name}.vector": {"vector": moved, "k": limit}}}
    return {"nested": {"path": name, "score_mode": "max", "query": query}}
'''

_BEST = '''

def search(client, query, modality, k=10):
    """The k best items by their best cosine, for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    lists = [listed(name, moved, k) for name in MODALITIES]
    body = {"size": k, "query": {"dis_max": {"queries": lists}}}
    return client.search(index=INDEX, body=body)
'''


def opensearch_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`store`, `create_pipeline` and `search` with the client of OpenSearch 2.19 or later."""
    title, file = "OpenSearch", "in_opensearch.py"
    how = card.serving
    constant = card.rank_constant(1) if how == "ranks" else None
    refused = refusal(card, constant)
    if not refused and constant is not None and constant > LARGEST_CONSTANT:
        refused = "No code: the rank constant is at most 10,000 here."
    if not refused and how == "ranks" and len(card.modalities) > MOST_QUERIES:
        refused = f"No code: a hybrid query holds at most {MOST_QUERIES} queries."
    if not refused and how == "ranks" and not any(card.list_weights.values()):
        refused = "No code: every list has the weight 0."
    if refused:
        return Snippet(title, file, "", refused)
    code = head(card, "opensearch-py numpy safetensors") + document_index(_HEAD, card, "body=BODY")
    if how == "mixed":
        return Snippet(title, file, code + _MIXED, MIXED_NOTE)
    code += _NESTED if card.by_item else _LISTED
    if how == "merge":
        return Snippet(title, file, code + _BEST, BEST_NOTE)
    combination: dict[str, object] = {"technique": "rrf", "rank_constant": constant}
    if not card.equal_weights:
        weights = list(card.list_weights.values())
        combination["parameters"] = {"weights": [weight / sum(weights) for weight in weights]}
    depth, limit = depth_words(card)
    code += _FUSED.format(
        name=CODE_NAME, combination=literal(combination), depth=depth, limit=limit
    )
    note = (
        "Ranks from 1; weights are scaled to a sum of 1, which changes no order. Ties between "
        "the lists break by the engine's own order. OpenSearch 2.19 takes no rank constant but its "
        "own 60, and weights need 3.1 or later."
    )
    if card.by_item:
        note += (
            " Several vectors of an item are nested ones, of which the best counts; lists are "
            "fused to a depth of 1,000."
        )
    return Snippet(title, file, code, note)


EXPORT = StoreExport(opensearch_snippet, place=50)
