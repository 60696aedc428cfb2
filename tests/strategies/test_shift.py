import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.strategies.centre import CentreBoth
from gapviz.strategies.half import HalfOffset
from gapviz.strategies.offset import OneSidedOffset


def clouds(seed=0, n=30, dim=6):
    rng = np.random.default_rng(seed)
    return {
        "image": unit_rows(rng.standard_normal((n, dim)) + 1),
        "text": unit_rows(rng.standard_normal((n + 3, dim)) - np.arange(dim)),
    }


def centroids(vectors):
    return {name: rows.astype(float).mean(axis=0) for name, rows in vectors.items()}


def normalised(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("strength", [0.25, 1.0, 2.0])
def test_each_offset_follows_its_formula(strength):
    vectors = clouds()
    mu = centroids(vectors)
    x, y = (vectors[name].astype(float) for name in ("image", "text"))
    delta = mu["image"] - mu["text"]
    expected = {
        OneSidedOffset(strength=strength): (x - strength * delta, y),
        OneSidedOffset(strength=strength, moves="text"): (x, y + strength * delta),
        HalfOffset(strength=strength): (x - strength * delta / 2, y + strength * delta / 2),
        CentreBoth(strength=strength): (x - strength * mu["image"], y - strength * mu["text"]),
    }
    for alignment, (moved_x, moved_y) in expected.items():
        alignment.fit_vectors(vectors)
        for name, moved in (("image", moved_x), ("text", moved_y)):
            np.testing.assert_allclose(
                alignment.transform(vectors[name], name), normalised(moved), atol=2e-6
            )


@pytest.mark.parametrize("kind", [OneSidedOffset, HalfOffset, CentreBoth])
def test_strength_zero_changes_no_bit(kind):
    vectors = clouds()
    alignment = kind(strength=0.0).fit_vectors(vectors)
    assert alignment.transform(vectors["image"], "image").tobytes() == vectors["image"].tobytes()


@pytest.mark.parametrize("kind", [OneSidedOffset, HalfOffset, CentreBoth])
def test_the_callers_rows_are_left_alone(kind):
    vectors = clouds()
    before = vectors["image"].tobytes()
    kind().fit_vectors(vectors).transform(vectors["image"], "image")
    assert vectors["image"].tobytes() == before


@given(st.integers(0, 500), st.sampled_from([OneSidedOffset, HalfOffset, CentreBoth]))
@settings(max_examples=25, deadline=None)
def test_a_shift_without_scaling_keeps_the_order_of_one_gallery(seed, kind):
    vectors = clouds(seed)
    shift = kind().fit_vectors(vectors).directions_["image"]
    # Dyadic numbers of few digits, so that every sum below is exact.
    gallery, query, moved = (
        np.round(a.astype(float) * 1024) / 1024
        for a in (vectors["image"], vectors["text"][0], shift)
    )
    raw, shifted = gallery @ query, (gallery + moved) @ query
    np.testing.assert_array_equal(
        np.argsort(-raw, kind="stable"), np.argsort(-shifted, kind="stable")
    )


def test_of_three_modalities_one_moves_to_the_mean_of_the_others():
    vectors = clouds() | {"audio": unit_rows(np.random.default_rng(5).standard_normal((9, 6)))}
    mu = centroids(vectors)
    alignment = OneSidedOffset(moves="audio").fit_vectors(vectors)
    np.testing.assert_allclose(
        alignment.directions_["audio"], (mu["image"] + mu["text"]) / 2 - mu["audio"], atol=1e-12
    )
    assert not alignment.directions_["image"].any()


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), -0.1, 2.1])
@pytest.mark.parametrize("kind", [OneSidedOffset, HalfOffset, CentreBoth])
def test_a_strength_out_of_range_is_refused(kind, strength):
    with pytest.raises(GapvizError, match="out of range"):
        kind(strength=strength)


def test_a_modality_that_is_not_there_cannot_move():
    with pytest.raises(GapvizError, match="smell"):
        OneSidedOffset(moves="smell").fit_vectors(clouds())


def test_a_modality_that_was_not_fitted_cannot_be_moved():
    vectors = clouds()
    with pytest.raises(GapvizError, match="has not seen"):
        CentreBoth().fit_vectors(vectors).transform(vectors["text"], "audio")


def test_centring_a_collapsed_cloud_is_refused_rather_than_amplifying_rounding():
    row = unit_rows(np.random.default_rng(0).standard_normal((1, 16)))
    last_digit = np.random.default_rng(1).choice([-1, 1], (7, 16)).astype(np.float32)
    for collapsed in (np.repeat(row, 7, axis=0), np.nextafter(row, row + last_digit)):
        vectors = {"image": collapsed, "text": clouds()["text"]}
        with pytest.raises(GapvizError, match="length zero"):
            CentreBoth().fit_vectors(vectors).transform(collapsed, "image")
