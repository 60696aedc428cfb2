import hashlib

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding.store import text_key
from gapviz.storage import cache

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((4, 6)).astype(np.float32)
KEYS = [text_key(text) for text in "abcd"]
VECTORS = dict(zip(KEYS, ROWS, strict=True))


def test_the_key_is_the_sha_of_the_content():
    assert KEYS[1] == hashlib.sha256(b"b").digest()


def test_what_is_written_is_read_by_its_key(store):
    store.write("e", "text", VECTORS)
    found = store.read("e", "text", [text_key(text) for text in "cxac"], 6)
    assert found.keys() == {KEYS[2], KEYS[0]}
    assert np.array_equal(found[KEYS[2]], ROWS[2]) and np.array_equal(found[KEYS[0]], ROWS[0])


def test_writing_nothing_leaves_no_file(store):
    store.write("e", "text", {})
    assert not store.folder.exists()


def test_pictures_and_texts_and_encoders_are_kept_apart(store):
    store.write("e", "text", VECTORS)
    assert not store.read("e", "image", KEYS, 6)
    assert not store.read("E", "text", KEYS, 6)


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "foreign"])
def test_a_damaged_shard_counts_as_absent_and_is_made_again(store, how):
    for keys in (KEYS[:2], KEYS[2:]):
        store.write("e", "text", {key: VECTORS[key] for key in keys})
    path = sorted(store.folder.rglob("text-*"))[0]
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[-1] ^= 1
    path.write_bytes({"cut": content[:-5], "flipped": bytes(flipped), "empty": b""}.get(how, b"x"))
    assert len(store.read("e", "text", KEYS, 6)) == 2
    assert not path.exists()
    store.write("e", "text", VECTORS)
    found = store.read("e", "text", KEYS, 6)
    assert np.array_equal([found[key] for key in KEYS], ROWS)


def test_only_shards_that_hold_what_is_asked_for_are_read_whole(store, monkeypatch):
    for key, row in VECTORS.items():
        store.write("e", "text", {key: row})
    checked = []
    original = cache.checksum
    monkeypatch.setattr(cache, "checksum", lambda arrays: checked.append(1) or original(arrays))
    (found,) = store.read("e", "text", KEYS[1:2], 6).values()
    assert np.array_equal(found, ROWS[1])
    assert len(checked) == 1


def test_a_shard_that_cannot_be_opened_just_now_is_kept(store, monkeypatch):
    store.write("e", "text", VECTORS)

    def busy(*_, **__):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(cache, "safe_open", busy)
        assert not store.read("e", "text", KEYS, 6)
    assert len(store.read("e", "text", KEYS, 6)) == 4


def test_vectors_of_another_dimension_count_as_absent(store):
    store.write("e", "text", VECTORS)
    assert not store.read("e", "text", KEYS, 7)


def test_names_with_anything_in_them_make_safe_folders(store):
    names = ("../../up", "open_clip:ViT-B-32:openai", "open_clip/ViT-B-32/openai", "é" * 300)
    for name in names:
        store.write(name, "text", VECTORS)
    assert all(len(store.read(name, "text", KEYS, 6)) == 4 for name in names)
    assert len(list(store.folder.iterdir())) == len(names)
    assert all(path.is_relative_to(store.folder) for path in store.folder.rglob("*"))


def test_no_half_file_is_left_and_a_full_disk_is_told(store, monkeypatch):
    def full(path, content, **_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "write_atomically", full)
    with pytest.raises(GapvizError, match=r"cannot be written \(No space left on device\)"):
        store.write("e", "text", VECTORS)
    assert not [path for path in store.folder.rglob("*") if path.is_file()]
