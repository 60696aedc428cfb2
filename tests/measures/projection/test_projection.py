"""Layouts: the same input gives the same bits, every row is accounted for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.measures.projection import umap_layout as umap_layout_module
from gapviz.measures.projection.layout import Layout
from gapviz.measures.projection.linear import gap_axis_basis
from gapviz.measures.projection.neighbours import nearest_neighbours
from gapviz.measures.projection.project import project, trustworthiness
from gapviz.measures.projection.sampling import sample_for_display
from gapviz.storage.cache import clear_memory
from gapviz.storage.configuration import CACHE_VARIABLE

DIM = 24


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


def two_clouds(n_image=60, n_text=60, *, seed=0, gap=1.0, dim=DIM):
    random = np.random.default_rng(seed)
    offset = np.zeros(dim)
    offset[0] = gap
    shared = random.standard_normal((max(n_image, n_text), dim)) * 0.3
    noise = random.standard_normal((2, max(n_image, n_text), dim)) * 0.1
    return {
        "image": unit_rows((shared + noise[0] + offset)[:n_image]),
        "text": unit_rows((shared + noise[1] - offset)[:n_text]),
    }


def centred(vectors, share=1.0):
    return {name: unit_rows(block - share * block.mean(axis=0)) for name, block in vectors.items()}


@pytest.fixture(scope="module")
def clouds():
    return two_clouds()


@pytest.fixture(scope="module")
def umap_layout(clouds) -> Layout:
    return project(clouds, method="umap")


# -- rows


@given(
    n_image=st.integers(1, 12),
    n_text=st.integers(1, 12),
    method=st.sampled_from(["pca", "gap_axis"]),
    data=st.data(),
)
@settings(max_examples=30, deadline=None)
def test_every_drawn_row_is_accounted_for(n_image, n_text, method, data):
    vectors = two_clouds(n_image, n_text)
    rows = {
        "image": data.draw(st.permutations(range(n_image))),
        "text": data.draw(st.permutations(range(n_text))),
    }
    layout = project(vectors, method=method, rows=rows)
    everything = project(vectors, method=method)
    for name, wanted in rows.items():
        assert layout.rows_of(name).tolist() == wanted
        np.testing.assert_array_equal(layout.points_of(name), everything.points_of(name)[wanted])


def test_a_modality_with_no_drawn_row_leaves_the_others_where_they_are(clouds):
    only_text = project(clouds, method="pca", rows={"text": np.arange(5)})
    assert only_text.rows_of("image").size == 0
    np.testing.assert_array_equal(
        only_text.points, project(clouds, method="pca").points_of("text")[:5]
    )


def test_points_cannot_be_overwritten(clouds):
    with pytest.raises(ValueError, match="read-only"):
        project(clouds, method="pca").points[0, 0] = 1


# -- PCA and the gap axis


@pytest.mark.parametrize("dim", [DIM, 200])
def test_pca_is_that_of_scikit_learn_up_to_sign(dim):
    vectors = two_clouds(dim=dim)
    ours = project(vectors, method="pca").points
    theirs = PCA(2, svd_solver="full").fit_transform(np.concatenate(list(vectors.values())))
    for axis in range(2):
        sign = np.sign(ours[:, axis] @ theirs[:, axis])
        np.testing.assert_allclose(ours[:, axis], sign * theirs[:, axis], atol=1e-5)


def test_pca_draws_the_first_modality_on_the_positive_side(clouds):
    for vectors in (clouds, dict(reversed(clouds.items()))):
        layout = project(vectors, method="pca")
        first, second = (layout.points_of(name)[:, 0].mean() for name in layout.modalities)
        assert first > second


@given(gap=st.floats(0.05, 3), seed=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_centroids_on_the_gap_axis_are_as_far_apart_as_the_gap(gap, seed):
    vectors = two_clouds(30, 20, seed=seed, gap=gap)
    layout = project(vectors, method="gap_axis")
    means = [vectors[name].mean(axis=0, dtype=np.float64) for name in ("image", "text")]
    drawn = [layout.points_of(name).mean(axis=0, dtype=np.float64) for name in ("image", "text")]
    assert drawn[0][0] - drawn[1][0] == pytest.approx(np.linalg.norm(means[0] - means[1]), abs=1e-6)
    # The residual holds nothing of the gap.
    assert drawn[0][1] == pytest.approx(drawn[1][1], abs=1e-6)


def test_the_axes_of_the_gap_projection_are_orthonormal(clouds):
    axes = gap_axis_basis(clouds).axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)


def test_the_basis_of_before_shows_on_its_x_axis_what_is_left_of_the_gap(clouds):
    before = project(clouds, method="gap_axis")
    after = project(centred(clouds), method="gap_axis", basis=before.basis)
    assert after.basis is before.basis

    def offset(layout):
        ends = [layout.points_of(name)[:, 0].mean() for name in ("image", "text")]
        return ends[0] - ends[1]

    assert abs(offset(after)) < 0.2 * offset(before)
    assert f"{offset(after):.3f}" in after.can_show


def test_the_gap_between_other_modalities_can_be_chosen(clouds):
    vectors = {**clouds, "audio": two_clouds(seed=3)["text"]}
    layout = project(vectors, method="gap_axis", between=("text", "audio"))
    assert layout.basis.between == ("text", "audio")


@pytest.mark.parametrize("dim", [DIM, 200])
def test_equal_rows_are_drawn_on_one_spot(dim):
    rows = np.repeat(two_clouds(dim=dim)["image"][:1], 5, axis=0)
    points = project({"image": rows}, method="pca").points
    np.testing.assert_allclose(points, 0, atol=1e-6)


@pytest.mark.parametrize("method", ["pca", "gap_axis"])
def test_one_or_two_dimensions_still_have_two_coordinates(method):
    for dim in (1, 2):
        random = np.random.default_rng(0)
        vectors = {
            "image": unit_rows(np.abs(random.standard_normal((5, dim)))),
            "text": unit_rows(-np.abs(random.standard_normal((5, dim)))),
        }
        assert np.isfinite(project(vectors, method=method).points).all()


# -- refusals


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "tsne"}, "there is no method 'tsne'"),
        ({"rows": {"image": [99]}}, "not among the 60 rows of image"),
        ({"rows": {}}, "nothing to draw"),
        ({"method": "gap_axis", "between": ("image", "audio")}, "no vectors of modality 'audio'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(clouds, change, message):
    with pytest.raises(GapvizError, match=message):
        project(clouds, **{"method": "pca", **change})


def test_a_gap_axis_needs_two_modalities_and_a_gap(clouds):
    with pytest.raises(GapvizError, match="needs two modalities"):
        project({"image": clouds["image"]}, method="gap_axis")
    with pytest.raises(GapvizError, match="have no gap"):
        project({"image": clouds["image"], "text": clouds["image"]}, method="gap_axis")


def test_a_basis_of_another_method_or_dimension_is_refused(clouds):
    basis = project(clouds, method="pca").basis
    with pytest.raises(GapvizError, match="the basis belongs to pca"):
        project(clouds, method="gap_axis", basis=basis)
    with pytest.raises(GapvizError, match="the basis has 24 dimensions"):
        project(two_clouds(dim=8), method="pca", basis=basis)


def test_modalities_of_different_dimension_are_refused(clouds):
    with pytest.raises(GapvizError, match="different dimensions"):
        project({"image": clouds["image"], "text": two_clouds(dim=8)["text"]}, method="pca")


# -- neighbours


@pytest.mark.parametrize("torch_from", [10_000, 0])
def test_neighbours_are_the_nearest_with_the_row_itself_first(monkeypatch, torch_from):
    monkeypatch.setattr("gapviz.measures.projection.neighbours.TORCH_FROM", torch_from)
    monkeypatch.setattr("gapviz.measures.projection.neighbours.BLOCK_SCORES", 400)
    rows = np.concatenate(list(two_clouds(40, 40).values()))
    rows = np.concatenate([rows, rows[:3]])  # exact duplicates
    found = nearest_neighbours(rows, 6)
    exact = 1 - rows.astype(np.float64) @ rows.T.astype(np.float64)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(len(rows)))
    np.testing.assert_allclose(found.distances, np.sort(exact, axis=1)[:, :6], atol=1e-6)


# -- UMAP


def test_the_same_seed_gives_the_same_bits(clouds, umap_layout, monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    again = project(clouds, method="umap")
    assert again.points.tobytes() == umap_layout.points.tobytes()
    assert project(clouds, method="umap", seed=7).points.tobytes() != again.points.tobytes()


def test_a_damaged_cache_is_made_again(clouds, umap_layout, monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    project(clouds, method="umap")
    (stored,) = (tmp_path / "umap").glob("*.safetensors")
    stored.write_bytes(stored.read_bytes()[:-40])
    clear_memory()
    again = project(clouds, method="umap")
    np.testing.assert_array_equal(again.points, umap_layout.points)


def test_a_stored_layout_is_read_without_umap(clouds, umap_layout, monkeypatch):
    def no_fit(*_args, **_kwargs):
        raise AssertionError("fitted again")

    monkeypatch.setattr("gapviz.measures.projection.umap_layout._fit", no_fit)
    clear_memory()
    np.testing.assert_array_equal(project(clouds, method="umap").points, umap_layout.points)


def test_a_umap_is_centred_and_of_radius_one_with_the_first_modality_right(umap_layout):
    points = umap_layout.points.astype(np.float64)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-5)
    assert np.sqrt((points**2).sum(axis=1).mean()) == pytest.approx(1, abs=1e-5)
    assert umap_layout.points_of("image")[:, 0].mean() >= 0


def test_a_umap_says_what_it_is_not(umap_layout):
    assert "gap" in umap_layout.cannot_show
    assert not umap_layout.linear
    assert "n_epochs=200 instead of 500" in umap_layout.changes


def test_a_start_keeps_points_near_where_they_were(clouds, umap_layout):
    other = centred(clouds, share=0.3)
    followed = project(other, method="umap", start=umap_layout)
    fresh = project(other, method="umap")

    def movement(layout):
        return np.linalg.norm(layout.points - umap_layout.points, axis=1).mean()

    assert movement(followed) < movement(fresh)
    with pytest.raises(GapvizError, match="draws other rows"):
        project(other, method="umap", start=umap_layout, rows={"image": [0, 1, 2, 3, 4]})


def test_trustworthiness_is_that_of_scikit_learn_and_better_than_pca(clouds, umap_layout):
    laid_out = trustworthiness(clouds, umap_layout)
    assert trustworthiness(clouds, project(clouds, method="pca")) < laid_out <= 1
    few = two_clouds(15, 15)
    with pytest.raises(GapvizError, match="too few"):
        trustworthiness(few, project(few, method="pca"))


@pytest.mark.slow
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 5, 15, 16, 17])
def test_a_handful_of_points_is_laid_out(n_rows):
    layout = project({"image": two_clouds()["image"][:n_rows]}, method="umap")
    assert layout.points.shape == (n_rows, 2)
    assert np.isfinite(layout.points).all()
    assert (layout.method == "pca") == (n_rows < 4) == bool(layout.note)


@pytest.mark.slow
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_identical_rows_are_laid_out():
    layout = project({"image": np.repeat(two_clouds()["image"][:1], 20, axis=0)}, method="umap")
    assert np.isfinite(layout.points).all()


@pytest.mark.slow
def test_progress_can_cancel(clouds):
    class CancelledError(Exception):
        pass

    def cancel(_share, _stage):
        raise CancelledError

    with pytest.raises(CancelledError):
        project(clouds, method="umap", seed=99, progress=cancel)


@pytest.mark.slow
def test_a_layout_that_waits_for_another_can_be_cancelled(clouds):
    class CancelledError(Exception):
        pass

    def cancel_when_waiting(_share, stage):
        if stage.startswith("waiting"):
            raise CancelledError

    with umap_layout_module._one_fit_at_a_time, pytest.raises(CancelledError):
        project(clouds, method="umap", seed=98, progress=cancel_when_waiting)
    assert not umap_layout_module._one_fit_at_a_time.locked()


# -- samples


@given(
    labels=st.lists(st.integers(-1, 6), min_size=1, max_size=300),
    limit=st.integers(1, 320),
    seed=st.integers(0, 5),
)
@settings(max_examples=100, deadline=None)
def test_each_label_gets_its_share_rounded_up_or_down(labels, limit, seed):
    sample = sample_for_display(len(labels), labels, limit=limit, seed=seed)
    drawn = min(limit, len(labels))
    assert sample.items.size == drawn
    assert (np.diff(sample.items) > 0).all()
    for label in set(labels):
        share = labels.count(label) * drawn / len(labels)
        taken = sum(labels[item] == label for item in sample.items)
        assert abs(taken - share) < 1 + 1e-9


def test_a_sample_takes_every_row_of_its_items_so_pairs_stay_whole():
    item_index = np.repeat(np.arange(100), 5)
    sample = sample_for_display(100, limit=60, points_per_item=6)
    assert sample.items.size == 10
    rows = sample.rows(item_index)
    assert rows.size == 50
    assert set(item_index[rows]) == set(sample.items.tolist())
    assert sample.sentence == "showing 10 of 100 items"


def test_a_sample_is_not_the_first_items_and_repeats_with_its_seed():
    first, again, other = (sample_for_display(1_000, limit=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.items, again.items)
    assert not np.array_equal(first.items, other.items)
    assert first.items.max() > 500


def test_few_items_are_all_drawn():
    assert sample_for_display(10).items.tolist() == list(range(10))
