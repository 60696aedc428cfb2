from dataclasses import replace

import pytest

from gapviz.core.errors import GapvizError
from gapviz.storage.saved_collection import load_collection, replace_collection


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


def test_all_labels_of_an_item_are_kept(make_collection, tmp_path):
    made = make_collection(4)
    first, *rest = made.items
    labelled = replace(made, items=(replace(first, label="a", other_labels=("b", "c")), *rest))
    replace_collection(labelled, tmp_path / "out")
    kept = load_collection(tmp_path / "out")
    assert kept.items[0].labels == ("a", "b", "c")
    assert kept.content_hash == labelled.content_hash
