"""PostgreSQL: what its indexes, types and rights add to what every store does."""

import json
from contextlib import contextmanager

import numpy as np
import psycopg
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.registry import names_store, open_store, store_of
from gapviz.sources.stores.store import Batch, FieldVectors, ReciprocalFusion, VectorField
from tests.sources.stores.engines import DIM, created, filled, vectors_of

N = 1_500
QUERIES = vectors_of(4, 9)
GRAPH = "HNSW, m = 4, ef_construction = 8"


@contextmanager
def as_owner(address):
    place = parsed_address(address)
    with psycopg.connect(host=place.host, port=place.port, dbname=place.path) as connection:
        yield connection


@pytest.fixture(scope="module")
def rows():
    return vectors_of(N, 5)


@pytest.fixture(scope="module")
def graph(postgres_home, rows):
    """A column with an HNSW index, small enough in its effort to miss some."""
    ids = tuple(f"row {number}" for number in range(N))
    batch = Batch(
        ids,
        {"v": FieldVectors(np.arange(N), rows)},
        tuple({"modality": "rare" if number % 100 == 0 else "common"} for number in range(N)),
    )
    fields = [VectorField("v", DIM, index=GRAPH)]
    with filled(postgres_home("graph"), fields, batch, ("modality",)) as store:
        yield store


def exactly(rows, k):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = QUERIES @ unit.T
    return [tuple(f"row {i}" for i in np.argsort(-one)[:k]) for one in cosines]


def test_the_index_is_told_with_its_settings_and_its_metric(graph):
    (field,) = graph.schema().fields
    assert (field.index, field.metric) == (GRAPH, "cosine")
    assert not graph.schema().searches_exactly


def plan_of(store, monkeypatch, **asked):
    """How PostgreSQL answers a search, in its own words."""
    plans = []
    run = store.connection.execute

    class Explaining:
        def __getattr__(self, name):
            return getattr(store_connection, name)

        def execute(self, query, values=None):
            if values and len(values) > 1:
                explained = psycopg.sql.SQL("EXPLAIN ") + query
                plans.append("\n".join(line for (line,) in run(explained, values)))
            return run(query, values)

    store_connection = store.connection
    with monkeypatch.context() as patch:
        patch.setattr(store, "connection", Explaining())
        store.nearest("v", QUERIES[:1], 10, **asked)
    return plans


def test_its_own_search_goes_through_the_index_and_exact_search_does_not(graph, monkeypatch):
    (own,) = plan_of(graph, monkeypatch)
    (exact,) = plan_of(graph, monkeypatch, exact=True)
    assert "Index Scan using" in own
    assert "Index Scan" not in exact


def test_exact_search_finds_the_nearest_and_effort_brings_the_index_near(graph, rows):
    expected = exactly(rows, 10)
    assert list(graph.nearest("v", QUERIES, 10, exact=True).ids) == expected

    def found(effort):
        ids = graph.nearest("v", QUERIES, 10, effort=effort).ids
        return sum(len({*one} & {*other}) for one, other in zip(ids, expected, strict=True))

    # Of 40; the levels of the graph are drawn anew with each index.
    assert found(10) < found(500) and found(500) >= 38


def test_what_a_search_sets_ends_with_it(graph):
    graph.nearest("v", QUERIES[:1], 10, effort=123, exact=False)
    with graph.connection.transaction():
        told = [graph.connection.execute(f"SHOW {name}").fetchone()[0] for name in (
            "hnsw.ef_search", "enable_indexscan",
        )]  # fmt: skip
    assert told == ["40", "on"]


@pytest.mark.parametrize("k", [100, 1_200])
def test_a_list_is_as_long_as_asked_though_the_index_stops_before(graph, k):
    """At 40 unless set, at 1,000 at most."""
    assert [len(one) for one in graph.nearest("v", QUERIES, k).ids] == [k] * 4


def test_a_search_while_a_scan_goes_on_is_not_changed_by_another(graph, monkeypatch):
    for number, _ in enumerate(graph.scan([], batch=1_000)):
        if number == 0:
            graph.nearest("v", QUERIES, 10, exact=True)
        (own,) = plan_of(graph, monkeypatch)
        assert "Index Scan using" in own


def test_a_filter_that_the_index_applies_too_late_is_asked_for_again(graph, rows):
    found = graph.nearest("v", QUERIES, 12, where={"modality": "rare"})
    rare = [one for one in exactly(rows, N)[0] if int(one.split()[1]) % 100 == 0]
    assert found.ids[0] == tuple(rare[:12])


def test_an_effort_that_it_does_not_take_is_one_sentence(graph):
    with pytest.raises(GapvizError, match=r"5000 is outside the valid range"):
        graph.nearest("v", QUERIES, 5, effort=5_000)


def test_its_rank_fusion_equals_the_formula_to_the_last_digit(postgres_home):
    """Three lists, so that the order of adding matters."""
    names = ("a", "b", "c")
    held = {
        name: FieldVectors(np.arange(90), vectors_of(90, seed)) for seed, name in enumerate(names)
    }
    ids = tuple(f"{number:02}" for number in range(90))
    fields = [VectorField(name, DIM) for name in names]
    with filled(postgres_home("fused"), fields, Batch(ids, held, ({},) * 90)) as store:
        found = store.fused(dict.fromkeys(names, QUERIES), 90, ReciprocalFusion(60, 50))
        lists = [store.nearest(name, QUERIES, 50, exact=True).ids for name in names]
    for place, (got, scores) in enumerate(zip(found.ids, found.scores, strict=True)):
        total = {}
        for ranked in lists:
            for rank, one in enumerate(ranked[place], 1):
                total[one] = total.get(one, 0.0) + 1 / (60 + rank)
        assert got == tuple(sorted(total, key=lambda one: (-total[one], one)))
        np.testing.assert_array_equal(scores, np.float32([total[one] for one in got]))


