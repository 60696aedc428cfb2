"""PostgreSQL with pgvector: a table, whose columns of the type `vector` are the fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Self

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.vectors import Float32
from gapviz.sources.stores import pgvector_queries as asked
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.clients import (
    closed_on_error,
    field_named,
    no_collection,
    not_ours,
    refuse_not_finite,
    refuse_other_dimension,
    refuse_other_schema,
)
from gapviz.sources.stores.pgvector_rows import read_batch, values_of, written
from gapviz.sources.stores.pgvector_table import (
    ONE_VECTOR,
    PgTable,
    describe_table,
    named_column,
    statements_of,
    tables_with_vectors,
    written_fields,
)
from gapviz.sources.stores.store import (
    BATCH,
    Batch,
    Nearest,
    ReciprocalFusion,
    StoreSchema,
    StoreSpec,
    VectorField,
    WritableStore,
)

PORT = 5432
CREDENTIALS = ("PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSERVICE")


class PgvectorStore(WritableStore):
    """A table. Whoever reads has a connection that PostgreSQL itself holds to reading."""

    def __init__(self, address: StoreAddress, connection: Any) -> None:
        """Take the address and an open connection."""
        super().__init__(address)
        self.connection = connection
        self._table: PgTable | None = None

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        store = cls(address, _connected(address))
        with closed_on_error(store), _explained(address):
            store.connection.read_only = True
            if store._described() is None:
                names = tables_with_vectors(store.connection)
                raise no_collection(address, names, "table")
        return store

    @classmethod
    def create(cls, address: StoreAddress, schema: StoreSchema) -> Self:
        store = cls(address, _connected(address))
        with closed_on_error(store):
            with _explained(address), store.connection.transaction():
                noted = written_fields(store.connection, address)
                if noted is None:
                    for statement in statements_of(address, schema):
                        store.connection.execute(statement)
                elif not noted:
                    raise not_ours(address)
            named = StoreSchema(tuple(map(named_column, schema.fields)), schema.payload, 0)
            refuse_other_schema(address, store.schema(), named)
        return store

    def close(self) -> None:
        self.connection.close()

    def _described(self) -> PgTable | None:
        with self.connection.transaction():
            self._table = describe_table(self.connection, self.address)
        return self._table

    @property
    def table(self) -> PgTable:
        """Names and types of its columns, as PostgreSQL tells them."""
        if self._table is None:
            with _explained(self.address):
                self._described()
        if self._table is None:
            raise GapvizError("the table is gone", where=str(self.address))
        return self._table

    @property
    def _fields(self) -> StoreSchema:
        return StoreSchema(self.table.fields, (), 0)

    def schema(self) -> StoreSchema:
        with _explained(self.address):
            self._described()
            with self.connection.transaction():
                (n,) = self.connection.execute(asked.count(self.table)).fetchone()
        return StoreSchema(
            fields=self.table.fields,
            payload=tuple(self.table.payload),
            n_entries=n,
            searches_exactly=not any(one.index for one in self.table.fields),
        )

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        names = self._payload(payload)
        known = self._known(fields)
        named = dict(zip(fields, known, strict=True))
        query = asked.rows(self.table, known, names, after=bool(after))
        # On a connection of its own, so that what searches set meanwhile is theirs alone. One row
        # more than a batch tells whether another one follows.
        with (
            _explained(self.address),
            closing(_connected(self.address)) as connection,
            connection.transaction(),
            connection.cursor(name="gapviz_scan", binary=True) as cursor,
        ):
            cursor.execute(query, [after] if after else [])
            found = cursor.fetchmany(batch + 1)
            while found:
                rows, found = found[:batch], found[batch:]
                yield read_batch(rows, named, names, rows[-1][0] if found else "")
                found += cursor.fetchmany(batch) if found else []

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        names = self._payload(None)
        known = self._known(fields)
        named = dict(zip(fields, known, strict=True))
        query = asked.rows(self.table, known, names, ids=True)
        with (
            _explained(self.address),
            self.connection.transaction(),
            self.connection.cursor(binary=True) as cursor,
        ):
            found = {row[0]: row for row in cursor.execute(query, [list(ids)]).fetchall()}
        return read_batch([found[one] for one in ids if one in found], named, names, "")

    def _known(self, fields: Iterable[str]) -> list[VectorField]:
        return [self._field(name) for name in fields]

    def _field(self, name: str) -> VectorField:
        return field_named(self._fields, name or ONE_VECTOR, str(self.address))

    def _payload(self, names: Sequence[str] | None) -> list[str]:
        if names is None:
            return list(self.table.payload)
        return [name for name in names if name in self.table.payload]

    def nearest(
        self,
        field: str,
        queries: Float32,
        k: int,
        *,
        where: Mapping[str, str] | None = None,
        effort: int | None = None,
        exact: bool = False,
    ) -> Nearest:
        known = self._field(field)
        refuse_other_dimension(known, queries, str(self.address))
        where = self._filter(where)
        query = asked.nearest(self.table, known, tuple(where))
        values = [written(row) for row in queries]
        given = list(where.values())
        with _explained(self.address):
            found = self._lists(query, values, given, k, asked.settings(known, k, effort, exact))
            # An index finds so many rows and no more, and a filter is applied to those: a list that
            # came out short is asked for again without the index.
            short = [at for at, rows in enumerate(found) if len(rows) < k]
            if known.index and not exact and short:
                again = self._lists(
                    query,
                    [values[at] for at in short],
                    given,
                    k,
                    asked.settings(known, k, None, True),
                )
                for at, rows in zip(short, again, strict=True):
                    found[at] = rows
        return Nearest.of(found)

    def _filter(self, where: Mapping[str, str] | None) -> dict[str, str]:
        for name in where or {}:
            if name not in self.table.payload:
                raise GapvizError(
                    f"the table has no column {name!r} to filter by", where=str(self.address)
                )
        return dict(where or {})

    def _lists(
        self,
        query: Any,
        values: Sequence[str],
        given: Sequence[str],
        k: int,
        settings: Sequence[Any],
    ) -> list[list[tuple[str, float]]]:
        lists = []
        with self.connection.transaction():
            for setting in settings:
                self.connection.execute(setting)
            for value in values:
                answer = self.connection.execute(query, [value, *given, k])
                lists.append(answer.fetchall())
        return lists

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        """Rank fusion in one statement, each list over exact distances.

        Equal fused scores come by rising key.
        """
        only = self.table.fields[0].name
        lists = []
        for name, rows in queries.items():
            field = self._field(only if where else name)
            refuse_other_dimension(field, rows, str(self.address))
            lists.append((field, self._filter((where or {}).get(name))))
        query = asked.fused(self.table, [(field, tuple(given)) for field, given in lists])
        found = []
        with _explained(self.address), self.connection.transaction():
            for setting in asked.EXACTLY:
                self.connection.execute(setting)
            for place in range(len(next(iter(queries.values())))):
                values: list[Any] = []
                for rows, (_, given) in zip(queries.values(), lists, strict=True):
                    values += [written(rows[place]), *given.values(), fusion.depth]
                values += [fusion.k] * len(lists) + [k]
                found.append(self.connection.execute(query, values).fetchall())
        return Nearest.of(found)

    def write(self, batch: Batch) -> None:
        refuse_not_finite(batch, str(self.address))
        fields = self._known(batch.vectors)
        told = dict.fromkeys(name for one in batch.payload for name in one)
        with (
            _explained(self.address),
            self.connection.transaction(),
            self.connection.cursor() as cursor,
        ):
            unknown = [name for name in told if name not in self.table.payload]
            for name in unknown:
                cursor.execute(asked.another_column(self.table, name))
            if unknown:
                self._described()
            payload = [name for name in self.table.payload if name in told]
            query = asked.upsert(self.table, fields, payload)
            cursor.executemany(query, values_of(self.table, batch, fields, payload))

    def present(self, ids: Sequence[str]) -> frozenset[str]:
        query = asked.rows(self.table, [], [], ids=True)
        with _explained(self.address), self.connection.transaction():
            return frozenset(row[0] for row in self.connection.execute(query, [list(ids)]))

    def finish(self) -> None:
        """Build the indexes that the schema named, where they are not there yet."""
        with _explained(self.address):
            for statement in asked.missing_indexes(self.table):
                with self.connection.transaction():
                    self.connection.execute(statement)
            with self.connection.transaction():
                self.connection.execute(asked.analyse(self.table))
            self._described()


def _connected(address: StoreAddress) -> Any:
    psycopg = needed("psycopg")
    if not address.path:
        raise GapvizError(
            "the address names no database",
            where=str(address),
            hint="write for instance postgresql://localhost:5432/database/table",
        )
    with _explained(address):
        # User and password come from the environment, as for every program of PostgreSQL.
        return psycopg.connect(
            host=address.host,
            port=address.port or PORT,
            dbname=address.path,
            connect_timeout=30,
            application_name="gapviz",
            autocommit=True,
            prepare_threshold=None,  # a pooler between may not know prepared statements
        )


@contextmanager
def _explained(address: StoreAddress) -> Iterator[None]:
    """What the client raises, in a sentence."""
    from psycopg import Error, OperationalError
    from psycopg.errors import InsufficientPrivilege

    try:
        yield
    except InsufficientPrivilege as error:
        raise GapvizError(
            f"the server refuses: {_first_line(error)}",
            where=str(address),
            hint="set PGUSER to a user who may read the table",
        ) from error
    except OperationalError as error:
        if "password" in str(error) or "authentication" in str(error):
            raise GapvizError(
                "the server refuses the user",
                where=str(address),
                hint="set PGUSER and PGPASSWORD, or PGPASSFILE",
            ) from error
        raise GapvizError(
            f"the server does not answer: {_first_line(error)}",
            where=str(address),
            hint="check the host and the port",
        ) from error
    except Error as error:
        raise GapvizError(
            f"PostgreSQL cannot do this: {_first_line(error)}", where=str(address)
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


STORE = StoreSpec(
    scheme="postgresql",
    title="PostgreSQL with pgvector",
    opens=PgvectorStore.open,
    extra="pgvector",
    example="postgresql://localhost:5432/database/table",
    writes=PgvectorStore,
    credentials=CREDENTIALS,
    departs={
        "ties": "Equal distances come in the order of the index; without one by rising key.",
        "filters": "An index is searched before a filter is applied, so that a filtered list can "
        "come out short; gapviz then asks for it once more without the index.",
        "whole lists": "HNSW finds no more than hnsw.ef_search rows, 40 unless set and 1,000 at "
        "most; gapviz raises it to the length of the list, and searches without it for longer "
        "ones.",
        "scale": "The operators give distances: the score is 1 minus that of <=>, minus that of "
        "<-> or of <#>.",
    },
    place=40,
)
