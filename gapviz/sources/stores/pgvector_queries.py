"""The statements that a table with vectors is read, searched and written by.

Names of columns go through psycopg's own quoting, values are always parameters. What is sorted by
names its table, since the key that is shown as text has the same name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gapviz.sources.stores.pgvector_table import METRICS, OPERATORS, PgTable
from gapviz.sources.stores.store import VectorField

PLAIN = {"text", "varchar", "bpchar", "name", "int2", "int4", "int8", "float4", "float8", "bool"}
"""Types that become values of Python as they are; others come as JSON."""
MOST_EF = 1_000
"""Largest hnsw.ef_search."""
EXACTLY = ("SET LOCAL enable_indexscan = off",)
"""A vector index is only ever read by an index scan."""


def count(table: PgTable) -> Any:
    """How many rows there are."""
    return _sql("SELECT count(*) FROM {table}", table)


def rows(
    table: PgTable,
    fields: Sequence[VectorField],
    payload: Sequence[str],
    *,
    after: bool = False,
    ids: bool = False,
) -> Any:
    """Key, vectors and payload of rows, by rising key.

    Args:
        table: to read.
        fields: vectors, sent as in the binary protocol.
        payload: columns; what has no plain value comes as JSON.
        after: only those behind a key, which is a parameter.
        ids: only those of a list of keys, which is a parameter.
    """
    from psycopg import sql

    send = sql.Identifier(table.extension, "vector_send")
    chosen = [sql.SQL("{}::text").format(sql.Identifier(table.key))]
    for one in fields:
        sent = "ARRAY(SELECT {}(v) FROM unnest({}) AS v)" if one.several else "{}({})"
        chosen.append(sql.SQL(sent).format(send, sql.Identifier(one.name)))
    for name in payload:
        plain = table.payload[name] in PLAIN
        chosen.append(sql.SQL("{}" if plain else "to_jsonb({})").format(sql.Identifier(name)))
    limits = sql.SQL("")
    if after:
        limits = sql.SQL("WHERE {} > %s::text::{}").format(
            sql.Identifier(table.key), sql.Identifier(table.key_type)
        )
    if ids:
        limits = sql.SQL("WHERE {} = ANY(%s::text[]::{}[])").format(
            sql.Identifier(table.key), sql.Identifier(table.key_type)
        )
    return _sql(
        "SELECT {chosen} FROM {table} AS held {limits} ORDER BY held.{key}",
        table,
        chosen=sql.SQL(", ").join(chosen),
        limits=limits,
    )


def nearest(table: PgTable, field: VectorField, where: Sequence[str]) -> Any:
    """Key and similarity of the nearest rows: parameters are the query, the filters, how many."""
    from psycopg import sql

    # Sorting by the key too would keep an index from being used.
    tie = sql.SQL("") if field.index else sql.SQL(", key")
    return _sql(
        "SELECT key::text, {score} FROM (SELECT {key} AS key, {distance} AS distance FROM {table} "
        "WHERE {limits} ORDER BY distance{tie} LIMIT %s) AS found ORDER BY distance, found.key",
        table,
        distance=_distance(table, field),
        score=sql.SQL("1 - distance" if field.metric == "cosine" else "-distance"),
        limits=_limits(table, field, where),
        tie=tie,
    )


def fused(table: PgTable, lists: Sequence[tuple[VectorField, Sequence[str]]]) -> Any:
    """Key and score by reciprocal rank fusion, in the order of the lists.

    Parameters are, a list: the query, the filters and the depth; then k of the formula a list;
    then how many.
    """
    from psycopg import sql

    one = (
        "{name} AS (SELECT {key} AS key, {distance} AS distance FROM {table} WHERE {limits} "
        "ORDER BY distance, key LIMIT %s)"
    )
    ranked = (
        "SELECT key, {place} AS list, 1.0::float8 / (%s::float8 + "
        "row_number() OVER (ORDER BY distance, key)) AS share FROM {name}"
    )
    named = [sql.Identifier(f"list_{place}") for place in range(len(lists))]
    parts = [
        _sql(
            one,
            table,
            name=name,
            distance=_distance(table, field),
            limits=_limits(table, field, where),
        )
        for name, (field, where) in zip(named, lists, strict=True)
    ]
    shares = [
        sql.SQL(ranked).format(place=sql.Literal(place), name=name)
        for place, name in enumerate(named)
    ]
    # Summed in the order of the lists, so that the digits do not depend on the plan.
    return sql.SQL(
        "WITH {parts} SELECT key::text, sum(share ORDER BY list) AS score FROM ({shares}) AS ranks "
        "GROUP BY key ORDER BY score DESC, ranks.key LIMIT %s"
    ).format(parts=sql.SQL(", ").join(parts), shares=sql.SQL(" UNION ALL ").join(shares))


def settings(field: VectorField, k: int, effort: int | None, exact: bool) -> list[Any]:
    """What is set in the transaction of a search."""
    from psycopg import sql

    if exact:
        return list(EXACTLY)
    if field.index.startswith("HNSW"):
        if effort is not None:
            return [sql.SQL("SET LOCAL hnsw.ef_search = {}").format(sql.Literal(effort))]
        # A list is no longer than ef_search, so that a longer one needs a larger one.
        return [
            sql.SQL(
                "SELECT set_config('hnsw.ef_search', greatest({}, "
                "coalesce(nullif(current_setting('hnsw.ef_search', true), ''), '40')::int)::text, "
                "true)"
            ).format(sql.Literal(min(k, MOST_EF)))
        ]
    if field.index.startswith("IVFFlat") and effort is not None:
        return [sql.SQL("SET LOCAL ivfflat.probes = {}").format(sql.Literal(effort))]
    return []


def upsert(table: PgTable, fields: Sequence[VectorField], payload: Sequence[str]) -> Any:
    """One row; the one that has its key already is replaced whole."""
    from psycopg import sql

    own = [one.name for one in fields]
    names = [sql.Identifier(name) for name in (table.key, *own, *payload)]
    vector = sql.Identifier(table.extension, "vector")
    values = [
        sql.SQL("%s::text[]::{}[]").format(vector) if one.several else sql.Placeholder()
        for one in fields
    ]
    every = [one.name for one in table.fields] + list(table.payload)
    kept = {*own, *payload}
    replaced = [
        sql.SQL("{name} = EXCLUDED.{name}" if name in kept else "{name} = NULL").format(
            name=sql.Identifier(name)
        )
        for name in every
    ]
    return _sql(
        "INSERT INTO {table} ({names}) VALUES ({values}) "
        "ON CONFLICT ({key}) DO UPDATE SET {replaced}",
        table,
        names=sql.SQL(", ").join(names),
        values=sql.SQL(", ").join(
            [sql.Placeholder(), *values, *[sql.Placeholder()] * len(payload)]
        ),
        replaced=sql.SQL(", ").join(replaced),
    )


def missing_indexes(table: PgTable) -> list[Any]:
    """Statements for the indexes that were wanted and are not there."""
    from psycopg import sql

    classes = {metric: name for name, metric in METRICS.items()}
    found = []
    for field in table.fields:
        method, _, options = table.wanted.get(field.name, "").partition(",")
        if field.index or method.lower() not in ("hnsw", "ivfflat"):
            continue
        given = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(int(value)))
            for name, value in re.findall(r"(\w+) = (\d+)", options)
        ]
        found.append(
            _sql(
                "CREATE INDEX ON {table} USING {method} ({field} {operators}){options}",
                table,
                method=sql.Identifier(method.lower()),
                field=sql.Identifier(field.name),
                operators=sql.Identifier(table.extension, classes[field.metric]),
                options=sql.SQL(" WITH ({})").format(sql.SQL(", ").join(given))
                if given
                else sql.SQL(""),
            )
        )
    return found


def another_column(table: PgTable, name: str) -> Any:
    """Room for payload that the schema did not name."""
    from psycopg import sql

    return _sql("ALTER TABLE {table} ADD COLUMN {name} jsonb", table, name=sql.Identifier(name))


def analyse(table: PgTable) -> Any:
    """Tell the planner how many rows there are."""
    return _sql("ANALYZE {table}", table)


def _distance(table: PgTable, field: VectorField) -> Any:
    from psycopg import sql

    one = "{} OPERATOR({}.{}) %s::{}"
    if field.several:
        # The nearest of its vectors; no index helps here.
        one = "(SELECT min(v OPERATOR({1}.{2}) %s::{3}) FROM unnest({0}) AS v)"
    return sql.SQL(one).format(
        sql.Identifier(field.name),
        sql.Identifier(table.extension),
        sql.SQL(OPERATORS[field.metric]),
        sql.Identifier(table.extension, "vector"),
    )


def _limits(table: PgTable, field: VectorField, where: Sequence[str]) -> Any:
    from psycopg import sql

    held = "cardinality({}) > 0" if field.several else "{} IS NOT NULL"
    parts = [sql.SQL(held).format(sql.Identifier(field.name))]
    for name in where:
        # A column of text may have an index, which a conversion would keep from being used.
        told = "{} = %s" if table.payload[name] == "text" else "to_jsonb({}) #>> '{{}}' = %s"
        parts.append(sql.SQL(told).format(sql.Identifier(name)))
    return sql.SQL(" AND ").join(parts)


def _sql(text: str, table: PgTable, **parts: Any) -> Any:
    from psycopg import sql

    known = {"table": sql.Identifier(*table.names), "key": sql.Identifier(table.key), **parts}
    return sql.SQL(text).format(
        **{name: part for name, part in known.items() if "{" + name + "}" in text}
    )
