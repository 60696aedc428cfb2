import logging
from dataclasses import replace

import numpy as np
import pytest

from gapviz.storage import cache
from gapviz.storage.cache import content_key, read_arrays, write_arrays
from gapviz.storage.configuration import configuration
from gapviz.strategies import StrategyOptions

ARRAYS = {"a": np.arange(6.0).reshape(2, 3).T, "scalar": np.float64(3), "none": np.zeros((0, 2))}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kind" / "key.safetensors"


def test_the_variable_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    assert configuration().cache == tmp_path


def test_what_is_written_is_read(path):
    write_arrays(path, ARRAYS)
    read = read_arrays(path)
    assert sorted(read) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert np.shape(array) == read[name].shape
        np.testing.assert_array_equal(array, read[name])


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff" * 40, b"\x08\0\0\0\0\0\0\0{{{{{{{{"])
def test_a_damaged_file_is_removed(path, damage, caplog):
    write_arrays(path, ARRAYS)
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert read_arrays(path) is None
    assert "damaged" in caplog.text
    assert not path.exists()


def test_a_file_cut_short_anywhere_counts_as_absent(path):
    write_arrays(path, ARRAYS)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert read_arrays(path) is None


def test_a_file_without_a_checksum_is_removed(path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(cache, "checksum", lambda arrays: "")
        write_arrays(path, ARRAYS)
    assert read_arrays(path) is None
    assert not path.exists()


def test_a_file_that_cannot_be_opened_just_now_stays(path, monkeypatch):
    write_arrays(path, ARRAYS)

    def busy(*_, **__):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(cache, "safe_open", busy)
        assert read_arrays(path) is None
    assert read_arrays(path) is not None


def test_only_what_is_wanted_is_read_whole(path, monkeypatch):
    write_arrays(path, ARRAYS)
    monkeypatch.setattr(cache, "checksum", lambda arrays: pytest.fail("it was read whole"))
    assert read_arrays(path, lambda read: read("scalar") == 4) is None


def test_a_folder_in_place_of_the_file_is_survived(path):
    path.mkdir(parents=True)
    assert read_arrays(path) is None


def test_no_half_written_file_stays(path):
    write_arrays(path, ARRAYS)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_key_follows_names_and_values_but_not_their_order():
    assert content_key(a=1, b="x") == content_key(b="x", a=1)
    assert len({content_key(a=1), content_key(a=2), content_key(b=1), content_key(a="1")}) == 4


def test_the_key_follows_every_value_of_arrays_and_dataclasses(make_collection):
    first, second = make_collection(seed=0), make_collection(seed=1)
    rows = np.zeros(5_000)
    other = rows.copy()
    other[2_500] = 1
    keys = {
        content_key(part=part)
        for part in (
            rows,
            other,
            rows[:10],
            rows[:10].astype(np.float32),
            rows[:10].reshape(2, 5),
            first,
            second,
            StrategyOptions("centre"),
            StrategyOptions("centre", strength=0.5),
        )
    }
    assert len(keys) == 9
    assert content_key(part=rows) == content_key(part=rows.copy())
    assert content_key(part=first) == content_key(part=replace(first))


def test_a_key_of_anything_else_is_loud():
    for part in (object(), {1, 2}, np.int64(3)):
        with pytest.raises(TypeError):
            content_key(part=part)


def test_a_flipped_bit_anywhere_is_found_or_changes_nothing(path):
    write_arrays(path, ARRAYS)
    whole, found = path.read_bytes(), 0
    for bit in np.random.default_rng(0).integers(8 * len(whole), size=200):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        read = read_arrays(path)
        found += read is None
        for name, array in (read or {}).items():
            np.testing.assert_array_equal(array, ARRAYS[name])
    assert found > 150


def test_nobody_else_may_read_the_cache(path):
    write_arrays(path, ARRAYS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
