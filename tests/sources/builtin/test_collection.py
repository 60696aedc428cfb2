import subprocess
import sys

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import ATTRIBUTION, builtin_collection, shipped
from gapviz.sources.builtin.drawings import drawing_codes

HEAVY = ("torch", "transformers", "open_clip", "umap", "streamlit", "tokenizers", "timm")


@pytest.fixture(scope="module")
def collection():
    return builtin_collection()


def test_opening_it_imports_nothing_heavy():
    code = (
        "import sys, gapviz.encoders, gapviz.encoders.builtin, gapviz.sources.builtin.drawings\n"
        "from gapviz.sources.builtin import builtin_collection\n"
        "assert builtin_collection().n_items > 1000\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_item_has_one_image_row_and_one_indexed_text_row(collection):
    everyone = np.arange(collection.n_items)
    assert np.array_equal(collection.modality("image").item_index, everyone)
    assert np.array_equal(collection.modality("text").corpus.item_index, everyone)
    assert len(collection.pairs("image", "text")) == collection.n_items


def test_every_caption_has_its_row(collection):
    owners = np.repeat(
        np.arange(collection.n_items), [len(item.captions) for item in collection.items]
    )
    assert np.array_equal(collection.modality("text").item_index, owners)


def test_splits_part_the_items_and_keep_the_labels_alike(collection):
    sizes = {name: len(members) for name, members in collection.splits.items()}
    assert sum(sizes.values()) == collection.n_items
    together = np.concatenate(list(collection.splits.values()))
    assert np.unique(together).size == collection.n_items
    assert sizes["train"] / collection.n_items == pytest.approx(0.5, abs=0.01)
    assert sizes["calibrate"] / collection.n_items == pytest.approx(0.2, abs=0.01)
    counts = np.bincount(collection.labels)
    for name, share in (("train", 0.5), ("evaluate", 0.3)):
        here = np.bincount(collection.labels[collection.splits[name]], minlength=counts.size)
        assert np.all(np.abs(here - share * counts) <= 2)


def test_every_item_has_a_drawing(collection):
    codes = set(drawing_codes())
    assert all(item.id in codes for item in collection.items)
    assert all(item.image == f"openmoji:{item.id}" for item in collection.items)


def test_its_origin_is_named(collection):
    assert collection.attribution == ATTRIBUTION
    assert "OpenMoji" in ATTRIBUTION
    assert "CC BY-SA 4.0" in ATTRIBUTION
    assert collection.encoder == "builtin"


def test_missing_files_are_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "DATA", tmp_path / "data")
    with pytest.raises(GapvizError, match="data/builtin"):
        builtin_collection()
