import numpy as np
import pytest
from safetensors.numpy import save

from gapviz.core.errors import GapvizError
from gapviz.core.places import DATA
from gapviz.core.vectors import unit_rows
from gapviz.encoders.registry import load_any_encoder
from gapviz.measures.retrieval.within import compare_within
from gapviz.sources.builtin import builtin_collection, dedicated_vectors
from gapviz.sources.builtin.dedicated import DEDICATED_FILE, ENCODERS, packed
from gapviz.sources.builtin.drawings import render

DIMENSIONS = {"image": 1280, "text": 384}
SOME = [0, 100, 700, 1200]


@pytest.fixture(scope="module")
def collection():
    return builtin_collection()


@pytest.fixture
def kept_at(tmp_path, monkeypatch):
    monkeypatch.setattr("gapviz.sources.builtin.dedicated.shipped_folder", lambda name: tmp_path)
    return tmp_path / DEDICATED_FILE


@pytest.mark.parametrize("modality", DIMENSIONS)
def test_every_item_has_one_unit_row(collection, modality):
    dedicated = dedicated_vectors(modality)
    assert dedicated.modality == modality
    assert dedicated.vectors.shape == (collection.n_items, DIMENSIONS[modality])
    assert np.linalg.norm(dedicated.vectors.astype(float), axis=1) == pytest.approx(1, abs=1e-6)
    assert not dedicated.vectors.flags.writeable


@pytest.mark.encoder
def test_they_are_what_the_encoders_of_that_name_give(collection):
    items = [collection.items[i] for i in SOME]
    image, text = dedicated_vectors("image"), dedicated_vectors("text")
    image_encoder = load_any_encoder(ENCODERS["image"], device="cpu")
    text_encoder = load_any_encoder(ENCODERS["text"], device="cpu")
    images = image_encoder.encode_images([render(item.id, 224) for item in items])
    texts = text_encoder.encode_texts([item.captions[0] for item in items])
    for live, shipped in ((images, image), (texts, text)):
        assert (live * shipped.vectors[SOME]).sum(axis=1).min() > 0.99999


def test_packing_keeps_every_zero_and_the_rest_to_half_precision(kept_at):
    rows = unit_rows(
        np.maximum(np.random.default_rng(0).standard_normal((7, 11)), 0) + np.eye(7, 11)
    )
    kept_at.write_bytes(save(packed(rows, "image")))
    read = dedicated_vectors("image").vectors
    assert np.array_equal(read == 0, rows == 0)
    assert read == pytest.approx(rows, abs=1e-3)


@pytest.mark.parametrize("modality", DIMENSIONS)
def test_the_recall_delta_is_told_per_label(collection, modality):
    held = collection.splits["evaluate"]
    joint = collection.modality(modality).corpus.vectors[held]
    dedicated = dedicated_vectors(modality).vectors[held]
    labels = collection.labels[held]
    comparison = compare_within(joint, dedicated, labels)
    whole, parts = comparison.delta, comparison.by_label
    assert whole.recall[10].low < whole.recall[10].value < whole.recall[10].high
    assert 50 < len(parts) <= np.unique(labels).size
    assert all(-1 <= part.delta.recall[10].value <= 1 for part in parts)


def test_another_modality_is_refused():
    with pytest.raises(GapvizError, match="choose image or text"):
        dedicated_vectors("audio")


@pytest.mark.parametrize("content", [b"", b"half a file", None])
def test_a_damaged_file_is_told_in_a_sentence(content, kept_at):
    if content is not None:
        kept_at.write_bytes(content)
    with pytest.raises(GapvizError, match=r"missing or damaged; .*`make data`"):
        dedicated_vectors("text")


def test_all_that_ships_is_below_thirty_megabytes():
    files = [path for path in DATA.rglob("*") if "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 30e6
