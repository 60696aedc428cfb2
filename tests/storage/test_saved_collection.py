import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.storage.saved_collection import (
    ITEMS_FILE,
    VECTORS_FILE,
    load_collection,
    replace_collection,
)


def test_a_saved_collection_is_replaced_as_a_whole(make_collection, tmp_path):
    replace_collection(make_collection(8), tmp_path / "out")
    replace_collection(make_collection(9), tmp_path / "out")
    assert load_collection(tmp_path / "out").n_items == 9
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_leaves_what_was_there(make_collection, tmp_path, monkeypatch):
    replace_collection(make_collection(8), tmp_path / "out")

    def full(path, content):
        path.write_bytes(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gapviz.storage.saved_collection.write_atomically", full)
    with pytest.raises(GapvizError, match=r"cannot be written \(No space left on device\)"):
        replace_collection(make_collection(9), tmp_path / "out")
    assert load_collection(tmp_path / "out").n_items == 8
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_with_something_else_is_not_written_over(make_collection, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(GapvizError, match="is not a saved collection"):
            replace_collection(make_collection(8), path)


def test_vectors_without_axes_stay_so(make_collection, tmp_path):
    rotated = replace(make_collection(4), rotated=True)
    replace_collection(rotated, tmp_path / "here")
    again = load_collection(tmp_path / "here")
    assert again.rotated and again.content_hash == rotated.content_hash


def flipped(path, bit):
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


@pytest.mark.parametrize("name", [ITEMS_FILE, VECTORS_FILE])
def test_a_flipped_bit_anywhere_is_found_or_changes_nothing(make_collection, tmp_path, name):
    whole = make_collection(8)
    replace_collection(whole, tmp_path / "here")
    content = (tmp_path / "here" / name).read_bytes()
    found = 0
    for bit in np.random.default_rng(0).integers(8 * len(content), size=150):
        flipped(tmp_path / "here" / name, int(bit))
        try:
            again = load_collection(tmp_path / "here")
            assert again.content_hash == whole.content_hash and again.items == whole.items
            assert all(np.array_equal(a, whole.splits[k]) for k, a in again.splits.items())
        except GapvizError as error:
            found += 1
            assert "damaged" in error.sentence
        (tmp_path / "here" / name).write_bytes(content)
    assert found > 120


def test_it_is_said_whose_vectors_are_damaged(make_collection, tmp_path):
    replace_collection(make_collection(8), tmp_path / "here")
    path = tmp_path / "here" / VECTORS_FILE
    start = 8 + int.from_bytes(path.read_bytes()[:8], "little")
    described = json.loads(path.read_bytes()[8:start])
    flipped(path, 8 * (start + described["text.vectors"]["data_offsets"][0] + 5))
    with pytest.raises(GapvizError, match="the vectors of text are damaged"):
        load_collection(tmp_path / "here")


def test_what_was_saved_without_checksums_is_read(make_collection, tmp_path):
    whole = make_collection(8)
    replace_collection(whole, tmp_path / "here")
    path = tmp_path / "here" / ITEMS_FILE
    described = json.loads(path.read_text("utf-8"))
    del described["sha256"], described["checksums"]
    path.write_text(json.dumps(described), "utf-8")
    assert load_collection(tmp_path / "here").content_hash == whole.content_hash


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"items": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"name": Infinity}',
        '{"name": NaN}',
        '{"name": 1e999}',
        '{"name": "\\ud800"}',
        "[]",
        "7",
    ],
)
def test_what_no_collection_says_is_one_sentence(make_collection, tmp_path, text):
    replace_collection(make_collection(8), tmp_path / "here")
    (tmp_path / "here" / ITEMS_FILE).write_text(text)
    with pytest.raises(GapvizError, match=f"{ITEMS_FILE} is damaged"):
        load_collection(tmp_path / "here")


def test_all_labels_of_an_item_are_kept(make_collection, tmp_path):
    made = make_collection(4)
    first, *rest = made.items
    labelled = replace(made, items=(replace(first, label="a", other_labels=("b", "c")), *rest))
    replace_collection(labelled, tmp_path / "out")
    kept = load_collection(tmp_path / "out")
    assert kept.items[0].labels == ("a", "b", "c")
    assert kept.content_hash == labelled.content_hash
