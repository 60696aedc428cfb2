"""The strategy in Milvus: one collection, an entry a vector."""

from __future__ import annotations

import json

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import (
    CODE_NAME,
    REFERENCES_NOTE,
    Snippet,
    StoreExport,
    depth_words,
    head,
)
from gapviz.strategies import Strategy

LARGEST_CONSTANT = 16_383
LONGEST_LIST = 16_384

_STORE = '''
from in_numpy import {imports}
from pymilvus import {names}

COLLECTION = {name}


def store(client, rows):
    """Create the collection and fill it: ({key}, modality, vector as encoded) an entry.

    An entry is one vector, so that none is missing: Milvus Lite would search a missing one, too.
    """
    schema = client.create_schema(auto_id=True)
    schema.add_field("entry", DataType.INT64, is_primary=True)
    schema.add_field("id", DataType.INT64)
    schema.add_field("modality", DataType.VARCHAR, max_length=1_000)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIM)
    indexes = client.prepare_index_params()
    # FLAT searches exactly, as was measured; HNSW or AUTOINDEX for more than some 100,000.
    indexes.add_index("vector", index_type="FLAT", metric_type="COSINE")
    client.create_collection(
        COLLECTION, schema=schema, index_params=indexes, consistency_level="Strong"
    )
    data = [
        {{"id": key, "modality": modality, "vector": move(vector[None], modality)[0].tolist()}}
        for key, modality, vector in rows
    ]
    for start in range(0, len(data), 1_000):
        client.insert(COLLECTION, data[start : start + 1_000])
    client.load_collection(COLLECTION)
'''

_MIXED = '''

def search(client, query, modality, k=10):
    """The k best entries of all modalities for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    return client.search(
        COLLECTION, [moved], anns_field="vector", limit=k, output_fields=["id", "modality"]
    )[0]
'''

_ONLY = """

# Conditions of Milvus, one a modality.
ONLY = {only}
"""

_FUSED = '''

def search(client, query, modality, k=10):
    """The k best entries by rank fusion, for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    lists = [
        AnnSearchRequest([moved], "vector", {{"metric_type": "COSINE"}}, limit=k, expr=ONLY[name])
        for name in list_order(modality)
    ]
    # Milvus counts ranks from 1, as the paper does.
    return client.hybrid_search(
        COLLECTION, lists, RRFRanker({constant}), limit=k, output_fields=["id", "modality"]
    )[0]
'''

_MERGED = '''

def search(client, query, modality, k=10{depth}):
    """The k best as [(id, score)], merged here, for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    limit = {limit}
    lists = {{}}
    for name in MODALITIES:
        found = client.search(
            COLLECTION,
            [moved],
            anns_field="vector",
            filter=ONLY[name],
            limit=limit,
            output_fields=["id"],
        )[0]
        lists[name] = [(hit["entity"]["id"], hit["distance"]) for hit in found]
    return merge(lists, modality)[:k]
'''

_WHOLE = (
    'client.query(COLLECTION, "", output_fields=["count(*)"])[0]["count(*)"]'
    "  # all of a list enters every score"
)


def milvus_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`store` and `search` with pymilvus 2.6 or later."""
    title, file, how = "Milvus", "in_milvus.py", card.serving
    if how == "references":
        return Snippet(title, file, "", REFERENCES_NOTE)
    native = how == "ranks" and card.equal_weights and not card.by_item
    constant = card.rank_constant(1) if native else None
    ranked = constant is not None and 0 < constant <= LARGEST_CONSTANT
    imports, names = "DIM, move, move_query", "DataType"
    if ranked:
        imports, names = (
            "DIM, list_order, move, move_query",
            "AnnSearchRequest, DataType, RRFRanker",
        )
    elif how != "mixed":
        imports = "DIM, MODALITIES, merge, move, move_query"
    code = head(card, "pymilvus numpy safetensors") + _STORE.format(
        imports=imports, names=names, name=literal(CODE_NAME),
        key="item id" if card.by_item else "id",
    )  # fmt: skip
    if how == "mixed":
        return Snippet(title, file, code + _MIXED, _MIXED_NOTE)
    only = {name: f"modality == {json.dumps(name, ensure_ascii=False)}" for name in card.modalities}
    code += _ONLY.format(only=literal(only))
    if ranked:
        return Snippet(title, file, code + _FUSED.format(constant=constant), _FUSED_NOTE)
    depth, limit = depth_words(card)
    code += _MERGED.format(depth=depth, limit=_WHOLE if card.whole_lists else limit)
    return Snippet(title, file, code, _merged_note(card))


_MIXED_NOTE = (
    "One collection for all modalities; documents and queries are moved before. `distance` of a "
    "hit is the cosine itself."
)
_FUSED_NOTE = (
    "Ranks from 1 and k as measured. Every rank ties between the lists, and Milvus may order "
    "equal scores as it likes. Milvus Lite fuses alike, but searches missing vectors as 0: here "
    "none is missing."
)


def _merged_note(card: ExportCard) -> str:
    if card.whole_lists:
        return (
            "The lists are fetched whole, since all of a list enters its scale: fit for small "
            f"collections only, since a server gives {LONGEST_LIST:,} entries at most. Milvus' own "
            "WeightedRanker scales otherwise, and by min and max in Milvus Lite alone."
        )
    if card.serving == "ranks":
        return (
            "The application fuses: Milvus' RRFRanker knows no weights and fuses entries, not "
            "items, and its WeightedRanker weighs scores, not ranks."
        )
    return "The application merges what one search a list brings."


EXPORT = StoreExport(milvus_snippet, place=32)
