"""Which field is which modality, which payload says what, and what of it is not read."""

from pathlib import Path

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.stores import reading
from gapviz.sources.stores.layout import layout_of
from gapviz.sources.stores.read_only import ReadOnlyStore
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.store import StoreSchema, VectorField
from tests.sources.stores.memory_store import Entry, MemoryStore

DIM = 4
ADDRESS = "qdrant://memory.invalid/pairs"


@pytest.fixture
def read(monkeypatch):
    def with_entries(entries, fields, **options):
        store = MemoryStore(entries, fields)
        monkeypatch.setattr(reading, "opened_to_read", lambda text: ReadOnlyStore(store))
        return read_store(ADDRESS, ReadOptions(sample=None, **options))

    return with_entries


def row(seed):
    return np.random.default_rng(seed).standard_normal(DIM)


def fields(*names, **of):
    return tuple(VectorField(name, DIM, **of) for name in names)


def layout(names, payload=({},), **options):
    schema = StoreSchema(fields(*names), tuple(payload[0]), 5)
    return layout_of(schema, payload, ReadOptions(**options), where="here")


@pytest.mark.parametrize(
    ("names", "modalities"),
    [
        (("image_vector", "text_vector"), ["image", "text"]),
        (("imgEmb", "captionEmb"), ["image", "text"]),
        (("clip_picture", "clip_sentence"), ["image", "text"]),
        (("audio", "smell"), ["audio", "smell"]),
    ],
)
def test_fields_mean_what_columns_of_files_mean(names, modalities):
    assert [modality for modality, _ in layout(names).fields] == modalities


def test_fields_of_another_dimension_are_left_out_by_name():
    schema = StoreSchema((*fields("image", "text"), VectorField("box", 2)), (), 5)
    found = layout_of(schema, (), ReadOptions(), where="here")
    assert found.field_names == ("image", "text")
    assert "holds 2 numbers a row" in found.notes[0].why


def test_a_modality_that_is_named_and_not_there_is_refused():
    with pytest.raises(GapvizError, match="has no modality 'sound'; choose among image, text"):
        layout(("image", "text"), modalities=("image", "sound"))


@pytest.mark.parametrize(
    ("payload", "column", "item"),
    [
        ({"modality": "image", "item": "1"}, "modality", "item"),
        ({"Modality": "image", "pair_id": "1"}, "Modality", "pair_id"),
        ({"type": "image", "id": "1"}, "type", "id"),
        ({"kind": "text", "sample_id": "1"}, "kind", "sample_id"),
    ],
)
def test_entries_say_their_modality_and_item_under_usual_names(payload, column, item):
    found = layout(("",), (payload,))
    assert (found.modality_column, found.columns.id) == (column, item)


def test_a_type_of_something_else_is_no_modality():
    with pytest.raises(GapvizError, match="one vector field"):
        layout(("",), ({"type": "shoe", "id": "1"},))


def test_of_several_payloads_the_one_in_which_modalities_meet_names_the_item():
    payload = (
        {"modality": "image", "item_id": "a", "product_id": "p"},
        {"modality": "text", "item_id": "b", "product_id": "p"},
    )
    assert layout(("",), payload).columns.id == "product_id"
    assert layout(("",), payload, id_column="item_id").columns.id == "item_id"


def test_what_searches_by_something_else_than_the_cosine_is_said(read):
    entries = [Entry(f"e{n}", {"image": row(n), "text": row(9 + n)}) for n in range(4)]
    found = read(entries, (*fields("image", metric="dot"), *fields("text", metric="euclidean")))
    told = [one.why for one in found.skipped]
    assert any("is searched by the inner product; what is measured are cosines" in w for w in told)
    assert any("is searched by the Euclidean distance" in why for why in told)


def test_payload_becomes_captions_labels_and_items(read):
    entries = [
        Entry(
            f"e{n}",
            {"image": row(n), "text": np.stack([row(10 + n), row(20 + n)])},
            {
                "captions": [f"one {n}", f"two {n}"],
                "tags": ["red", "round"],
                "sku": f"S{n // 2}" if n < 4 else None,
                "weight": 3,
            },
        )
        for n in range(5)
    ]
    shown = fields("image"), fields("text", several=True)
    found = read(entries, [*shown[0], *shown[1]], label_column="tags", id_column="sku")
    collection = found.collection
    # Entries of one item are joined; one that names none is left out, and said.
    assert list(collection.position) == ["S0", "S1"]
    assert collection.items[0].captions == ("one 0", "two 0", "one 1", "two 1")
    assert collection.items[0].labels == ("red", "round")
    assert {name: block.n_rows for name, block in collection.modalities.items()} == {
        "image": 4, "text": 8,
    }  # fmt: skip
    told = [f"{one.what} {one.why}" for one in found.skipped]
    assert "1 entry names no item in 'sku'" in told
    assert "the payload weight is not read" in told


def test_pictures_are_shown_where_their_folder_is_named(read, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    entries = [
        Entry(f"e{n}", {"image": row(n), "text": row(9 + n)}, {"path": "a.png"}) for n in range(4)
    ]
    plain = read(entries, fields("image", "text"))
    assert {item.image for item in plain.collection.items} == {None}
    assert any("names pictures, which are not shown" in one.why for one in plain.skipped)
    told = read(entries, fields("image", "text"), image_folder=Path(tmp_path))
    assert {item.image for item in told.collection.items} == {"a.png"}
    assert told.collection.root == tmp_path


def test_vectors_without_a_direction_are_left_out_with_their_item(read):
    entries = [Entry(f"e{n}", {"image": row(n), "text": row(9 + n)}) for n in range(4)]
    entries[1] = Entry("e1", {"image": np.zeros(DIM), "text": row(10)})
    entries.append(Entry("nothing", {}))
    found = read(entries, fields("image", "text"))
    assert found.collection.modality("image").n_rows == 3
    told = " ".join(f"{one.what} {one.why}" for one in found.skipped)
    assert "has length zero" in told
    assert "1 entry holds no vector in the fields that are read" in told
