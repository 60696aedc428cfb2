"""The strategy in Qdrant: one vector a point, or a named vector a modality."""

from __future__ import annotations

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

_STORE = '''
{numpy}from in_numpy import {imports}
from qdrant_client import models

COLLECTION = {name}


def store(client, points):
    """Create the collection and fill it: (id, {point}"""
    client.create_collection(
        COLLECTION,
        vectors_config={config},
    )
    client.upload_points(
        COLLECTION,
        [
            models.PointStruct(
                id=key,
                {vector},
            )
            for key, {unpacked} in points
        ],
        wait=True,
    )
'''
_ONE_VECTOR = {
    "point": "modality, vector as encoded) a point.",
    "config": "models.VectorParams(size=DIM, distance=models.Distance.COSINE)",
    "vector": """vector=move(vector[None], modality)[0].tolist(),
                payload={"modality": modality}""",
    "unpacked": "modality, vector",
}
_NAMED_VECTORS = {
    "config": """{
            name: models.VectorParams(size=DIM, distance=models.Distance.COSINE)
            for name in MODALITIES
        }""",
    "vector": "vector={name: move(v[None], name)[0].tolist() for name, v in vectors.items()}",
    "unpacked": "vectors",
}
_SEVERAL_VECTORS = {
    "config": """{
            name: models.VectorParams(
                size=DIM,
                distance=models.Distance.COSINE,
                # An item scores as its best vector does.
                multivector_config=models.MultiVectorConfig(
                    comparator=models.MultiVectorComparator.MAX_SIM
                ),
            )
            for name in MODALITIES
        }""",
    "vector": "vector={name: move(np.atleast_2d(v), name).tolist() for name, v in vectors.items()}",
    "unpacked": "vectors",
}

_MIXED = '''

def search(client, query, modality, k=10):
    """The k best points of all modalities for a query vector as encoded."""
    moved = move_query(query[None], modality)[0].tolist()
    return client.query_points(COLLECTION, query=moved, limit=k, with_payload=True).points
'''

_FUSED = '''

def search(client, query, modality, k=10{depth}):
    """The k best points by rank fusion, for a query vector as encoded."""
    moved = move_query(query[None], modality){asks}.tolist()
    return client.query_points(
        COLLECTION,
        prefetch=[
            models.Prefetch(query=moved, using=name, limit={limit}) for name in {order}
        ],
        # Qdrant counts ranks from 0: its k = {constant} is the paper's {paper:g}, ranks from 1.
        query=models.RrfQuery(rrf=models.Rrf(k={constant})),
        limit=k,
    ).points
'''

_MERGED = '''

def search(client, query, modality, k=10{depth}):
    """The k best as [(id, score)], merged here, for a query vector as encoded."""
    moved = move_query(query[None], modality){asks}.tolist()
{limit}
    answers = client.query_batch_points(
        COLLECTION,
        requests=[
            models.QueryRequest(query=moved, using=name, limit=limit) for name in MODALITIES
        ],
    )
    lists = {{
        name: [(point.id, point.score) for point in answer.points]
        for name, answer in zip(MODALITIES, answers)
    }}
    return merge(lists, modality)[:k]
'''

_WHOLE = "    limit = client.count(COLLECTION).count  # all of a list enters every score"

BY_ITEM = "A point is an item: all vectors that it has of a modality stand in one named vector."
BY_ROW = "A point is one vector: one image, or one text. Nothing stands in two lists."


def qdrant_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`store` and `search` with qdrant-client 1.16 or later."""
    how = card.serving
    code, note = "", ""
    start = head(card, "qdrant-client numpy safetensors")
    name = literal(CODE_NAME)
    if how == "references":
        note = REFERENCES_NOTE
    elif how == "mixed":
        code = (
            start
            + _STORE.format(numpy="", imports="DIM, move, move_query", name=name, **_ONE_VECTOR)
            + _MIXED
        )
        note = "One collection for all modalities; documents and queries are moved before."
    else:
        constant = card.rank_constant(0) if how == "ranks" and card.equal_weights else None
        imports = "DIM, MODALITIES, move, move_query"
        if constant is None:
            imports = "DIM, MODALITIES, merge, move, move_query"
        if constant is not None and not card.by_item:
            imports = "DIM, MODALITIES, list_order, move, move_query"
        layout = BY_ITEM if card.by_item else BY_ROW
        held = "vectors as encoded, one or several" if card.by_item else "vector as encoded"
        point = f"{{modality: {held}}}) a point.\n\n    {layout}\n    "
        code = start + _STORE.format(
            numpy="import numpy as np\n" if card.by_item else "",
            imports=imports,
            name=name,
            point=point,
            **(_SEVERAL_VECTORS if card.by_item else _NAMED_VECTORS),
        )
        asks = "" if card.by_item else "[0]"
        depth, limit = depth_words(card)
        if constant is not None:
            code += _FUSED.format(
                asks=asks,
                depth=depth,
                limit=limit,
                constant=constant,
                paper=constant - 1,
                order="MODALITIES" if card.by_item else "list_order(modality)",
            )
            note = _fused_note(card)
        else:
            top = _WHOLE if card.whole_lists else f"    limit = {limit}"
            code += _MERGED.format(asks=asks, depth=depth, limit=top)
            note = _merged_note(card)
    return Snippet("Qdrant", "in_qdrant.py", code, note)


def _fused_note(card: ExportCard) -> str:
    note = (
        "Qdrant's own default is k = 2 with ranks from 0, which weighs the first ranks far more; "
        "the value here is shifted by one so that the scores are those measured."
    )
    if card.by_item:
        return (
            f"{note} An item stands in a list by the best of its vectors (a multivector by "
            "MAX_SIM); lists are fused to a depth of 1,000."
        )
    return (
        f"{note} Every rank ties between the lists: the order of the prefetches decides in "
        "the embedded mode, while a server may break ties otherwise."
    )


def _merged_note(card: ExportCard) -> str:
    if card.whole_lists:
        return (
            "The lists are fetched whole, since all of a list enters its scale: fit for small "
            "collections only. Qdrant's own DBSF scales by what was fetched: other figures."
        )
    if card.serving == "ranks":
        return (
            "The application fuses: Qdrant's weights divide the rank, w / (rank + w·k), and would "
            "give another order than the weighted sum that was measured."
        )
    return "The application merges what one request brings from every list."


EXPORT = StoreExport(qdrant_snippet, place=20)
