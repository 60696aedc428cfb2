"""What is the folder's alone: arrays of one's own, half precision, blocks, and joining."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.stores import arrays_files, arrays_search
from gapviz.sources.stores.registry import open_store
from gapviz.sources.stores.store import Batch, FieldVectors, VectorField
from tests.sources.stores.engines import (
    DIM,
    Items,
    Several,
    best_entries,
    created,
    filled,
    vectors_of,
)


@pytest.fixture
def own(tmp_path):
    """Arrays that somebody saved: an image an entry, and texts of some."""
    folder = tmp_path / "own"
    folder.mkdir()
    pq.write_table(pa.table({"id": [7, 8, 9], "caption": list("abc")}), folder / "entries.parquet")
    np.save(folder / "image.npy", vectors_of(3).astype(np.float16))
    np.save(folder / "text.npy", vectors_of(4, 1))
    np.save(folder / "text.entries.npy", np.array([0, 0, 2, 2]))
    return folder


def test_arrays_of_ones_own_are_a_collection(own):
    with open_store(f"arrays://{own.parent}#own") as store:
        told = {one.name: (one.dim, one.several) for one in store.schema().fields}
        assert told == {"image": (DIM, False), "text": (DIM, True)}
        assert store.schema().payload == ("caption",)
        assert store.fetch(["9", "7"], ["text"]).vectors["text"].entry.tolist() == [0, 0, 1, 1]
        assert store.nearest("image", vectors_of(3), 1).ids == (("7",), ("8",), ("9",))


def test_a_folder_may_be_named_itself(own):
    with open_store(f"arrays://{own}") as store:
        assert store.schema().n_entries == 3


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("image.npy", np.zeros((2, DIM), np.float32), "does not fit the 3 entries"),
        ("image.npy", np.zeros((3, DIM), np.int64), "holds int64"),
        ("text.entries.npy", np.array([0, 2, 1, 2]), "does not fit the 3 entries"),
        ("text.entries.npy", np.array([0, 1, 2, 3]), "does not fit the 3 entries"),
        ("text.entries.npy", np.array([-1, 1, 2, 2]), "does not fit the 3 entries"),
    ],
)
def test_arrays_that_do_not_fit_are_told(own, file, content, said):
    np.save(own / file, content)
    with pytest.raises(GapvizError, match=said), open_store(f"arrays://{own}") as store:
        store.schema()


def test_entries_without_ids_are_told(own):
    pq.write_table(pa.table({"name": [1, 2, 3]}), own / "entries.parquet")
    with pytest.raises(GapvizError, match="no column 'id'"), open_store(f"arrays://{own}") as store:
        store.schema()


def test_damaged_files_are_one_sentence(own):
    (own / "image.npy").write_bytes(b"nothing")
    with (
        pytest.raises(GapvizError, match="no folder of arrays"),
        open_store(f"arrays://{own}") as store,
    ):
        store.schema()


def test_a_damaged_description_is_told(own):
    (own / "collection.json").write_text("{")
    with (
        pytest.raises(GapvizError, match=r"collection\.json: is damaged"),
        open_store(f"arrays://{own}") as store,
    ):
        store.schema()


def test_half_precision_is_kept_on_disk(tmp_path):
    address = f"arrays://{tmp_path}?dtype=float16#half"
    with filled(address, Several.fields, Several().batch):
        assert np.load(tmp_path / "half" / "text.npy", mmap_mode="r").dtype == np.float16


def test_another_precision_is_refused(tmp_path):
    with pytest.raises(GapvizError, match="cannot store int8"):
        created(f"arrays://{tmp_path}?dtype=int8#x", Several.fields)


def test_what_others_put_there_is_left_alone(own):
    with pytest.raises(GapvizError, match="gapviz did not create it"):
        created(f"arrays://{own.parent}#own", [VectorField("image", DIM)])


@pytest.mark.parametrize("numbers", [DIM, 3 * DIM, 7 * DIM, 1 << 20])
def test_blocks_of_any_size_find_the_same(tmp_path, monkeypatch, numbers):
    """An item whose two images stand in two blocks is found once, by the better."""
    monkeypatch.setattr(arrays_search, "BLOCK_NUMBERS", numbers)
    with filled(f"arrays://{tmp_path}#x", Several.fields, Several().batch) as store:
        found = store.nearest("image", vectors_of(2, 9), 9)
    for ids, query in zip(found.ids, vectors_of(2, 9), strict=True):
        expected = best_entries(Several().images, query)[:9]
        assert ids == tuple(Items.ids[entry] for entry, _ in expected)


@pytest.mark.parametrize("numbers", [DIM, 5 * DIM, 1 << 20])
def test_parts_are_joined_in_blocks(tmp_path, monkeypatch, numbers):
    """Of an id the last that was written counts, in its old place."""
    monkeypatch.setattr(arrays_files, "BLOCK_NUMBERS", numbers)
    images, texts = Several().images, Several().texts
    with created(f"arrays://{tmp_path}#x", Several.fields) as store:
        for start in range(0, 60, 17):
            kept = np.arange(start, min(start + 17, 60))
            vectors = {
                name: FieldVectors(
                    rows.entry[np.isin(rows.entry, kept)] - start,
                    rows.vectors[np.isin(rows.entry, kept)],
                )
                for name, rows in (("image", images), ("text", texts))
            }
            ids = tuple(Items.ids[i] for i in kept)
            store.write(Batch(ids, vectors, tuple({"n": int(i)} for i in kept)))
        new = FieldVectors(np.zeros(2, np.int64), vectors_of(2, 7))
        store.write(Batch(("item 20",), {"image": new}, ({"n": -1},)))
        (whole,) = store.scan(["image", "text"])
    assert whole.ids == Items.ids
    assert [one["n"] for one in whole.payload] == [-1 if i == 20 else i for i in range(60)]
    found = whole.vectors["image"]
    for entry in range(60):
        expected = new.vectors if entry == 20 else images.vectors[images.entry == entry]
        np.testing.assert_array_equal(found.vectors[found.entry == entry], expected)
    np.testing.assert_array_equal(
        whole.vectors["text"].vectors, np.delete(texts.vectors, 20, axis=0)
    )


def test_equal_scores_stand_in_the_order_of_the_entries(tmp_path):
    rows = np.tile(vectors_of(1), (50, 1))
    batch = Batch(tuple(map(str, range(50))), {"v": FieldVectors(np.arange(50), rows)}, ({},) * 50)
    with filled(f"arrays://{tmp_path}#x", [VectorField("v", DIM)], batch) as store:
        assert store.nearest("v", vectors_of(1), 5).ids == (("0", "1", "2", "3", "4"),)


def test_names_of_fields_and_collections_lead_nowhere_else(tmp_path):
    field = VectorField("../a.entries", DIM)
    batch = Batch(("1",), {field.name: FieldVectors(np.array([0]), vectors_of(1))}, ({},))
    with filled(f"arrays://{tmp_path}/in#x", [field], batch) as store:
        assert store.nearest(field.name, vectors_of(1), 1).ids == (("1",),)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    with pytest.raises(GapvizError, match="no name of a collection"):
        open_store(f"arrays://{tmp_path}#../other")


def test_payload_of_two_kinds_is_told(tmp_path):
    batch = Batch(("1", "2"), {}, ({"n": 1}, {"n": "one"}))
    with (
        created(f"arrays://{tmp_path}#x", [VectorField("v", DIM)]) as store,
        pytest.raises(GapvizError, match="'n' mixes kinds"),
    ):
        store.write(batch)


def test_the_description_says_how_it_was_made(tmp_path):
    with filled(f"arrays://{tmp_path}#x", Several.fields, Several().batch):
        told = json.loads((tmp_path / "x" / "collection.json").read_text())
    assert [one["name"] for one in told["fields"]] == ["image", "text"]


def test_payload_called_as_the_ids_are_is_refused(tmp_path):
    batch = Batch(("1",), {}, ({"id": "other"},))
    with (
        created(f"arrays://{tmp_path}#x", [VectorField("v", DIM)]) as store,
        pytest.raises(GapvizError, match="'id' has the name of what is stored beside it"),
    ):
        store.write(batch)
