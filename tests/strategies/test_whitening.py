import numpy as np
import pytest
from scipy.linalg import inv, sqrtm
from sklearn.covariance import shrunk_covariance

from gapviz import Collection, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.strategies import StrategyOptions, fit_strategy


@pytest.mark.parametrize("shrinkage", [0.05, 0.5, 0.9])
def test_rows_are_multiplied_by_the_inverse_root_of_the_shrunk_covariance(
    make_collection, shrinkage
):
    collection = make_collection(60, dim=6)
    strategy = fit_strategy(StrategyOptions("whitening", shrinkage=shrinkage), collection)
    for name, block in collection.modalities.items():
        rows = block.vectors.astype(float)
        centred = rows - rows.mean(axis=0)
        root = inv(sqrtm(shrunk_covariance(centred.T @ centred / 60, shrinkage)))
        moved = centred @ root
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        np.testing.assert_allclose(strategy.transform(block.vectors, name), moved, atol=1e-6)


def test_with_full_shrinkage_it_is_centring(make_collection):
    collection = make_collection(30)
    image = collection.modality("image").vectors
    whitened, centred = (
        fit_strategy(options, collection).transform(image, "image")
        for options in (StrategyOptions("whitening", shrinkage=1), StrategyOptions("centre"))
    )
    np.testing.assert_allclose(whitened, centred, atol=1e-6)


def test_with_little_shrinkage_a_stretched_cloud_becomes_round():
    rng = np.random.default_rng(0)
    stretched = rng.standard_normal((4_000, 5)) * [5, 1, 1, 1, 1]
    made = {"image": ModalityVectors.of(stretched), "text": ModalityVectors.of(stretched[::-1])}
    collection = Collection("stretched", items_of_rows(4_000), made)
    strategy = fit_strategy(StrategyOptions("whitening", shrinkage=0.01), collection)
    moved = strategy.transform(collection.modality("image").vectors, "image")
    spread = np.linalg.eigvalsh(np.cov(moved.T))
    assert spread.max() / spread.min() < 2.5
    before = np.linalg.eigvalsh(np.cov(collection.modality("image").vectors.T))
    assert before.max() / before.min() > 5


def test_rows_that_are_all_equal_are_centred_only_and_told():
    made = {
        "image": ModalityVectors.of(np.ones((6, 4))),
        "text": ModalityVectors.of(np.random.default_rng(0).standard_normal((6, 4))),
    }
    strategy = fit_strategy(
        StrategyOptions("whitening"), Collection("flat", items_of_rows(6), made)
    )
    assert strategy.warnings == ("All calibration rows of image are equal; they are centred only.",)
    away = ModalityVectors.of(np.eye(4)).vectors
    expected = away - 0.5
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(strategy.transform(away, "image"), expected, atol=1e-6)
