"""The strategy in PostgreSQL with pgvector: one table, a row a vector; ranks are fused in SQL."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import REFERENCES_NOTE, Snippet, StoreExport, depth_words, head
from gapviz.strategies import Strategy

_STORE = '''
from in_numpy import {imports}

CREATE = f"""
CREATE TABLE gapviz (id bigint, modality text, embedding vector({{DIM}}))
"""


def as_text(vector):
    """A vector as PostgreSQL reads it."""
    return str(vector.tolist())


def store(connection, rows):
    """Create the table and fill it: ({key}, modality, vector as encoded) a row."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        cursor.execute(CREATE)
        with cursor.copy("COPY gapviz (id, modality, embedding) FROM STDIN") as copy:
            for key, modality, vector in rows:
                copy.write_row((key, modality, as_text(move(vector[None], modality)[0])))
'''

_MIXED = '''

NEAREST = """
SELECT id, modality, 1 - (embedding <=> %(query)s::vector) AS cosine
FROM gapviz ORDER BY embedding <=> %(query)s::vector LIMIT %(k)s
"""


def search(connection, query, modality, k=10):
    """The k best rows of all modalities as [(id, modality, cosine)], for a query as encoded."""
    moved = as_text(move_query(query[None], modality)[0])
    return connection.execute(NEAREST, {"query": moved, "k": k}).fetchall()
'''

_FUSED = '''

# The list of every modality by distance, then the sum of weight / (k + rank) by {entry}.
FUSED = """
WITH lists AS (
    SELECT modality, weight, place
    FROM unnest(%(names)s::text[], %(weights)s::float8[]) WITH ORDINALITY
    AS list (modality, weight, place)
),
ranked AS (
    SELECT id, weight, place, row_number() OVER (PARTITION BY place ORDER BY distance, id) AS rank
    FROM lists CROSS JOIN LATERAL (
        {near}
    ) AS near
)
SELECT id, sum(weight / {divisor} ORDER BY place) AS score
FROM ranked GROUP BY {group} ORDER BY score DESC, min(ARRAY[place, rank]) LIMIT %(k)s
"""


def search(connection, query, modality, k=10{depth}):
    """The k best {entries} as [(id, score)] by rank fusion, for a query vector as encoded."""
    names = {order}
    asked = {{
        "query": as_text(move_query(query[None], modality)[0]),
        "names": names,
        "weights": [WEIGHTS[name] for name in names],
        "constant": K,
        "base": RANK_BASE,
        "limit": {limit},
        "k": k,
    }}
    return connection.execute(FUSED, asked).fetchall()
'''
_ROWS = {
    "entry": "row",
    "entries": "rows",
    "near": """SELECT id, embedding <=> %(query)s::vector AS distance
        FROM gapviz WHERE gapviz.modality = lists.modality
        ORDER BY distance LIMIT %(limit)s""",
    "divisor": "(%(constant)s::float8 + %(base)s + (rank - 1))",
    "group": "place, id",
    "order": "list_order(modality)",
}
_ITEMS = {
    "entry": "item",
    "entries": "items",
    "near": """SELECT id, min(embedding <=> %(query)s::vector) AS distance
        FROM gapviz WHERE gapviz.modality = lists.modality
        GROUP BY id ORDER BY distance, id LIMIT %(limit)s""",
    "divisor": "(%(constant)s::float8 + (%(base)s + rank - 1))",
    "group": "id",
    "order": "list(MODALITIES)",
}

_MERGED = '''

LISTED = """
SELECT id, 1 - (embedding <=> %(query)s::vector) FROM gapviz WHERE modality = %(name)s
ORDER BY embedding <=> %(query)s::vector LIMIT %(limit)s
"""


def search(connection, query, modality, k=10{depth}):
    """The k best as [(id, score)], merged here, for a query vector as encoded."""
    moved = as_text(move_query(query[None], modality)[0])
    limit = {limit}
    lists = {{
        name: connection.execute(
            LISTED, {{"query": moved, "name": name, "limit": limit}}
        ).fetchall()
        for name in MODALITIES
    }}
    return merge(lists, modality)[:k]
'''

INDEX_NOTE = (
    "Without an index every search is exact, as was measured; an HNSW index finds at most "
    "hnsw.ef_search rows, and applies a condition on the modality to those alone."
)


def pgvector_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`store` and `search` with psycopg 3 and pgvector 0.5 or later."""
    title, file, how = "PostgreSQL", "in_pgvector.py", card.serving
    if how == "references":
        return Snippet(title, file, "", REFERENCES_NOTE)
    depth, limit = depth_words(card)
    if how == "mixed":
        imports, search = "DIM, move, move_query", _MIXED
        note = "One table for all modalities; documents and queries are moved before."
    elif how == "ranks":
        names = "MODALITIES" if card.by_item else "list_order"
        imports = f"DIM, K, RANK_BASE, WEIGHTS, {names}, move, move_query"
        if card.by_item:
            imports = "DIM, K, MODALITIES, RANK_BASE, WEIGHTS, move, move_query"
        parts = _ITEMS if card.by_item else _ROWS
        search = _FUSED.format(depth=depth, limit=limit, **parts)
        note = _fused_note(card)
    else:
        imports = "DIM, MODALITIES, merge, move, move_query"
        whole = "None  # no limit: all of a list enters every score"
        search = _MERGED.format(depth=depth, limit=whole if card.whole_lists else limit)
        note = _merged_note(card)
    code = head(card, literal("psycopg[binary]") + " numpy safetensors")
    code += _STORE.format(imports=imports, key="item id" if card.by_item else "id") + search
    return Snippet(title, file, code, f"{note} {INDEX_NOTE}")


def _fused_note(card: ExportCard) -> str:
    note = "PostgreSQL fuses by ranks, weights and k as measured, to the last digit of a score."
    if card.by_item:
        return f"{note} Of several vectors of an item in a list the best counts."
    return f"{note} Of equal scores the first list comes first."


def _merged_note(card: ExportCard) -> str:
    if card.whole_lists:
        return (
            "The lists are fetched whole, since all of a list enters its scale: fit for small "
            "tables only."
        )
    return "The application merges what one query a list brings."


EXPORT = StoreExport(pgvector_snippet, place=34)
