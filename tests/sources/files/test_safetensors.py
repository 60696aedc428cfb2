"""Safetensors of named modalities."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from gapviz.sources.files import ReadOptions, read


@pytest.fixture
def write(tmp_path):
    def written(tensors, **metadata):
        save_file(
            {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()},
            tmp_path / "x.safetensors",
            metadata={
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in metadata.items()
            },
        )
        return tmp_path / "x.safetensors"

    return written


def test_the_header_says_what_the_items_are(write, rows):
    path = write(
        {"image": rows[0], "text": rows[1].astype(np.float16)},
        ids=[f"p{n}" for n in range(6)],
        captions=[["a dog", "a cat"], "one", None, "", "x", "y"],
        text_ids=["p1", "p1", "p2", "p3", "p4", "p0"],
        encoder="a model",
        format="pt",
    )
    collection = read(str(path)).collection
    assert collection.encoder == "a model"
    assert [item.captions for item in collection.items][:4] == [
        ("a dog", "a cat"), ("one",), (), (),
    ]  # fmt: skip
    assert collection.modality("text").item_index.tolist() == [1, 1, 2, 3, 4, 0]


def test_numbers_may_be_tensors(write, rows):
    path = write({"image": rows[0], "ids": np.arange(6), "labels": np.array([0, 1] * 3)})
    collection = read(str(path)).collection
    assert [item.label for item in collection.items] == ["0", "1"] * 3


def test_a_table_beside_it_says_the_same(write, rows):
    path = write({"image": rows[0], "text": rows[1]})
    path.with_suffix(".csv").write_text("caption\n" + "a dog\n" * 6)
    assert read(str(path)).collection.items[0].captions == ("a dog",)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2], ids=str)
def test_floats_that_numpy_lacks_are_widened(tmp_path, rows, unit, dtype):
    kept = torch.from_numpy(rows).to(dtype)
    save_torch({"image": kept[0], "text": kept[1]}, tmp_path / "x.safetensors")
    reading = read(str(tmp_path / "x.safetensors"))
    assert reading.skipped == ()
    expected = unit(kept[1].to(torch.float64).numpy())
    np.testing.assert_allclose(reading.collection.modality("text").vectors, expected, atol=1e-6)


def test_a_tensor_of_numbers_that_are_not_read_is_left_out_by_name(tmp_path, rows, refusal):
    complex_rows = torch.ones(6, 4, dtype=torch.complex64)
    save_torch({"x": complex_rows, "image": torch.from_numpy(rows[0])}, tmp_path / "x.safetensors")
    (note,) = read(str(tmp_path / "x.safetensors")).skipped
    assert (note.what, note.why) == ("x.safetensors, x", "holds C64, which is not read")
    save_torch({"image": complex_rows}, tmp_path / "x.safetensors")
    assert "x.safetensors, image: holds C64" in refusal(tmp_path / "x.safetensors")


def test_a_header_that_is_no_list_is_refused(write, rows, refusal):
    path = write({"image": rows[0]}, ids="a, b, c")
    assert "'ids' is not a JSON list" in refusal(path)
    assert "6 rows for 1 ids" in refusal(write({"image": rows[0]}, ids=["a"]))


def test_a_saved_collections_tensors_are_known_by_their_folder(write, rows, refusal):
    options = ReadOptions(modalities=("audio",))
    assert "choose among image" in refusal(write({"image": rows[0]}), options)
