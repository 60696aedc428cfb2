import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors.numpy import load, save_file

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin.deflated import deflated
from gapviz.sources.builtin.shipped import shipped_tensors

KINDS = st.sampled_from([np.float16, np.float32, np.uint8, np.int64])


@given(KINDS.flatmap(lambda kind: arrays_of.arrays(kind, st.sampled_from([(5,), (3, 4), (0, 2)]))))
def test_every_array_comes_back_bit_for_bit(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("shipped") / "some.safetensors"
    path.write_bytes(deflated({"some": array}))
    (back,) = shipped_tensors(path, ["some"]).values()
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


def test_vectors_take_a_tenth_less_room_and_the_same_file_each_time():
    rows = np.random.default_rng(0).standard_normal((400, 64)).astype(np.float16)
    content = deflated({"rows": rows})
    assert len(content) < 0.9 * rows.nbytes
    assert deflated({"rows": rows}) == content


def test_a_file_that_is_not_deflated_is_read_as_it_is(tmp_path):
    rows = np.eye(3, dtype=np.float32)
    save_file({"rows": rows}, tmp_path / "plain.safetensors")
    assert np.array_equal(shipped_tensors(tmp_path / "plain.safetensors", ["rows"])["rows"], rows)


@pytest.mark.parametrize("damage", [lambda raw: raw[:-4], lambda raw: raw[::-1]])
def test_damaged_bytes_are_told_in_a_sentence(tmp_path, damage, monkeypatch):
    good = zlib.compress(np.arange(40, dtype=np.int64).tobytes())
    monkeypatch.setattr(zlib, "compress", lambda content, level: damage(good))
    content = deflated({"rows": np.arange(40, dtype=np.int64)})
    assert load(content)["rows"].dtype == np.uint8
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    with pytest.raises(GapvizError, match="missing or damaged"):
        shipped_tensors(path, ["rows"])
