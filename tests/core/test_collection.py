import json

import numpy as np
import pytest

from gapviz import Collection, GapvizError, Item, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.splits import alternate_splits
from gapviz.measures.experiment import measure
from gapviz.storage.saved_collection import (
    ITEMS_FILE,
    VECTORS_FILE,
    load_collection,
    save_collection,
)


@pytest.fixture
def saved(mixed_up_collection, tmp_path):
    collection = mixed_up_collection()
    save_collection(collection, tmp_path / "saved")
    return collection, tmp_path / "saved"


def of(n_items=3, owners=None, asking=None, **more):
    n_rows = n_items if owners is None else len(owners)
    rows = np.random.default_rng(0).standard_normal((n_rows, 4))
    return Collection(
        "made", items_of_rows(n_items), {"image": ModalityVectors.of(rows, owners, asking)}, **more
    )


def test_saving_and_loading_changes_nothing(saved):
    collection, folder = saved
    again = load_collection(folder)
    assert again.content_hash == collection.content_hash
    assert again.items == collection.items
    assert again.modality_names == collection.modality_names


def test_loading_keeps_labels_captions_splits_and_words(tmp_path):
    collection = Collection(
        "Ünï",
        (Item("a", "cat", ("one", "zwei"), "x.png"), Item("b")),
        {"text": ModalityVectors.of(np.eye(2))},
        {"calibrate": np.array([1])},
        encoder="e",
        attribution="©",
    )
    save_collection(collection, tmp_path)
    again = load_collection(tmp_path)
    assert (again.name, again.encoder, again.attribution) == ("Ünï", "e", "©")
    assert again.items == collection.items
    assert again.splits["calibrate"].tolist() == [1]


@pytest.mark.parametrize("name", [ITEMS_FILE, VECTORS_FILE])
def test_a_missing_file_is_named(saved, name):
    (saved[1] / name).unlink()
    with pytest.raises(GapvizError, match=f"{name} is missing"):
        load_collection(saved[1])


@pytest.mark.parametrize("name", [ITEMS_FILE, VECTORS_FILE])
def test_a_folder_in_place_of_a_file_is_refused(saved, name):
    (saved[1] / name).unlink()
    (saved[1] / name).mkdir()
    with pytest.raises(GapvizError, match="cannot be read"):
        load_collection(saved[1])


@pytest.mark.parametrize("name", [ITEMS_FILE, VECTORS_FILE])
@pytest.mark.parametrize("share", [0, 0.2, 0.9, 0.99])
def test_a_file_cut_short_is_refused(saved, name, share):
    whole = (saved[1] / name).read_bytes()
    (saved[1] / name).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(GapvizError, match="damaged or cut short"):
        load_collection(saved[1])


@pytest.mark.parametrize(
    "change",
    [
        {"items": None},
        {"items": [{"id": "a"}]},
        {"modalities": ["image", "smell"]},
        {"splits": {"calibrate": ["first"]}},
        {"splits": {"calibrate": [10**30]}},
        {"splits": {"calibrate": [0], "evaluate": [0]}},
        {"splits": []},
    ],
)
def test_an_altered_description_is_refused(saved, change):
    path = saved[1] / ITEMS_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(GapvizError):
        load_collection(saved[1])


@pytest.mark.parametrize("text", ["[]", "3", "null", "{}", '"x"'])
def test_json_that_is_no_collection_is_refused(saved, text):
    (saved[1] / ITEMS_FILE).write_text(text)
    with pytest.raises(GapvizError, match=r"not a collection|is no JSON object"):
        load_collection(saved[1])


def test_duplicate_ids_are_refused():
    with pytest.raises(GapvizError, match="two items have the id 'a'"):
        Collection("x", (Item("a"), Item("a")), {"image": ModalityVectors.of(np.eye(2))})


def test_modalities_of_different_dimension_are_refused():
    with pytest.raises(GapvizError, match="image 2, text 3"):
        Collection(
            "x",
            items_of_rows(3),
            {"image": ModalityVectors.of(np.eye(2)), "text": ModalityVectors.of(np.eye(3))},
        )


def test_a_collection_without_items_is_refused():
    with pytest.raises(GapvizError, match="no items"):
        Collection("x", (), {"image": ModalityVectors.of(np.eye(2))})


@pytest.mark.parametrize("owner", [-1, 3])
def test_a_row_of_an_item_that_does_not_exist_is_refused(owner):
    with pytest.raises(GapvizError, match=f"item {owner}, but there are 3"):
        of(3, [0, owner, 2])


def test_splits_must_be_disjoint_and_in_range():
    with pytest.raises(GapvizError, match="two splits"):
        of(splits={"calibrate": np.array([0, 1]), "evaluate": np.array([1])})
    with pytest.raises(GapvizError, match="does not exist"):
        of(splits={"calibrate": np.array([3])})


