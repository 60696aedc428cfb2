"""The strategy in Elasticsearch: a knn retriever, or rank fusion of one a modality."""

from __future__ import annotations

from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import (
    CODE_NAME,
    ITEM_DEPTH,
    Search,
    Snippet,
    by_item,
    equal_weights,
    head,
    rank_constant,
    search_of,
    weights_of,
)
from gapviz.export.snippets.in_qdrant import REFERENCES_NOTE

_HEAD = '''
from elasticsearch import helpers
from in_numpy import DIM, {imports}

INDEX = {name}
FIELD = {{"type": "dense_vector", "dims": DIM, "index": True, "similarity": "cosine"}}
MAPPINGS = {{"properties": {mapped}}}


def store(client, documents):
    """Create the index and fill it: (id, {{modality: vector as encoded}}) a document.

    {layout}
    """
    client.indices.create(index=INDEX, mappings=MAPPINGS)
    helpers.bulk(
        client,
        [
            {{
                "_index": INDEX,
                "_id": key,
{source}
            }}
            for key, vectors in documents
        ],
    )
'''

_MIXED = '''

def retriever(query, modality, k=10):
    """The retriever's JSON for a query vector as encoded."""
    moved = move(query[None], modality)[0].tolist()
    return {"knn": {"field": "vector", "query_vector": moved, "k": k, "num_candidates": 10 * k}}
'''

_FUSED = '''

def retriever(query, modality, k=10, depth={depth}):
    """The retriever's JSON for a query vector as encoded: ranks from 1."""
    moved = move(query[None], modality)[0].tolist()
    window = max(k, depth)
    return {{
        "rrf": {{
            "retrievers": [
{entry}
                for name in MODALITIES
            ],
            "rank_constant": {constant},
            "rank_window_size": window,
        }}
    }}


def knn(name, moved, window):
    """One modality's list."""
    candidates = min(10 * window, 10_000)
    return {{
        "knn": {{
            "field": name, "query_vector": moved, "k": window, "num_candidates": candidates,
        }}
    }}
'''

_SEARCH = '''

def search(client, query, modality, k=10):
    """The k best documents."""
    return client.search(index=INDEX, retriever=retriever(query, modality, k), size=k)
'''

MERGE_NOTE = (
    "No code: the scores of the lists have to be made comparable in the application. Ask one "
    "list a modality, and give them to `merge` of the plain numpy file."
)
BY_ITEM = "A document is an item, with one field for every modality that it has."
BY_ROW = "A document is one vector: one image, or one text, in the field of its modality."


def elasticsearch_snippet(card: ExportCard) -> Snippet:
    """`store`, `retriever` and `search` with the client of Elasticsearch 8.16 or later."""
    title, file = "Elasticsearch", "in_elasticsearch.py"
    how = search_of(card)
    constant = rank_constant(card, 1) if how == "ranks" else None
    refused = refusal(how, constant)
    if refused:
        return Snippet(title, file, "", refused)
    mixed = how == "mixed"
    code = head(card, "elasticsearch numpy safetensors") + _HEAD.format(
        imports="move" if mixed else "MODALITIES, move",
        name=repr(CODE_NAME),
        mapped='{"vector": FIELD, "modality": {"type": "keyword"}}'
        if mixed
        else "{name: FIELD for name in MODALITIES}",
        layout=layout_words(card, how),
        source=_SOURCE_MIXED if mixed else _SOURCE_NAMED,
    )
    if mixed:
        return Snippet(title, file, code + _MIXED + _SEARCH, MIXED_NOTE)
    weighted = not equal_weights(card)
    entry = " " * 16 + "knn(name, moved, window)"
    if weighted:
        weights = repr(weights_of(card))
        entry = (
            " " * 16 + '{"retriever": knn(name, moved, window), "weight": ' + f"{weights}[name]}}"
        )
    code += _FUSED.format(depth=ITEM_DEPTH if by_item(card) else 0, entry=entry, constant=constant)
    note = (
        "Rank fusion needs a licence tier that includes it; ties between the lists break by the "
        "engine's own order."
    )
    if weighted:
        note += " Weights need Elasticsearch 9.2 or later."
    return Snippet(title, file, code + _SEARCH, note)


_SOURCE_MIXED = (
    '                **{"modality": name for name in vectors},\n'
    '                **{"vector": move(v[None], name)[0].tolist() for name, v in vectors.items()},'
)
_SOURCE_NAMED = (
    "                **{name: move(v[None], name)[0].tolist() for name, v in vectors.items()},"
)
MIXED_NOTE = (
    "One index for all modalities, one vector a document; documents and queries are moved before. "
    "The engine tells (1 + cosine) / 2 as the score: thresholds change accordingly."
)


def refusal(how: Search, constant: int | None) -> str:
    """Why there is no code for a strategy, or an empty text."""
    if how == "references":
        return REFERENCES_NOTE
    if how == "merge":
        return MERGE_NOTE
    if how == "ranks" and (constant is None or constant < 1):
        return "No code: the rank constant has to be a whole number of 1 or more here."
    return ""


def layout_words(card: ExportCard, how: Search) -> str:
    """What a document holds."""
    if how == "mixed":
        return "A document is one vector: one image, or one text."
    return BY_ITEM if by_item(card) else BY_ROW
