"""The strategy in LanceDB: one table, a row a vector."""

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
import pyarrow as pa
from in_numpy import {imports}
{reranker}
TABLE = {name}


def store(db, rows):
    """Create the table and fill it: ({key}, modality, vector as encoded) a row."""
    schema = pa.schema(
        [
            ("id", pa.int64()),
            ("modality", pa.string()),
            ("vector", pa.list_(pa.float32(), DIM)),
        ]
    )
    data = [
        {{"id": key, "modality": modality, "vector": move(vector[None], modality)[0]}}
        for key, modality, vector in rows
    ]
    return db.create_table(TABLE, data=data, schema=schema)
'''

_MIXED = '''

def search(table, query, modality, k=10):
    """The k best rows of all modalities for a query vector as encoded."""
    moved = move_query(query[None], modality)[0]
    return table.search(moved).distance_type("cosine").limit(k).to_list()
'''

_LISTS = '''

# Conditions in SQL, one a modality.
ONLY = {only}


def listed(table, moved, modality, limit):
    """One modality's nearest rows, best first."""
    nearest = table.search(moved).distance_type("cosine").where(ONLY[modality], prefilter=True)
    return nearest.with_row_id(True).limit(limit).to_arrow()
'''

_FUSED = '''

def search(table, query, modality, k=10):
    """The k best rows by rank fusion, for a query vector as encoded."""
    moved = move_query(query[None], modality)[0]
    lists = [listed(table, moved, name, k) for name in list_order(modality)]
    # LanceDB counts ranks from 1, as the paper does.
    return RRFReranker(K={constant}).rerank_multivector(lists).slice(0, k).to_pylist()
'''

_MERGED = '''

def search(table, query, modality, k=10{depth}):
    """The k best as [(id, score)], merged here, for a query vector as encoded."""
    moved = move_query(query[None], modality)[0]
    lists = {{}}
    for name in MODALITIES:
        found = listed(table, moved, name, {limit})
        cosines = [1 - distance for distance in found["_distance"].to_pylist()]
        lists[name] = list(zip(found["id"].to_pylist(), cosines))
    return merge(lists, modality)[:k]
'''


def lancedb_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`store` and `search` with lancedb."""
    title, file = "LanceDB", "in_lancedb.py"
    how = card.serving
    if how == "references":
        return Snippet(title, file, "", REFERENCES_NOTE)
    native = how == "ranks" and card.equal_weights and not card.by_item
    constant = card.rank_constant(1) if native else None
    reranked = constant is not None and constant > 0
    imports = "DIM, move, move_query"
    if reranked:
        imports = "DIM, list_order, move, move_query"
    elif how != "mixed":
        imports = "DIM, MODALITIES, merge, move, move_query"
    code = head(card, "lancedb numpy safetensors") + _STORE.format(
        imports=imports,
        reranker="from lancedb.rerankers import RRFReranker\n" if reranked else "",
        name=literal(CODE_NAME),
        key="item id" if card.by_item else "id",
    )
    if how == "mixed":
        note = "One table for all modalities; documents and queries are moved before."
        return Snippet(title, file, code + _MIXED, note)
    only = {name: "modality = '" + name.replace("'", "''") + "'" for name in card.modalities}
    code += _LISTS.format(only=literal(only))
    if reranked:
        return Snippet(title, file, code + _FUSED.format(constant=constant), _FUSED_NOTE)
    depth, limit = depth_words(card)
    code += _MERGED.format(depth=depth, limit="table.count_rows()" if card.whole_lists else limit)
    return Snippet(title, file, code, _merged_note(card))


_FUSED_NOTE = (
    "Ranks from 1 and k as measured. Every rank ties between the lists, and the reranker's sort "
    "need not keep the order of the lists."
)


def _merged_note(card: ExportCard) -> str:
    if card.whole_lists:
        return (
            "The lists are fetched whole, since all of a list enters its scale: fit for small "
            "tables only."
        )
    if card.serving == "ranks":
        return (
            "The application fuses: LanceDB's reranker knows no weights and fuses rows, not items."
        )
    return "The application merges what one search a list brings."


EXPORT = StoreExport(lancedb_snippet, place=30)
