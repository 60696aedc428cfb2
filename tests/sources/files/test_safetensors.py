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


def test_half_precision_that_numpy_lacks_is_refused(tmp_path, refusal):
    save_torch({"image": torch.ones(3, 4, dtype=torch.bfloat16)}, tmp_path / "x.safetensors")
    assert "float16, float32 or float64" in refusal(tmp_path / "x.safetensors")


def test_a_header_that_is_no_list_is_refused(write, rows, refusal):
    path = write({"image": rows[0]}, ids="a, b, c")
    assert "'ids' is not a JSON list" in refusal(path)
    assert "6 rows for 1 ids" in refusal(write({"image": rows[0]}, ids=["a"]))


def test_a_saved_collections_tensors_are_known_by_their_folder(write, rows, refusal):
    options = ReadOptions(modalities=("audio",))
    assert "choose among image" in refusal(write({"image": rows[0]}), options)
