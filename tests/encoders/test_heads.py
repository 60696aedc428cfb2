"""What joins the two towers of the built-in encoder."""

from importlib import import_module

import numpy as np
import pytest

from gapviz.encoders.heads import Head, ImageInputs, JoinedHeads, joined_tensors, load_joined
from gapviz.encoders.image_only import POOLED, STAGES_DIM, efficientnet
from gapviz.sources.builtin.deflated import deflated
from gapviz.sources.builtin.drawings import render
from gapviz.sources.builtin.shipped import shipped_folder

CODES = ("1F600", "1F34E")


def drawn_head(rng, width=6, hidden=5, dim=4):
    return Head(
        *(rng.normal(size=size).astype(np.float32) for size in (width,)),
        np.abs(rng.normal(size=width)).astype(np.float32) + 1,
        rng.normal(size=(hidden, width)).astype(np.float32),
        rng.normal(size=hidden).astype(np.float32),
        rng.normal(size=(dim, hidden)).astype(np.float32),
        rng.normal(size=dim).astype(np.float32),
    )


@pytest.fixture
def joined():
    rng = np.random.default_rng(0)
    heads = tuple(drawn_head(rng) for _ in range(3))
    return JoinedHeads(heads, np.eye(12, dtype=np.float32))


def test_with_all_directions_a_cosine_is_the_mean_of_the_heads(joined):
    rows = np.random.default_rng(1).normal(size=(7, 6)).astype(np.float32)
    together = joined.project(rows)
    apart = [head.project(rows) for head in joined.heads]
    assert together @ together.T == pytest.approx(
        np.mean([one @ one.T for one in apart], axis=0), abs=1e-6
    )


def test_heads_come_back_from_their_file(joined, tmp_path):
    file = tmp_path / "heads.safetensors"
    file.write_bytes(deflated(joined_tensors({"image": joined, "text": joined})))
    rows = np.ones((2, 6), dtype=np.float32)
    for loaded in load_joined(file).values():
        assert np.array_equal(loaded.project(rows), joined.project(rows))


@pytest.mark.encoder
def test_one_pass_gives_the_stages_and_what_the_tower_alone_gives():
    tower = efficientnet("cpu")
    pixels = [tower.preprocessing.pixels(render(code, 224)) for code in CODES]
    stages = tower.pixel_stages(pixels)
    assert stages.shape == (2, STAGES_DIM)
    half = STAGES_DIM // 2
    assert (stages[:, half:] >= stages[:, :half]).all()
    assert np.array_equal(stages[:, POOLED], tower.pixel_features(pixels))

    import torch

    batch = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        last = tower._model.extract_features((batch - 127.0) / 128.0).mean(dim=(2, 3)).numpy()
    assert stages[:, POOLED] == pytest.approx(last, abs=1e-5)


@pytest.mark.encoder
def test_the_classifier_puts_a_picture_into_words():
    tower = efficientnet("cpu")
    shipped = ImageInputs.load(shipped_folder("encoder") / "inputs.safetensors")
    stages = tower.pixel_stages([tower.preprocessing.pixels(render(code, 224)) for code in CODES])
    assert shipped.of(stages, tower.classifier()).shape == (2, len(shipped.directions))
    # Words count: other names of the classes give other inputs.
    other = ImageInputs(shipped.class_names[::-1], shipped.mean, shipped.scale, shipped.directions)
    moved = other.of(stages, tower.classifier()) - shipped.of(stages, tower.classifier())
    assert np.abs(moved).max() > 1e-3


@pytest.fixture
def making(monkeypatch):
    """The modules that make what ships."""
    monkeypatch.syspath_prepend(str(shipped_folder("")))
    return import_module("inputs"), import_module("tower_features"), import_module("npm_packages")


@pytest.mark.parametrize("split", ["calibrate", "evaluate"])
def test_a_view_of_a_drawing_that_is_not_for_training_is_refused(making, split):
    from gapviz.sources.builtin import builtin_collection

    inputs, towers, _ = making
    splits = builtin_collection().splits
    stages = np.zeros((1, STAGES_DIM), dtype=np.float32)
    view = towers.Pictures(splits[split][:1], stages)
    n_items = builtin_collection().n_items
    features = towers.TowerFeatures(
        stages=np.zeros((n_items, STAGES_DIM), dtype=np.float32),
        views=(view,),
        texts=np.zeros((n_items, 384), dtype=np.float32),
        n_captions=np.ones(n_items, dtype=np.int64),
        more=towers.Texts(splits[split][:1], np.zeros((1, 384), dtype=np.float32)),
        class_texts=np.zeros((1000, 384), dtype=np.float32),
    )
    made = inputs.Inputs(features, None, splits["train"])
    for rows in ("training_images", "training_texts"):
        with pytest.raises(ValueError, match="not for training"):
            getattr(made, rows)


def test_each_pair_shows_one_of_its_own_rows(making):
    rows = making[0].Rows.grouped(np.arange(6.0)[:, None], np.array([0, 1, 2, 0, 2, 2]), 3)
    rng = np.random.default_rng(0)
    pairs = np.array([2, 0, 1])
    shown = {tuple(rows.inputs[rows.chosen(pairs, 0.5, rng), 0]) for _ in range(100)}
    assert {row[0] for row in shown} == {2, 4, 5}
    assert {row[1] for row in shown} == {0, 3}
    assert {row[2] for row in shown} == {1}


def test_another_file_than_the_pinned_one_is_told(making):
    package = making[2].NpmPackage("emojilib", "4.0.3", making[2].EMOJILIB.sha512)
    assert not making[2]._is_pinned(b"something else", package)
    assert package.file == "emojilib-4.0.3.tgz"
