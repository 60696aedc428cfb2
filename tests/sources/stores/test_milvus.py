"""Milvus Lite: what every store does, with one vector in a field; and what it does otherwise."""

from dataclasses import dataclass

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.milvus_schema import Declared
from gapviz.sources.stores.registry import open_store
from gapviz.sources.stores.store import Batch, FieldVectors, ReciprocalFusion, VectorField
from tests.sources.stores import test_conformance as suite
from tests.sources.stores.engines import (
    COLOURS,
    DIM,
    Items,
    N,
    best_entries,
    created,
    filled,
    vectors_of,
)

QUERIES = vectors_of(3, 9)


@dataclass(frozen=True)
class OneImageEach(Items):
    """Items of which none has two images."""

    fields = (VectorField("image", DIM), VectorField("text", DIM))

    @property
    def images(self):
        owner = np.array([i for i in range(N) if i % 4])
        return FieldVectors(owner, vectors_of(owner.size, 1))


@pytest.fixture(scope="module")
def items(milvus_home):
    """Only to be read."""
    world = OneImageEach()
    with filled(milvus_home("one_each"), world.fields, world.batch) as store:
        yield store


@pytest.fixture
def fresh(milvus_home, request):
    """To be changed."""
    world, name = OneImageEach(), request.node.callspec.params["test"].__name__
    with filled(milvus_home(name), world.fields, world.batch) as store:
        yield store


@pytest.mark.parametrize(
    "test",
    [
        suite.test_the_nearest_are_those_of_exact_search,
        suite.test_scores_are_cosines_whatever_the_length_of_the_query,
        suite.test_an_entry_without_the_vector_is_not_found,
        suite.test_a_scan_brings_every_entry_once_as_it_was_written,
        suite.test_a_scan_goes_on_from_where_it_was_left,
        suite.test_the_last_batch_of_a_scan_has_no_cursor,
        suite.test_a_scan_reads_the_payload_that_is_asked_for,
        suite.test_queries_of_another_dimension_are_refused,
        suite.test_a_field_that_is_not_there_is_told_with_those_that_are,
    ],
    ids=lambda test: test.__name__,
)
def test_it_does_as_every_store(test, items, monkeypatch):
    monkeypatch.setattr(suite, "Items", OneImageEach)
    test(items)


@pytest.mark.parametrize(
    "test",
    [
        suite.test_writing_again_changes_nothing,
        suite.test_an_entry_that_is_there_is_replaced,
        suite.test_a_vector_that_is_no_vector_is_refused,
    ],
    ids=lambda test: test.__name__,
)
def test_it_is_written_as_every_store(test, fresh, monkeypatch):
    monkeypatch.setattr(suite, "Items", OneImageEach)
    test(fresh)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_filter_reaches_entries_behind_those_without_a_vector(items, colour):
    allowed = {i for i in range(N) if COLOURS[i % 2] == colour}
    found = items.nearest("image", QUERIES, N, where={"colour": colour})
    expected = [best_entries(OneImageEach().images, query, allowed) for query in QUERIES]
    suite.assert_lists(found, expected, Items.ids)


def test_entries_are_fetched_with_the_vectors_that_they_have(items):
    found = items.fetch(["item 7", "nobody", "item 4", "item 3"], ["image"])
    assert found.ids == ("item 7", "item 4", "item 3")
    np.testing.assert_array_equal(found.vectors["image"].entry, [0, 2])


def test_the_engine_itself_ranks_a_missing_vector_above_negative_cosines(items):
    """Why lists are asked for again without them; once this fails, the guard can go."""
    (hits,) = items.client.search(
        items.address.collection, data=QUERIES[:1].tolist(), anns_field="image", limit=N
    )
    lacking = {f"item {i}" for i in range(0, N, 4)}
    place = [hit["id"] in lacking for hit in hits]
    assert sum(place) == len(lacking)
    assert {hit["distance"] for hit in hits if hit["id"] in lacking} == {0}
    assert hits[-1]["distance"] < 0 and not place[-1]


def test_its_rank_fusion_is_refused_where_vectors_are_missing(items):
    with pytest.raises(GapvizError, match=r"keeps a missing vector as zeros.*'image' has some"):
        items.fused({"image": QUERIES, "text": QUERIES}, 5, ReciprocalFusion())


