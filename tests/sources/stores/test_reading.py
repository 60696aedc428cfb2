"""Collections out of stores: on every engine, in both layouts, all of them or a sample."""

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.source import is_store, read
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.store import Batch, FieldVectors, VectorField
from gapviz.storage.configuration import configuration
from gapviz.storage.saved_collection import load_collection, save_collection
from tests.sources.stores.engines import (
    COLOURS,
    DIM,
    Items,
    N,
    Vectors,
    filled,
    vectors_of,
)

ALL = ReadOptions(sample=None)


def told(reading):
    return [f"{one.what} {one.why}" for one in reading.skipped]


def rows_of(collection, modality):
    """Vectors by the id of their item."""
    block = collection.modality(modality)
    found = {}
    for item, row in zip(block.item_index.tolist(), block.vectors, strict=True):
        found.setdefault(collection.items[item].id, []).append(row)
    return {item: np.array(rows) for item, rows in found.items()}


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_a_field_is_a_modality_and_an_entry_an_item(items, home):
    reading = read_store(home("items"), ALL)
    collection = reading.collection
    assert collection.modality_names == ("image", "text")
    assert {item.id for item in collection.items} == set(Items.ids)
    texts = rows_of(collection, "text")
    for entry, item in enumerate(Items.ids):
        np.testing.assert_allclose(texts[item], unit(Items().texts.vectors[[entry]]), atol=1e-6)
    assert collection.items[collection.position["item 7"]].captions == ("the 7th",)
    assert "the payload colour is not read" in told(reading)


def test_an_entry_without_a_vector_lacks_the_modality(items, home):
    images = rows_of(read_store(home("items"), ALL).collection, "image")
    assert set(images) == {Items.ids[i] for i in range(N) if i % 4}


def test_several_vectors_of_an_entry_are_several_of_its_item(several, home):
    images = rows_of(read_store(home("several"), ALL).collection, "image")
    assert {item: len(rows) for item, rows in images.items()} == {
        Items.ids[i]: 1 + (i % 3 == 0) for i in range(N) if i % 4
    }


