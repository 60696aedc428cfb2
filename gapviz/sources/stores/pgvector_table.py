"""What PostgreSQL tells of a table with vectors, and the statements that make one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.store import MODALITY, Metric, StoreSchema, VectorField

MARK = "Created by gapviz: "
"""Begins the comment on a table that gapviz created; metrics and indexes of its fields follow."""
ONE_VECTOR = "vector"
"""Column of a field without a name."""
KEY, OTHER_KEY = "id", "gapviz_id"
"""Key of a table that gapviz creates, and where a column of payload is called so already."""
METRICS: dict[str, Metric] = {
    "vector_cosine_ops": "cosine",
    "vector_ip_ops": "dot",
    "vector_l2_ops": "euclidean",
}
OPERATORS: dict[Metric, str] = {"cosine": "<=>", "dot": "<#>", "euclidean": "<->"}
METHODS = {"hnsw": "HNSW", "ivfflat": "IVFFlat"}
VECTORS = {"vector", "_vector"}
"""One vector, and an array of them."""
UNREAD = {*VECTORS, "bytea", "halfvec", "_halfvec", "sparsevec", "tsvector"}
"""Types that are no payload."""
LONGEST_NAME = 63

_COLUMNS = """
SELECT a.attname, t.typname, a.atttypmod, tn.nspname
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn
ON tn.oid = t.typnamespace
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a
ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = %s AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
AND i.indpred IS NULL AND a.attnotnull ORDER BY i.indisprimary DESC, i.indexrelid
"""
_INDEXES = """
SELECT a.attname, am.amname, o.opcname, c.reloptions
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
JOIN pg_opclass o ON o.oid = i.indclass[0]
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = %s AND i.indisvalid AND i.indpred IS NULL
AND am.amname IN ('hnsw', 'ivfflat') ORDER BY i.indexrelid
"""
_TABLES = """
SELECT DISTINCT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname
ELSE n.nspname || '.' || c.relname END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p') AND t.typname IN ('vector', '_vector')
"""


@dataclass(frozen=True, slots=True)
class PgTable:
    """A table, as PostgreSQL describes it."""

    names: tuple[str, ...]
    """Of the table: its schema where one is named, and its own."""
    key: str
    """Column by which a row is known."""
    key_type: str
    fields: tuple[VectorField, ...]
    payload: Mapping[str, str]
    """Type by name of every other column."""
    extension: str
    """Schema that pgvector is installed in."""
    wanted: Mapping[str, str]
    """Index by name of the field, as the schema that created the table named it."""


def named_column(field: VectorField) -> VectorField:
    """The field with a name that a column can have."""
    return replace(field, name=field.name or ONE_VECTOR)


def names_of(collection: str) -> tuple[str, ...]:
    """A table, or a schema and its table."""
    schema, _, table = collection.rpartition(".")
    return (schema, table) if schema else (table,)


def _oid(connection: Any, collection: str) -> int | None:
    """Of the table that is called so: the whole name first, then schema and table."""
    from psycopg import sql

    for names in dict.fromkeys([(collection,), names_of(collection)]):
        quoted = sql.Identifier(*names).as_string(connection)
        (found,) = connection.execute("SELECT to_regclass(%s)::oid::int8", [quoted]).fetchone()
        if found is not None:
            return int(found)
    return None


def describe_table(connection: Any, address: StoreAddress) -> PgTable | None:
    """The table that an address names; None where there is none with vectors.

    Raises:
        GapvizError: it has no key of one column, or vectors of no stated dimension.
    """
    oid = _oid(connection, address.collection)
    if oid is None:
        return None
    columns = connection.execute(_COLUMNS, [oid]).fetchall()
    if not any(kind in VECTORS for _, kind, _, _ in columns):
        return None
    types = {name: kind for name, kind, _, _ in columns}
    key = connection.execute(_KEYS, [oid]).fetchone()
    if key is None:
        raise GapvizError(
            "the table has no key of one column, by which a row could be found again",
            where=str(address),
            hint="add a primary key",
        )
    noted = written_fields(connection, address) or {}
    searched: dict[str, tuple[Metric, str]] = {}
    for name, method, operators, options in connection.execute(_INDEXES, [oid]).fetchall():
        if operators in METRICS:
            words = ", ".join(
                [METHODS[method], *(one.replace("=", " = ") for one in options or ())]
            )
            searched.setdefault(name, (METRICS[operators], words))
    fields = []
    for name, kind, dim, _ in columns:
        if kind not in VECTORS:
            continue
        if dim < 1:
            raise GapvizError(
                f"the column {name!r} is a vector of no stated dimension",
                where=str(address),
                hint="give it one, such as vector(512)",
            )
        metric, words = searched.get(name, (noted.get(name, ["cosine"])[0], ""))
        fields.append(VectorField(name, dim, metric, several=kind == "_vector", index=words))
    own, relation = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE c.oid = %s",
        [oid],
    ).fetchone()
    return PgTable(
        names=(own, relation),
        key=key[0],
        key_type=types[key[0]],
        fields=tuple(fields),
        payload={
            name: kind for name, kind in types.items() if name != key[0] and kind not in UNREAD
        },
        extension=next(schema for _, kind, _, schema in columns if kind in VECTORS),
        wanted={name: index for name, (_, index) in noted.items()},
    )


def tables_with_vectors(connection: Any) -> list[str]:
    """Names of the tables with a column of vectors."""
    with connection.transaction():
        return [name for (name,) in connection.execute(_TABLES)]


def written_fields(connection: Any, address: StoreAddress) -> dict[str, list[Any]] | None:
    """Metric and index by field, as gapviz noted them when it created the table.

    None where there is no such table, nothing where it is somebody else's.
    """
    oid = _oid(connection, address.collection)
    if oid is None:
        return None
    (comment,) = connection.execute("SELECT obj_description(%s, 'pg_class')", [oid]).fetchone()
    mark, _, noted = (comment or "").partition(MARK)
    return {} if mark or not noted else dict(json.loads(noted))


def statements_of(address: StoreAddress, schema: StoreSchema) -> list[Any]:
    """What creates a table for a schema, with a comment that tells it is ours.

    Raises:
        GapvizError: two columns of it have one name, or one has none that PostgreSQL takes.
    """
    from psycopg import sql

    fields = [named_column(one) for one in schema.fields]
    names = [one.name for one in fields] + list(schema.payload)
    too_long = [name for name in names if not 0 < len(name.encode()) <= LONGEST_NAME]
    if too_long or len({*names}) < len(names):
        raise GapvizError(
            "the names of fields and payload have to differ, and to have 1 to 63 bytes",
            where=str(address),
        )
    key = KEY if KEY not in names else OTHER_KEY
    columns = [sql.SQL("{} text PRIMARY KEY").format(sql.Identifier(key))]
    columns += [
        sql.SQL("{} vector({})[]" if one.several else "{} vector({})").format(
            sql.Identifier(one.name), sql.Literal(one.dim)
        )
        for one in fields
    ]
    columns += [
        sql.SQL("{} {}").format(
            sql.Identifier(name), sql.SQL("text" if name == MODALITY else "jsonb")
        )
        for name in schema.payload
    ]
    table = sql.Identifier(*names_of(address.collection))
    noted = json.dumps({one.name: [one.metric, one.index] for one in fields})
    return [
        sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(columns)),
        sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(MARK + noted)),
    ]
