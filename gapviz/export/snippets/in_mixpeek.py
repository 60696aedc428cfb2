"""The strategy as a Mixpeek retriever over vectors that were moved before they were stored."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import CODE_NAME, ITEM_DEPTH, Snippet, StoreExport, head
from gapviz.export.snippets.documents import MERGE_NOTE, refusal
from gapviz.strategies import Strategy

MOST_SEARCHES = 10
"""Searches that one stage may hold."""

_CODE = '''
from in_numpy import {imports}
from mixpeek.models.create_retriever_request import CreateRetrieverRequest

# The features that hold the moved vectors, as they are called in your namespace.
FEATURES = {features}


def retriever(collection, k=10):
    """What to create: its input `vector` is a query vector that `query_input` made."""
    searches = [
        {{
            "feature_uri": FEATURES[name],
            "query": {{"input_mode": "vector", "value": "{{{{INPUT.vector}}}}"}},
            "top_k": {limit},{weight}
        }}
        for name in FEATURES
    ]
    stage = {{
        "stage_id": "feature_search",
        "parameters": {{"searches": searches, "final_top_k": k{fusion}}},
    }}
    return CreateRetrieverRequest.from_dict(
        {{
            "retriever_name": {name},
            "collection_identifiers": [collection],
            "input_schema": {{"vector": {{"type": "array", "required": True}}}},
            "stages": [{{"stage_name": "search", "stage_type": "filter", "config": stage}}],
        }}
    )


def query_input(query, modality):
    """The retriever's inputs for a query vector as encoded."""
    return {{"vector": move_query(query[None], modality)[0].tolist()}}
'''

_RANKS_NOTE = (
    "Stages run one after another, each on what the one before it left, so that two of them "
    "cannot be fused: the modalities stand as the searches of one stage, which fuses them by "
    "rank. The rank constant cannot be chosen there: over lists that share no document it "
    "changes nothing, over items it moves the figures. The names of the features are yours "
    "to fill in."
)
_MIXED_NOTE = (
    "One feature holds the moved vectors of all modalities; its name is yours to fill in. "
    "Mixpeek must be given your vectors: those it encodes itself are not moved."
)


def mixpeek_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`retriever` and `query_input` with the models of the package `mixpeek`."""
    title, file = "Mixpeek", "in_mixpeek.py"
    how = card.serving
    refused = refusal(card, 1) or (MERGE_NOTE if how == "merge" else "")
    if not refused and how == "ranks" and len(card.modalities) > MOST_SEARCHES:
        refused = f"No code: a stage holds at most {MOST_SEARCHES} searches."
    weights = card.list_weights
    if not refused and how == "ranks" and not any(weights.values()):
        refused = "No code: every list has the weight 0."
    if refused:
        return Snippet(title, file, "", refused)
    mixed = how == "mixed"
    names = ("vector",) if mixed else card.modalities
    features = {name: f"namespace://{CODE_NAME}/{name}" for name in names}
    scaled = {name: weight / max(weights.values()) for name, weight in weights.items()}
    code = head(card, "mixpeek numpy safetensors") + _CODE.format(
        imports="move_query",
        features=literal(features),
        limit=f"max(k, {ITEM_DEPTH})" if card.by_item else "k",
        weight="" if mixed else f'\n            "weight": {literal(scaled)}[name],',
        fusion="" if mixed else ', "fusion": "rrf"',
        name=literal(CODE_NAME),
    )
    return Snippet(title, file, code, _MIXED_NOTE if mixed else _RANKS_NOTE)


EXPORT = StoreExport(mixpeek_snippet, place=60)
