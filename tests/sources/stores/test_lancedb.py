"""What is LanceDB's alone: tables of others, ids of any kind, and its approximate indexes."""

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from lancedb.index import IvfFlat

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.lancedb import LanceStore
from gapviz.sources.stores.registry import open_store
from gapviz.sources.stores.store import VectorField
from tests.sources.stores.engines import created, vectors_of

DIM = 16


def table(folder, name, columns):
    rows = pa.FixedSizeListArray.from_arrays(pa.array(vectors_of(6).ravel()), DIM)
    lancedb.connect(folder).create_table(name, pa.table({**columns, "vector": rows}))
    return f"lancedb://{folder}#{name}"


def test_ids_that_are_whole_numbers_are_read_as_text(tmp_path):
    with open_store(table(tmp_path, "t", {"id": [3, 1, 4, 15, 9, 2]})) as store:
        (batch,) = store.scan(["vector"])
        assert batch.ids == ("3", "1", "4", "15", "9", "2")
        assert store.fetch(["15", "no", "1"], []).ids == ("15", "1")
        assert store.nearest("vector", vectors_of(6)[[4]], 1).ids == (("9",),)


def test_without_ids_a_row_is_called_by_its_number(tmp_path):
    with open_store(table(tmp_path, "t", {"caption": list("abcdef")})) as store:
        (batch,) = store.scan(["vector"])
        assert len(set(batch.ids)) == 6
        found = store.fetch(batch.ids[3:5], ["vector"])
        assert [one["caption"] for one in found.payload] == ["d", "e"]
        np.testing.assert_array_equal(found.vectors["vector"].vectors, vectors_of(6)[3:5])


def test_what_others_created_is_never_written_into(tmp_path):
    address = table(tmp_path, "t", {"id": list("abcdef")})
    with pytest.raises(GapvizError, match="gapviz did not create it"):
        created(address, [VectorField("vector", DIM)])


def test_a_filter_is_a_value_whatever_it_holds(tmp_path):
    address = table(tmp_path, "t", {"it's x": ["a'; DROP", *"bcdef"]})
    with open_store(address) as store:
        where = {"it's x": "a'; DROP"}
        assert len(store.nearest("vector", vectors_of(1), 6, where=where).ids[0]) == 1
        everything = {"it's x": "' OR true OR '"}
        assert store.nearest("vector", vectors_of(1), 6, where=everything).ids == ((),)


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(GapvizError, match="no such folder"):
        open_store(f"lancedb://{tmp_path}/nowhere#t")
    assert not list(tmp_path.iterdir())


def test_object_storage_is_the_first_part_of_the_address():
    address = parsed_address("lancedb://s3/bucket/folder#table")
    assert (address.host, address.path, address.collection) == ("s3", "bucket/folder", "table")


@pytest.fixture
def approximate(tmp_path):
    """Six hundred vectors under an index of twenty lists, of which one is searched."""
    rows = np.random.default_rng(0).standard_normal((600, DIM)).astype(np.float32)
    held = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), DIM)
    ids = pa.array([str(i) for i in range(600)])
    made = lancedb.connect(tmp_path).create_table("t", pa.table({"id": ids, "vector": held}))
    made.create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=20))
    with open_store(f"lancedb://{tmp_path}#t") as store:
        yield store, rows


def test_an_index_is_told_and_may_be_passed_by(approximate):
    store, rows = approximate
    schema = store.schema()
    assert "ivf" in schema.fields[0].index.lower()
    assert not schema.searches_exactly
    assert schema.fields[0].metric == "cosine"
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    best = np.argsort(-unit[:40] @ unit.T, axis=1)[:, :10]

    def recall(**options):
        found = store.nearest("vector", rows[:40], 10, **options).ids
        return np.mean([np.isin(best[i].astype(str), ids).mean() for i, ids in enumerate(found)])

    assert recall(effort=1) < 0.8
    assert recall(effort=1) < recall(effort=10) < 1
    assert recall(exact=True) == 1
    assert recall(effort=20) == 1


def test_a_store_needs_no_mark_to_be_opened(tmp_path):
    assert isinstance(open_store(table(tmp_path, "t", {"id": list("abcdef")})), LanceStore)
