import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.linear_model import Ridge
from sklearn.preprocessing import normalize

from gapviz import GapvizError
from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.strategies.centre import CentreBoth
from gapviz.strategies.procrustes import Procrustes
from gapviz.strategies.ridge import RidgeToIdentity

KINDS = [Procrustes, RidgeToIdentity]


def matched(n):
    rows = np.arange(n)
    return lambda a, b: Pairs(rows, rows)


def clouds(n=40, dim=6, seed=0):
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n, dim))
    return {
        name: unit_rows(meaning + 0.3 * rng.standard_normal((n, dim)) + shift)
        for name, shift in (("image", 1.0), ("text", -1.0))
    }


def centred(vectors, name):
    exact = vectors[name].astype(np.float64)
    return exact - exact.mean(axis=0)


def test_procrustes_is_scipys_rotation_of_the_centred_rows():
    vectors = clouds()
    alignment = Procrustes().fit_vectors(vectors, matched(40))
    a, b = centred(vectors, "image"), centred(vectors, "text")
    rotation, _ = orthogonal_procrustes(a, b)
    np.testing.assert_allclose(
        alignment.transform(vectors["image"], "image"), normalize(a @ rotation), atol=1e-6
    )
    np.testing.assert_allclose(
        alignment.transform(vectors["text"], "text"), normalize(b), atol=1e-6
    )


@pytest.mark.parametrize("ridge", [0.5, 30.0])
def test_ridge_towards_identity_is_scikit_learns_ridge_of_the_difference(ridge):
    vectors = clouds()
    alignment = RidgeToIdentity(ridge=ridge).fit_vectors(vectors, matched(40))
    a, b = centred(vectors, "image"), centred(vectors, "text")
    correction = Ridge(alpha=ridge, fit_intercept=False).fit(a, b - a).coef_.T
    np.testing.assert_allclose(alignment.maps_["image"], np.eye(6) + correction, atol=1e-8)


def test_an_exact_rotation_is_found():
    rng = np.random.default_rng(2)
    image = unit_rows(rng.standard_normal((50, 5)))
    turn = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    vectors = {"image": image, "text": unit_rows(image @ turn)}
    alignment = Procrustes().fit_vectors(vectors, matched(50))
    moved = [alignment.transform(rows, name) for name, rows in vectors.items()]
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-5)


def test_an_endless_ridge_is_centring_both():
    vectors = clouds()
    ridge = RidgeToIdentity(ridge=1e6).fit_vectors(vectors, matched(40))
    centre = CentreBoth().fit_vectors(vectors)
    for name, rows in vectors.items():
        np.testing.assert_allclose(
            ridge.transform(rows, name), centre.transform(rows, name), atol=1e-3
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_anchor_is_only_centred(kind):
    vectors = clouds()
    alignment = kind(anchor="image").fit_vectors(vectors, matched(40))
    assert alignment.anchor_ == "image"
    np.testing.assert_allclose(
        alignment.transform(vectors["image"], "image"),
        normalize(centred(vectors, "image")),
        atol=1e-6,
    )
    assert set(alignment.maps_) == {"text"}


@pytest.mark.parametrize("kind", KINDS)
def test_of_three_modalities_two_are_mapped_onto_the_last(kind):
    vectors = clouds() | {"audio": clouds(seed=3)["text"]}
    alignment = kind().fit_vectors(vectors, matched(40))
    assert alignment.anchor_ == "audio"
    assert set(alignment.maps_) == {"image", "text"}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_a_partner_move_the_centroid_alone(kind):
    vectors = clouds()
    few = kind().fit_vectors(vectors, matched(20))
    assert few.means_["image"] == pytest.approx(vectors["image"].astype(float).mean(axis=0))
    assert not np.allclose(
        few.maps_["image"], kind().fit_vectors(vectors, matched(40)).maps_["image"]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_pairs_are_refused(kind):
    for pairs in (None, matched(0)):
        with pytest.raises(GapvizError, match="needs matched pairs"):
            kind().fit_vectors(clouds(), pairs)
    with pytest.raises(GapvizError, match="there is only image"):
        kind().fit_vectors({"image": clouds()["image"]}, matched(40))
    with pytest.raises(GapvizError, match="'smell'"):
        kind(anchor="smell").fit_vectors(clouds(), matched(40))


def test_few_pairs_raise_a_doubt_unless_the_ridge_holds_them():
    vectors = clouds(n=6, dim=9)
    assert Procrustes().fit_vectors(vectors, matched(6)).warnings_
    assert RidgeToIdentity(ridge=0.1).fit_vectors(vectors, matched(6)).warnings_
    assert not RidgeToIdentity(ridge=30).fit_vectors(vectors, matched(6)).warnings_
    assert not Procrustes().fit_vectors(clouds(), matched(40)).warnings_


@pytest.mark.parametrize("kind", KINDS)
def test_the_callers_rows_are_left_alone(kind):
    vectors = clouds()
    before = vectors["image"].tobytes()
    kind().fit_vectors(vectors, matched(40)).transform(vectors["image"], "image")
    assert vectors["image"].tobytes() == before


@pytest.mark.parametrize("ridge", [0.0, -1.0, float("nan"), float("inf")])
def test_a_ridge_out_of_range_is_refused(ridge):
    with pytest.raises(GapvizError, match="out of range"):
        RidgeToIdentity(ridge=ridge)
