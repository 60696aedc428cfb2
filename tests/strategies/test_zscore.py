import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler, normalize

from gapviz import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.strategies.zscore import StandardiseDimensions


def clouds(n=40, dim=6):
    rng = np.random.default_rng(0)
    return {
        "image": unit_rows(rng.standard_normal((n, dim)) * np.arange(1, dim + 1) + 1),
        "text": unit_rows(rng.standard_normal((n + 3, dim)) - 2),
    }


def test_rows_are_standardised_as_scikit_learn_does():
    vectors = clouds()
    alignment = StandardiseDimensions().fit_vectors(vectors)
    for name, rows in vectors.items():
        exact = rows.astype(np.float64)
        expected = normalize(StandardScaler().fit(exact).transform(exact))
        np.testing.assert_allclose(alignment.transform(rows, name), expected, atol=1e-6)
    assert alignment.warnings_ == ()


def test_a_constant_dimension_is_centred_and_not_blown_up():
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, np.pi / 2, 50)
    flat = np.stack([0.8 * np.cos(angle), 0.8 * np.sin(angle), np.full(50, 0.6)], axis=1)
    vectors = {"image": unit_rows(flat)}
    alignment = StandardiseDimensions().fit_vectors(vectors)
    moved = alignment.transform(vectors["image"], "image")
    assert np.abs(moved[:, 2]).max() < 1e-5
    assert "1 of the 3 dimensions of image" in alignment.warnings_[0]


def test_a_modality_that_was_not_fitted_is_refused():
    vectors = clouds()
    with pytest.raises(GapvizError, match="has not seen"):
        StandardiseDimensions().fit_vectors(vectors).transform(vectors["text"], "audio")


def test_a_collapsed_cloud_is_refused_rather_than_amplifying_rounding():
    collapsed = np.repeat(clouds()["image"][:1], 5, axis=0)
    alignment = StandardiseDimensions().fit_vectors({"image": collapsed})
    with pytest.raises(GapvizError, match="length zero"):
        alignment.transform(collapsed, "image")
