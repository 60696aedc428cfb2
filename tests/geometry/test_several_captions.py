"""Images with several indexed captions: those of one image are no wrong answers to it."""

import numpy as np
import pytest

from gapviz import Collection
from gapviz.collection import ModalityVectors, items_of_rows
from gapviz.evaluation import evaluate_cross
from gapviz.geometry import anatomy, info_nce_both_ways, measure_geometry
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
    all_captions = info_nce_both_ways(x, y, collection.pairs(*PAIR))
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
    assert measure_geometry(x, y, collection.pairs(*PAIR)).info_nce == all_captions.symmetric


def test_a_copy_of_every_caption_changes_no_loss():
    x, y = rows_of(captioned(captions=1))
    collection = captioned(captions=1)
    owner = collection.modality("text").item_index
    twice = Collection(
        name="twice",
        items=collection.items,
        modalities={
            "image": collection.modality("image"),
            "text": ModalityVectors.of(np.concatenate([y, y]), np.concatenate([owner, owner])),
        },
    )
    once = info_nce_both_ways(x, y, collection.pairs(*PAIR))
    assert info_nce_both_ways(*rows_of(twice), twice.pairs(*PAIR)) == once