def test_somebody_elses_table_is_read_with_its_own_types(postgres_home):
    address = postgres_home("theirs")
    table = psycopg.sql.Identifier(parsed_address(address).collection)
    with as_owner(address) as connection:
        connection.execute(psycopg.sql.SQL(
            'CREATE TABLE {} (number int PRIMARY KEY, "im""age" vector(3), plain vector(3), '
            "said text, made date, price numeric, tags text[], more jsonb, raw bytea)"
        ).format(table))  # fmt: skip
        connection.execute(
            psycopg.sql.SQL(
                "INSERT INTO {} SELECT n, CASE WHEN n <> 10 THEN ARRAY[n, 1, 0]::vector END, "
                "ARRAY[1, n, 0]::vector, 'it''s ' || n, date '2020-02-29', 1.5, ARRAY['a', 'b'], "
                "'{{\"x\": null}}', 'bytes' FROM generate_series(1, 12) AS n"
            ).format(table)
        )
        connection.execute(
            psycopg.sql.SQL(
                "CREATE INDEX ON {} USING ivfflat (plain vector_ip_ops) WITH (lists = 2)"
            ).format(table)
        )
        connection.execute(
            psycopg.sql.SQL('CREATE INDEX ON {} USING hnsw ("im""age" vector_l2_ops)').format(table)
        )
    with open_store(address) as store:
        told = store.schema()
        assert [(one.name, one.metric, one.index) for one in told.fields] == [
            ('im"age', "euclidean", "HNSW"), ("plain", "dot", "IVFFlat, lists = 2"),
        ]  # fmt: skip
        assert told.payload == ("said", "made", "price", "tags", "more")
        batches = list(store.scan(['im"age'], batch=5))
        assert [one.ids for one in batches][1] == ("6", "7", "8", "9", "10")
        np.testing.assert_array_equal(batches[1].vectors['im"age'].entry, [0, 1, 2, 3])
        assert json.loads(json.dumps(batches[0].payload[1])) == {
            "said": "it's 2", "made": "2020-02-29", "price": 1.5, "tags": ["a", "b"],
            "more": {"x": None},
        }  # fmt: skip
        assert store.fetch(["12", "99", "3"], []).ids == ("12", "3")
        near = store.nearest('im"age', np.float32([[3, 1, 0]]), 2, where={"price": "1.5"})
        assert near.ids[0][0] == "3"
        np.testing.assert_allclose(near.scores[0], [0, -1])
        far = store.nearest("plain", np.float32([[0, 1, 0]]), 1, effort=2)
        assert (far.ids[0], far.scores[0].tolist()) == (("12",), [12.0])
    with pytest.raises(GapvizError, match="gapviz did not create it"):
        created(address, [VectorField("plain", 3)])


def test_a_reader_may_not_write(graph):
    refused = psycopg.errors.ReadOnlySqlTransaction
    with (
        open_store(str(graph.address)) as store,
        pytest.raises(refused),
        store.connection.transaction(),
    ):
        store.connection.execute("CREATE TABLE never (a int)")


def test_a_table_without_a_key_is_refused(postgres_home):
    address = postgres_home("keyless")
    with as_owner(address) as connection:
        name = psycopg.sql.Identifier(parsed_address(address).collection)
        connection.execute(psycopg.sql.SQL("CREATE TABLE {} (v vector(3))").format(name))
    with pytest.raises(GapvizError, match=r"no key of one column.*add a primary key"):
        open_store(address)


def test_a_table_of_another_schema_is_named_with_it(postgres_home):
    address = postgres_home("unused").rpartition("/")[0]
    with as_owner(f"{address}/x") as connection:
        connection.execute("CREATE SCHEMA apart")
        connection.execute("CREATE TABLE apart.things (id int PRIMARY KEY, v vector(3))")
    with open_store(f"{address}/apart.things") as store:
        assert store.schema().n_entries == 0


def test_two_schemes_name_it(postgres_home):
    address = postgres_home("graph").replace("postgresql://", "postgres://")
    assert names_store(address)
    assert store_of(address).scheme == "postgresql"
    assert str(parsed_address(address)).startswith("postgresql://")


def test_a_wrong_password_is_one_sentence_that_does_not_tell_it(graph, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "not the one")
    with pytest.raises(GapvizError, match="refuses the user; set PGUSER and PGPASSWORD") as told:
        open_store(str(graph.address))
    assert "not the one" not in str(told.value)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgresql://127.0.0.1:9/here/table", "does not answer"),
        ("postgresql://127.0.0.1:9/table", "names no database"),
    ],
)
def test_what_is_not_there_is_one_sentence(address, sentence):
    with pytest.raises(GapvizError, match=sentence):
        open_store(address)


@pytest.mark.parametrize("names", [("v", "v"), ("x" * 64,)])
def test_columns_need_names_of_their_own(postgres_home, names):
    fields = [VectorField(name, DIM) for name in names]
    with pytest.raises(GapvizError, match="have to differ"):
        created(postgres_home("names"), fields)