def test_its_rank_fusion_of_two_fields_is_the_papers_where_none_is_missing(milvus_home):
    fields = [VectorField("image", DIM), VectorField("text", DIM)]
    rows = [FieldVectors(np.arange(N), vectors_of(N, seed)) for seed in (1, 2)]
    batch = Batch(Items.ids, dict(zip(("image", "text"), rows, strict=True)), ({},) * N)
    with filled(milvus_home("complete"), fields, batch) as store:
        found = store.fused(
            {"image": QUERIES, "text": QUERIES[::-1].copy()}, 12, ReciprocalFusion(7, 30)
        )
    lists = [
        [
            [Items.ids[i] for i, _ in best_entries(held, query)[:30]]
            for held, query in zip(rows, both, strict=True)
        ]
        for both in zip(QUERIES, QUERIES[::-1], strict=True)
    ]
    suite.assert_fused(store, found, lists, 12, 7)


def test_an_index_that_approximates_is_told_and_searched_with_effort(milvus_home):
    fields = [VectorField("v", DIM, index="HNSW, M = 8, efConstruction = 40")]
    rows = vectors_of(N)
    batch = Batch(Items.ids, {"v": FieldVectors(np.arange(N), rows)}, ({},) * N)
    with filled(milvus_home("graph"), fields, batch) as store:
        assert store.schema().fields[0].index.startswith("HNSW")
        assert not store.schema().searches_exactly
        assert store.nearest("v", rows[:2], 1, effort=100).ids == (("item 0",), ("item 1",))
        with pytest.raises(GapvizError, match=r"by its index .HNSW.* alone"):
            store.nearest("v", rows[:2], 1, exact=True)


def test_what_gapviz_did_not_create_is_left_alone(milvus_home, items):
    address = milvus_home("theirs")
    schema = items.client.create_schema()
    kinds = pytest.importorskip("pymilvus").DataType
    schema.add_field("number", kinds.INT64, is_primary=True)
    schema.add_field("v", kinds.FLOAT_VECTOR, dim=DIM)
    indexes = items.client.prepare_index_params()
    indexes.add_index("v", index_type="FLAT", metric_type="COSINE")
    items.client.create_collection("theirs", schema=schema, index_params=indexes)
    rows = vectors_of(5)
    items.client.insert("theirs", [{"number": i, "v": row} for i, row in enumerate(rows.tolist())])
    with pytest.raises(GapvizError, match="gapviz did not create it"):
        created(address, [VectorField("v", DIM)])
    with open_store(address) as store:
        assert [one.ids for one in store.scan(["v"], batch=2)] == [("0", "1"), ("2", "3"), ("4",)]
        assert [one.ids for one in store.scan([], after="2")] == [("3", "4")]
        assert store.fetch(["4", "9"], []).ids == ("4",)
        assert store.nearest("v", rows, 1).ids == (("0",), ("1",), ("2",), ("3",), ("4",))
        with pytest.raises(GapvizError, match="keys of this collection are numbers"):
            store.fetch(["four"], [])


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("milvus://{0}/none.db#a", "there is no such file"),
        ("milvus://{0}/none.sqlite#a", "ends in .db"),
        ("milvus://127.0.0.1:9/a", "Milvus does not answer: .*check the host and the port"),
    ],
)
def test_what_is_not_there_is_one_sentence(tmp_path, address, sentence):
    with pytest.raises(GapvizError, match=sentence):
        open_store(address.format(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_file_that_another_program_has_open_is_one_sentence(tmp_path, capfd):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "held.db").mkdir()
    with (tmp_path / "held.db" / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(GapvizError, match="close it in other programs"):
            open_store(f"milvus://{tmp_path}/held.db#a")
    assert capfd.readouterr().err == ""


def test_names_that_it_does_not_take_are_refused(milvus_home):
    with pytest.raises(GapvizError, match=r"takes no field with the name .im'age"):
        created(milvus_home("names"), [VectorField("im'age", DIM)])


def test_values_are_quoted_in_expressions():
    declared = Declared("id", True, (), frozenset(), {"kind": "VARCHAR", "n": "INT64"}, True)
    told = declared.expression({"kind": 'a"\\ or true', "n": "7", "other": "7"})
    assert told == (
        r'kind == "a\"\\ or true" and n == 7 and ($meta["other"] == "7" or $meta["other"] == 7)'
    )
    assert declared.keys(["it's", '"']) == r"""id in ["it's", "\""]"""