def test_entries_that_name_modality_and_item_are_its_vectors(vectors, home):
    collection = read_store(home("vectors"), ALL).collection
    assert collection.modality_names == ("image", "it's audio", "text")
    assert collection.n_items == N // 3
    expected = Vectors().batch.vectors[""].vectors
    texts = rows_of(collection, "text")
    for item in range(N // 3):
        row = unit(expected[[3 * item + 1]])
        np.testing.assert_allclose(texts[str(item)], row, atol=1e-6)


def test_only_the_modalities_that_are_named_are_read(vectors, items, home):
    options = ReadOptions(sample=None, modalities=("text", "image"))
    reading = read_store(home("vectors"), options)
    assert reading.collection.modality_names == ("text", "image")
    assert any("name no modality that is read" in line for line in told(reading))
    fields = read_store(home("items"), ReadOptions(modalities=("text",)))
    assert fields.collection.modality_names == ("text",)
    assert any("'image' was not named" in line for line in told(fields))


def test_a_sample_says_how_large_it_is_and_holds_whole_items(items, vectors, home):
    whole = read_store(home("items"), ALL).collection
    reading = read_store(home("items"), ReadOptions(sample=20, label_column="colour"))
    collection = reading.collection
    words = f"a sample of 20 of {N} items (seed 42)"
    assert collection.name.endswith(words) and collection.store.words == words
    assert told(reading)[0].endswith(f"is read as {words}")
    for modality in collection.modality_names:
        everything = rows_of(whole, modality)
        for item, rows in rows_of(collection, modality).items():
            np.testing.assert_array_equal(rows, everything[item])
    # A quarter has no image, as far as the 40 items show that were looked at; half is red.
    assert len(set(whole.position) - set(rows_of(whole, "image"))) == 15
    assert 4 <= len(set(collection.position) - set(rows_of(collection, "image"))) <= 6
    assert 9 <= sum(item.label == COLOURS[0] for item in collection.items) <= 11
    long = read_store(home("vectors"), ReadOptions(sample=8)).collection
    assert long.n_items == 8 and {block.n_rows for block in long.modalities.values()} == {8}


def test_the_same_seed_reads_the_same_and_another_one_others(vectors, home):
    one, same, other = (
        read_store(home("vectors"), ReadOptions(sample=8, sample_seed=seed)).collection
        for seed in (0, 0, 1)
    )
    assert one.content_hash == same.content_hash != other.content_hash


def test_a_sample_as_large_as_the_store_is_no_sample(vectors, home):
    small = read_store(home("vectors"), ReadOptions(sample=N // 3)).collection
    whole = read_store(home("vectors"), ALL).collection
    assert small.content_hash == whole.content_hash
    assert not small.store.is_sample and small.store.words == f"all {N // 3} items"


def test_items_that_are_judged_are_read_whether_drawn_or_not(vectors, home):
    kept = {"0", "7", "19"}
    collection = read_store(home("vectors"), ReadOptions(sample=5), kept).collection
    assert kept <= set(collection.position) and 5 <= collection.n_items <= 8
    assert f"{collection.n_items - 5} of them since they are judged" in collection.store.words


def test_nothing_stays_in_the_cache_of_a_reading_that_is_done(vectors, home, tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    read_store(home("vectors"), ReadOptions(sample=5))
    folder = configuration().cache / "stores"
    assert not folder.is_dir() or not any(folder.iterdir())


def test_where_it_came_from_is_saved_with_it(vectors, home, tmp_path):
    collection = read_store(home("vectors"), ReadOptions(sample=5)).collection
    save_collection(collection, tmp_path)
    assert load_collection(tmp_path).store == collection.store


def test_one_field_and_no_modality_is_refused_in_a_sentence_unless_it_is_named(home):
    rows = FieldVectors(np.arange(4), vectors_of(4))
    batch = Batch(("a", "b", "c", "d"), {"": rows}, ({"caption": "one"},) * 4)
    with filled(home("plain"), (VectorField("", DIM),), batch, ("caption",)):
        with pytest.raises(GapvizError, match="one vector field, and no payload that names"):
            read_store(home("plain"), ALL)
        named = read_store(home("plain"), ReadOptions(modalities=("image",))).collection
        assert named.modality_names == ("image",) and named.n_items == 4


def test_modalities_without_items_are_refused(home):
    rows = FieldVectors(np.arange(2), vectors_of(2))
    batch = Batch(("a", "b"), {"": rows}, ({"modality": "image"}, {"modality": "text"}))
    filled(home("loose"), (VectorField("", DIM),), batch, ("modality",)).close()
    with pytest.raises(GapvizError, match="but no item"):
        read_store(home("loose"), ALL)


def test_a_payload_that_is_not_there_is_refused_with_those_that_are(items, home):
    with pytest.raises(GapvizError, match="no column 'shade'; choose one of caption, colour"):
        read_store(home("items"), ReadOptions(label_column="shade"))


def test_an_empty_collection_is_refused(home):
    fields = [VectorField("image", DIM), VectorField("text", DIM)]
    with filled(home("empty"), fields, Batch((), {}, ())) as store:
        assert store.schema().n_entries == 0
        with pytest.raises(GapvizError, match="holds no entries"):
            read_store(home("empty"), ALL)


def test_more_than_the_memory_allows_is_refused_before_it_is_read(items, home):
    options = ReadOptions(sample=None, limits=ALL.limits.allowing(1e-9))
    with pytest.raises(GapvizError, match="--sample"):
        read_store(home("items"), options)


def test_every_way_to_read_takes_an_address(vectors, home):
    assert is_store(home("vectors")) and not is_store("data/x.npz")
    assert read(home("vectors"), ReadOptions(dims=4)).collection.dim == 4
