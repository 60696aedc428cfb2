import logging
from pathlib import Path

import numpy as np
import pytest

from gapviz.storage.cache import cache_folder, cached_arrays, content_key, read_arrays, write_arrays


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    return tmp_path


def test_the_variable_names_the_folder(folder):
    assert cache_folder() == folder


def test_the_second_call_computes_nothing(folder):
    calls = []

    def compute():
        calls.append(1)
        return {"a": np.arange(6.0).reshape(2, 3).T, "scalar": np.float64(3)}

    first = cached_arrays("kind", "key", compute)
    second = cached_arrays("kind", "key", compute)
    assert len(calls) == 1
    for name, array in first.items():
        assert np.shape(array) == second[name].shape
        np.testing.assert_array_equal(array, second[name])


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff" * 40, b"\x08\0\0\0\0\0\0\0{{{{{{{{"])
def test_a_damaged_file_is_made_again(folder, damage, caplog):
    write_arrays("kind", "key", {"a": np.arange(3)})
    (path,) = folder.rglob("*.safetensors")
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert read_arrays("kind", "key") is None
    assert "damaged" in caplog.text
    assert not path.exists()


def test_a_file_cut_short_anywhere_is_made_again(folder):
    write_arrays("kind", "key", {"a": np.arange(3)})
    (path,) = folder.rglob("*.safetensors")
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert read_arrays("kind", "key") is None


def test_a_file_that_cannot_be_opened_just_now_is_kept(folder, monkeypatch):
    write_arrays("kind", "key", {"a": np.arange(3)})

    def busy(path):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", busy)
        assert read_arrays("kind", "key") is None
    np.testing.assert_array_equal(read_arrays("kind", "key")["a"], np.arange(3))


def test_a_folder_in_place_of_the_file_is_survived(folder):
    (folder / "kind" / "key.safetensors").mkdir(parents=True)
    made = cached_arrays("kind", "key", lambda: {"a": np.arange(3)})
    np.testing.assert_array_equal(made["a"], np.arange(3))


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "file"))
    write_arrays("kind", "key", {"a": np.arange(3)})
    assert cached_arrays("kind", "key", lambda: {"a": np.arange(3)})["a"].size == 3


def test_no_half_written_file_stays(folder):
    write_arrays("kind", "key", {"a": np.arange(3)})
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["key.safetensors"]


def test_the_key_follows_names_and_values_but_not_their_order():
    assert content_key(a=1, b="x") == content_key(b="x", a=1)
    assert len({content_key(a=1), content_key(a=2), content_key(b=1), content_key(a="1")}) == 4


def test_a_key_of_what_json_cannot_hold_is_loud():
    with pytest.raises(TypeError):
        content_key(array=np.arange(5000))