def test_a_split_that_is_missing_or_empty_is_refused():
    with pytest.raises(GapvizError, match="no items in the split"):
        of(splits=alternate_splits(1)).split("evaluate")


def test_owners_of_another_length_are_refused():
    with pytest.raises(GapvizError, match="item_index has 2 entries for 3"):
        ModalityVectors.of(np.eye(3), [0, 1])


def test_a_modality_of_query_only_rows_is_refused():
    with pytest.raises(GapvizError, match="nothing is left to search"):
        ModalityVectors.of(np.eye(2), None, [True, True])


def test_vectors_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        of().modality("image").vectors[0, 0] = 5


def test_an_item_with_query_only_rows_asks_with_those_alone():
    block = of(3, [0, 0, 1, 2, 2], [False, True, False, False, True]).modality("image")
    assert block.corpus.item_index.tolist() == [0, 1, 2]
    assert block.queries.item_index.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(block.queries.vectors, block.vectors[[1, 2, 4]])


def test_the_first_row_of_each_item_stands_for_it():
    block = of(owners=[2, 0, 2, 0, 1]).modality("image")
    assert block.first_rows.item_index.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(block.first_rows.vectors, block.vectors[[1, 4, 0]])


def test_pairs_are_every_combination_of_one_items_indexed_rows(mixed_up_collection):
    collection = mixed_up_collection()
    x, y = (collection.modality(name).corpus.item_index for name in ("text", "audio"))
    expected = {(i, j) for i, a in enumerate(x) for j, b in enumerate(y) if a == b}
    pairs = collection.pairs("text", "audio")
    assert set(zip(pairs.rows_a.tolist(), pairs.rows_b.tolist(), strict=True)) == expected
    assert len(pairs) == len(expected)


def test_a_subset_keeps_each_row_with_its_item(mixed_up_collection):
    collection = mixed_up_collection()
    part = collection.subset([5, 2, 1])
    assert [item.id for item in part.items] == [collection.items[i].id for i in (5, 2, 1)]
    for name, block in part.modalities.items():
        whole = collection.modality(name)
        for row, owner in zip(block.vectors, block.item_index, strict=True):
            (place,) = np.flatnonzero((whole.vectors == row).all(axis=1))
            assert collection.items[whole.item_index[place]].id == part.items[owner].id


def test_a_subset_leaves_out_a_modality_of_which_nothing_is_indexed():
    collection = Collection(
        "x",
        items_of_rows(3),
        {
            "image": ModalityVectors.of(np.eye(3)),
            "text": ModalityVectors.of(np.eye(3)[:2], [0, 1], [False, True]),
        },
    )
    assert collection.subset([1, 2]).modality_names == ("image",)


def test_an_unknown_modality_is_refused_with_the_known_ones():
    with pytest.raises(GapvizError, match="choose one of image"):
        of().modality("smell")


@pytest.mark.parametrize(
    "other",
    [
        {"items": (Item("a", "dog"), Item("b"))},
        {"items": (Item("a", "cat", ("new",)), Item("b"))},
        {"items": (Item("a", "cat"), Item("c"))},
        {"modalities": {"text": ModalityVectors.of(np.eye(2)[::-1])}},
        {"modalities": {"image": ModalityVectors.of(np.eye(2))}},
        {"modalities": {"text": ModalityVectors.of(np.eye(2), None, [False, True])}},
        {"splits": {"calibrate": np.array([0])}},
    ],
)
def test_the_hash_follows_everything_a_result_depends_on(other):
    parts = {
        "name": "x",
        "items": (Item("a", "cat"), Item("b")),
        "modalities": {"text": ModalityVectors.of(np.eye(2))},
    }
    assert Collection(**parts).content_hash == Collection(**parts).content_hash
    assert Collection(**parts).content_hash != Collection(**(parts | other)).content_hash


def test_labels_become_codes_in_order_of_appearance():
    items = tuple(Item(str(i), label) for i, label in enumerate(["b", None, "a", "b"]))
    collection = Collection("x", items, {"image": ModalityVectors.of(np.eye(4))})
    assert collection.labels.tolist() == [0, -1, 1, 0]


def test_a_collection_without_vectors_is_saved_and_says_what_to_do(tmp_path):
    bare = Collection("bare", items_of_rows(3), {})
    save_collection(bare, tmp_path)
    again = load_collection(tmp_path, root=tmp_path)
    assert again.items == bare.items
    assert again.root == tmp_path
    for ask in (lambda: again.dim, lambda: again.modality("image"), lambda: measure(again)):
        with pytest.raises(GapvizError, match="encode it first"):
            ask()
