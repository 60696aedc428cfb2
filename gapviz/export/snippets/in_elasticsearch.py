"""The strategy in Elasticsearch: a knn retriever, or rank fusion of one a modality."""

from __future__ import annotations

from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import (
    CODE_NAME,
    Search,
    Snippet,
    by_item,
    depth_words,
    equal_weights,
    head,
    literal,
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
    """Create the index and fill it: {document}.

    {layout}
    """
    client.indices.create(index=INDEX, mappings=MAPPINGS)
    helpers.bulk(
        client,
        [
            {{
                "_index": INDEX,
                "_id": key,
{fields}
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

def retriever(query, modality, k=10{depth}):
    """The retriever's JSON for a query vector as encoded: ranks from 1."""
    moved = move(query[None], modality)[0].tolist()
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
        name=literal(CODE_NAME),
        mapped='{"vector": FIELD, "modality": {"type": "keyword"}}'
        if mixed
        else "{name: FIELD for name in MODALITIES}",
        layout=layout_words(card, how),
        document=document_words(mixed),
        fields=document_fields(mixed),
    )
    if mixed:
        return Snippet(title, file, code + _MIXED + _SEARCH, MIXED_NOTE)
    weighted = not equal_weights(card)
    entry = "knn(name, moved, window)"
    if weighted:
        entry = f'{{"retriever": {entry}, "weight": WEIGHTS[name]}}'
        code += f"\n\nWEIGHTS = {literal(weights_of(card))}\n"
    depth, limit = depth_words(card)
    code += _FUSED.format(depth=depth, limit=limit, entry=entry, constant=constant)
    note = (
        "Rank fusion needs a licence tier that includes it; ties between the lists break by the "
        "engine's own order."
    )
    if weighted:
        note += " Weights need Elasticsearch 9.2 or later."
    return Snippet(title, file, code + _SEARCH, note)


MIXED_NOTE = (
    "One index for all modalities, one vector a document; documents and queries are moved before. "
    "The engine tells (1 + cosine) / 2 as the score: thresholds change accordingly."
)


def document_words(mixed: bool) -> str:
    """What the generated `store` takes for a document."""
    if mixed:
        return "(id, modality, vector as encoded) a document"
    return "(id, {modality: vector as encoded}) a document"


def document_fields(mixed: bool) -> str:
    """The fields of a document in the generated `store`, and the loop over documents."""
    if mixed:
        return (
            '                "modality": modality,\n'
            '                "vector": move(vector[None], modality)[0].tolist(),\n'
            "            }\n            for key, modality, vector in documents"
        )
    return (
        "                **{name: move(v[None], name)[0].tolist() for name, v in vectors.items()},"
        "\n            }\n            for key, vectors in documents"
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
