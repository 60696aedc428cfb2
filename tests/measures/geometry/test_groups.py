"""Whether clusters of pooled rows follow labels or modality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import homogeneity_completeness_v_measure

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import Rows
from gapviz.measures.experiment import measure
from gapviz.measures.geometry import groups
from gapviz.measures.geometry.groups import group_cost, v_measure
from gapviz.strategies import StrategyOptions

CODES = st.integers(2, 60).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 5), min_size=n, max_size=n)] * 2)
)


@given(CODES)
def test_v_measure_agrees_with_scikit_learn(codes):
    found = v_measure(*map(np.array, codes))
    expected = homogeneity_completeness_v_measure(*codes)
    assert (found.homogeneity, found.completeness, found.v) == pytest.approx(expected, abs=1e-9)


def pooled(n=60, n_labels=3, *, gap=0.0, meaning=4.0, seed=0):
    """Two modalities of `n` items whose label is a direction; axis 0 is the gap's alone."""
    rng = np.random.default_rng(seed)
    label = np.arange(n) % n_labels
    centre = np.eye(n_labels + 1)[label + 1] * meaning
    rows = [
        centre + 0.3 * rng.standard_normal(centre.shape) + side * gap * np.eye(n_labels + 1)[0]
        for side in (1, -1)
    ]
    vectors = np.concatenate([ModalityVectors.of(one).vectors for one in rows])
    return (
        Rows(("image", "text"), vectors, np.repeat([0, 1], n), np.tile(np.arange(n), 2)),
        label[:, None],
    )


def test_without_a_gap_clusters_are_the_labels_and_know_no_modality():
    found = group_cost(*pooled(), seed=0)
    assert found.labels.k == 3 and found.labels.v.value == 1
    assert found.purity.homogeneity.value == pytest.approx(0, abs=1e-9)
    assert found.modality.v.value < 0.2


def test_a_wide_gap_makes_clusters_of_modalities():
    found = group_cost(*pooled(gap=8.0), seed=0)
    assert found.modality.v.value == 1
    assert found.purity.homogeneity.value == 1
    assert found.labels.v.value < 0.8


def test_a_figure_of_no_part_that_differs_has_an_interval_all_the_same():
    estimate = group_cost(*pooled(gap=8.0), seed=0).modality.v.estimate
    assert estimate.value == estimate.high == 1 and 0.9 < estimate.low < 1


def test_chance_is_what_shuffled_labels_give():
    rows, labels = pooled(meaning=0.5, gap=1.0)
    found = group_cost(rows, labels, seed=0)
    clusters = groups.k_means(rows.vectors, 3, seed=0)
    rng = np.random.default_rng(1)
    shuffled = [
        homogeneity_completeness_v_measure(np.tile(rng.permutation(labels[:, 0]), 2), clusters)[2]
        for _ in range(100)
    ]
    error = np.std(shuffled) / np.sqrt(groups.SHUFFLES)
    assert found.labels.chance.v == pytest.approx(np.mean(shuffled), abs=5 * error)
    assert found.labels.v.value > found.labels.chance.v


def test_the_same_seed_gives_the_same_figures_and_intervals_hold_their_value():
    asked = pooled(meaning=1.0, gap=1.0)
    one, again = (group_cost(*asked, seed=3) for _ in range(2))
    assert repr(one) == repr(again)
    for held in (one.labels, one.purity, one.modality):
        for figure in (held.v, held.homogeneity, held.completeness):
            assert 0 <= figure.estimate.low <= figure.value <= figure.estimate.high <= 1


def test_further_captions_of_an_item_change_nothing():
    rows, labels = pooled(meaning=1.0, gap=1.0)
    texts = rows.spans[1]
    more = Rows(
        rows.names,
        np.concatenate([rows.vectors, rows.vectors[texts][::-1]]),
        np.concatenate([rows.modality, rows.modality[texts]]),
        np.concatenate([rows.item, rows.item[texts]]),
    )
    assert repr(group_cost(more, labels, seed=0)) == repr(group_cost(rows, labels, seed=0))


def test_items_without_a_label_or_with_several_are_left_out_of_labels():
    rows, labels = pooled()
    several = np.concatenate([labels, np.full_like(labels, -1)], axis=1)
    several[:6, 1] = (several[:6, 0] + 1) % 3
    several[6:9] = -1
    found = group_cost(rows, several, seed=0)
    assert (found.labels.n_rows, found.purity.n_rows, found.modality.n_rows) == (102, 102, 120)


@pytest.mark.parametrize("labels", [[-1] * 60, [0] * 60, list(range(60))])
def test_labels_that_name_no_groups_leave_modality_alone(labels):
    rows, _ = pooled(gap=8.0)
    found = group_cost(rows, np.array(labels)[:, None], seed=0)
    assert found.labels.k == found.purity.k == 0
    assert np.isnan(found.labels.v.estimate.value) and np.isnan(found.labels.chance.v)
    assert found.modality.v.value == 1


def test_of_many_items_a_seeded_sample_is_clustered(monkeypatch):
    monkeypatch.setattr(groups, "MOST_ITEMS", 30)
    found = group_cost(*pooled(), seed=0)
    assert found.labels.n_rows == 60 and "v_measure_labels" in found.sampled


def test_few_items_have_no_interval():
    estimate = group_cost(*pooled(n=9, gap=8.0), seed=0).modality.v.estimate
    assert estimate.value == 1 and np.isnan([estimate.low, estimate.high]).all()


def test_a_measurement_has_the_figures_with_their_chance(make_labelled_world):
    told = measure(make_labelled_world(), StrategyOptions("centre")).to_json()
    assert told["v_measure_labels"]["value"] > 0.9 > told["chance"]["v_measure_labels"] > 0
    assert told["v_measure_modality"]["value"] < 0.2
    assert {"linear_cka", "mutual_knn", "v_measure_modality"} < set(told["chance"])


def test_three_modalities_make_three_clusters(make_collection):
    found = measure(make_collection(60, gap=9.0, modalities=("audio", "image", "text"))).groups
    assert found.modality.k == 3
