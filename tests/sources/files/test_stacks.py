"""Stacked `.npy` files of any number of modalities."""

import numpy as np
import pytest

from gapviz.sources.files import ReadOptions, read

THREE = ReadOptions(modalities=("image", "text", "audio"))


@pytest.fixture
def stack(tmp_path):
    def written(array, name="x.npy"):
        np.save(tmp_path / name, array)
        return tmp_path / name

    return written


def test_names_open_a_stack_of_any_height(stack, rows, unit):
    path = stack(np.concatenate([rows, rows[:1] + 1]))
    collection = read(str(path), THREE).collection
    assert collection.modality_names == ("image", "text", "audio")
    np.testing.assert_allclose(collection.modality("audio").vectors, unit(rows[0] + 1), atol=1e-6)


def test_half_precision_comes_out_as_unit_rows(stack, rows, reads_or_refuses):
    reading = reads_or_refuses(stack(rows.astype(np.float16)))
    assert reading.collection.n_items == 6


@pytest.mark.parametrize("height", [1, 3, 4])
def test_a_stack_whose_modalities_have_no_names_is_refused(stack, refusal, height):
    sentence = refusal(stack(np.ones((height, 5, 4))))
    assert f"stacks {height} matrices" in sentence and "name each modality" in sentence


def test_names_that_are_too_few_or_alike_are_refused(stack, rows, refusal):
    assert "3 modalities are named" in refusal(stack(rows), THREE)
    alike = ReadOptions(modalities=("image", "image"))
    assert "1 modalities are named (image, image)" in refusal(stack(rows), alike)


def test_a_table_beside_the_stack_gives_captions(stack, rows):
    path = stack(rows)
    lines = [f'{{"text": ["dog {n}", "cat"], "class": "animal"}}' for n in range(6)]
    path.with_suffix(".jsonl").write_text("\n".join(lines))
    item = read(str(path)).collection.items[5]
    assert (item.id, item.captions, item.label) == ("5", ("dog 5", "cat"), "animal")
