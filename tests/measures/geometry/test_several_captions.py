"""Images with several indexed captions: those of one image are no wrong answers to it."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from gapviz import Collection
from gapviz.core.blocks import item_sums
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.measures.geometry import anatomy
from gapviz.measures.geometry.contrast import info_nce
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.thresholds import typed_scores
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.strategies import StrategyOptions, fit_strategy

PAIR = ("image", "text")


def captioned(n_items=60, captions=5, *, dim=16, seed=0):
    """Captions that lie nearer to each other than to their picture."""
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n_items, dim))
    owner = rng.permutation(np.repeat(np.arange(n_items), captions))
    offset = np.zeros(dim)
    offset[0] = 1.0
    images = meaning + 0.7 * rng.standard_normal(meaning.shape) + offset
    texts = meaning[owner] + 0.4 * rng.standard_normal((owner.size, dim)) - offset
    return Collection(
        name="captioned",
        items=items_of_rows(n_items),
        modalities={"image": ModalityVectors.of(images), "text": ModalityVectors.of(texts, owner)},
    )


def rows_of(collection):
    return tuple(collection.modality(name).corpus.vectors for name in PAIR)


@pytest.mark.parametrize("block", [anatomy.ABLATION_SCORES, 700])
def test_with_nothing_removed_recall_is_that_of_the_cross_modal_search(block, monkeypatch):
    monkeypatch.setattr(anatomy, "ABLATION_SCORES", block)
    collection = captioned()
    curve = anatomy.ablation_curve(*rows_of(collection), collection.pairs(*PAIR), counts=(0, 2))
    raw = fit_strategy(StrategyOptions("raw"), collection)
    for found, control, direction in (
        (curve.recall_x_to_y, curve.control_recall_x_to_y, PAIR),
        (curve.recall_y_to_x, curve.control_recall_y_to_x, PAIR[::-1]),
    ):
        expected = evaluate_cross(collection, raw, *direction).recall(1).mean()
        assert 0.5 < expected < 1
        assert found[0] == control[0] == pytest.approx(expected)
    assert curve.n_pairs == 300


def test_a_sample_of_items_keeps_all_of_their_captions(monkeypatch):
    monkeypatch.setattr(anatomy, "ABLATION_ITEMS", 10)
    collection = captioned()
    pairs = collection.pairs(*PAIR)
    one, again, other = (
        anatomy.ablation_curve(*rows_of(collection), pairs, counts=(0,), seed=seed)
        for seed in (0, 0, 3)
    )
    assert one.n_pairs == other.n_pairs == 50
    assert one.recall_y_to_x == again.recall_y_to_x


def test_the_loss_is_that_of_the_first_caption_of_each_image():
    collection = captioned()
    x, y = rows_of(collection)
    all_captions = info_nce(x, y, collection.pairs(*PAIR))
    owner = collection.modality("text").item_index
    _, first = np.unique(owner, return_index=True)
    logits = x.astype(np.float64) @ y[first].astype(np.float64).T / 0.01
    forward, backward = (
        float(
            (
                np.log(np.exp(rows - rows.max(axis=1, keepdims=True)).sum(axis=1))
                + rows.max(axis=1)
                - rows.diagonal()
            ).mean()
        )
        for rows in (logits, logits.T)
    )
    assert all_captions.batch == 60
    assert all_captions.x_to_y == pytest.approx(forward)
    assert all_captions.y_to_x == pytest.approx(backward)
    assert Geometry(x, y, collection.pairs(*PAIR)).info_nce == all_captions.symmetric


def figures_of(collection):
    geometry = Geometry(*rows_of(collection), collection.pairs(*PAIR))
    return {
        "loss": geometry.info_nce,
        "cone": geometry.y.cone,
        "relative gap": geometry.relative_gap,
        "separation C": geometry.gap.separation_c,
        "noise floor": geometry.gap.noise_floor,
        "uniformity": geometry.uniformity.y,
        "threshold": geometry.threshold.within_y,
    }


def with_captions_twice(collection, times):
    images, texts = (collection.modality(name) for name in PAIR)
    repeated = ModalityVectors.of(
        np.repeat(texts.vectors, times, axis=0), np.repeat(texts.item_index, times)
    )
    return replace(collection, modalities={"image": images, "text": repeated})


@pytest.mark.parametrize("times", [2, 5])
@pytest.mark.parametrize("sampled", [False, True])
def test_a_copy_of_every_caption_changes_no_figure(times, sampled, monkeypatch):
    collection = captioned(captions=1)
    once, tolerance = figures_of(collection), 1e-6
    if sampled:
        monkeypatch.setattr(
            import_module("gapviz.measures.geometry.pair_scores"), "EXACT_SCORES", 100
        )
        tolerance = 0.02
    again = figures_of(with_captions_twice(collection, times))
    assert again == pytest.approx(once, abs=tolerance)


def test_the_cone_and_the_noise_floor_are_those_of_the_items():
    collection = captioned()
    x, y = rows_of(collection)
    owner = collection.modality("text").item_index
    geometry = Geometry(x, y, collection.pairs(*PAIR))
    different = owner[:, None] != owner
    rows = y.astype(np.float64)
    assert geometry.y.cone == pytest.approx((rows @ rows.T)[different].mean())
    assert geometry.scores.within_y.size == different.sum() / 2
    # Every item has as many captions, so that their mean weighs as the item does.
    means = np.array([rows[owner == item].mean(axis=0) for item in range(60)])
    expected = (x - means).var(axis=0, ddof=1).sum() / 60
    assert geometry.gap.noise_floor == pytest.approx(np.sqrt(expected))


@pytest.mark.parametrize("labelled", [False, True])
def test_captions_of_one_image_are_in_no_threshold_within_texts(labelled):
    collection = captioned()
    owner = collection.modality("text").item_index
    labels = owner % 3 if labelled else None
    scores = typed_scores(*rows_of(collection), collection.pairs(*PAIR), labels_y=labels)[
        "within_y"
    ]
    different = np.triu(owner[:, None] != owner)
    alike = different & (owner[:, None] % 3 == owner % 3) if labelled else np.zeros_like(different)
    assert (scores.positive.size, scores.positive_weight) == (alike.sum(), 1)
    assert (scores.negative.size, scores.negative_weight) == ((different & ~alike).sum(), 1)


@pytest.mark.parametrize("rows", [1, 7, 1_000])
def test_sums_by_item_do_not_depend_on_the_blocks(rows):
    rng = np.random.default_rng(0)
    matrix, owner = rng.standard_normal((90, 4)).astype(np.float32), rng.integers(0, 20, 90)
    parts = list(item_sums(matrix, owner, rows))
    sums, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
    items = np.unique(owner)
    assert counts.tolist() == [(owner == item).sum() for item in items]
    expected = [matrix[owner == item].astype(np.float64).sum(axis=0) for item in items]
    np.testing.assert_allclose(sums, expected)
