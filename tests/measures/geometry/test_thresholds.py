import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from gapviz import GapvizError
from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.thresholds import (
    PAIR_TYPES,
    TypedScores,
    rates_at,
    threshold_for_precision,
    threshold_for_recall,
    typed_scores,
)
from gapviz.sources.files import read


def labelled(n=60, dim=8, seed=0, gap=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 5, n)
    kinds = rng.standard_normal((6, dim))
    meaning = kinds[labels] + 0.7 * rng.standard_normal((n, dim))
    shift = gap * np.eye(dim)[0]
    x, y = (unit_rows(meaning + 0.4 * rng.standard_normal((n, dim)) + s * shift) for s in (1, -1))
    rows = np.arange(n)
    return x, y, Pairs(rows, rows), labels


@pytest.fixture(scope="module")
def scores():
    x, y, pairs, labels = labelled()
    return typed_scores(x, y, pairs, labels_x=labels, labels_y=labels)


def test_pairs_within_a_modality_are_told_apart_by_label():
    x, y, pairs, labels = labelled()
    typed = typed_scores(x, y, pairs, labels_x=labels, labels_y=labels)["within_x"]
    alike, other = [], []
    for i in range(60):
        for j in range(i + 1, 60):
            if labels[i] >= 0 and labels[j] >= 0:
                (alike if labels[i] == labels[j] else other).append(x[i].astype(float) @ x[j])
    np.testing.assert_allclose(typed.positive, np.sort(alike))
    np.testing.assert_allclose(typed.negative, np.sort(other))


def test_rates_are_those_of_scikit_learns_roc(scores):
    for typed in scores.values():
        truth = np.repeat([1, 0], [typed.positive.size, typed.negative.size])
        cosines = np.concatenate([typed.positive, typed.negative])
        false, true, thresholds = roc_curve(truth, cosines)
        for place in range(1, len(thresholds), 37):
            rates = rates_at(typed, thresholds[place])
            assert rates.true_positive == pytest.approx(true[place])
            assert rates.false_positive == pytest.approx(false[place])


def test_the_threshold_for_a_precision_is_the_lowest_of_scikit_learns(scores):
    for typed in scores.values():
        truth = np.repeat([1, 0], [typed.positive.size, typed.negative.size])
        cosines = np.concatenate([typed.positive, typed.negative])
        precision, recall, thresholds = precision_recall_curve(truth, cosines)
        target = 0.6
        found = threshold_for_precision(typed, target)
        best = max(r for p, r in zip(precision[:-1], recall[:-1], strict=True) if p >= target)
        assert rates_at(typed, found).precision >= target
        assert rates_at(typed, found).true_positive == pytest.approx(best)
        assert found in thresholds


@pytest.mark.parametrize("recall", [0.05, 0.5, 0.95, 1.0])
def test_the_threshold_for_a_recall_reaches_it_and_no_more(scores, recall):
    for pair_type in PAIR_TYPES:
        found = threshold_for_recall(scores[pair_type], recall)
        assert rates_at(scores[pair_type], found).true_positive >= recall - 1e-12
        assert rates_at(scores[pair_type], found + 1e-9).true_positive < recall


def test_what_passes_the_cross_threshold_is_that_of_the_pair_scores():
    x, y, pairs, _ = labelled()
    plain = Geometry(x, y, pairs).threshold
    typed = typed_scores(x, y, pairs)
    rates = {name: rates_at(typed[name], plain.threshold) for name in PAIR_TYPES}
    assert rates["cross"].true_positive == pytest.approx(0.95, abs=0.01)
    assert rates["cross"].false_positive == pytest.approx(plain.mismatched)
    assert rates["within_x"].false_positive == pytest.approx(plain.within_x)
    assert rates["within_y"].false_positive == pytest.approx(plain.within_y)


def test_without_labels_nothing_within_a_modality_can_be_fitted():
    x, y, pairs, _ = labelled()
    scores = typed_scores(x, y, pairs)
    assert np.isnan(threshold_for_precision(scores["within_x"], 0.5))
    assert np.isnan(threshold_for_recall(scores["within_x"], 0.95))
    unknown = threshold_for_recall(scores["within_y"], 0.5)
    assert np.isnan(rates_at(scores["within_y"], unknown).true_positive)


def test_a_precision_that_nothing_reaches_gives_no_threshold():
    scores = {"cross": TypedScores(np.array([0.1, 0.2]), np.array([0.3, 0.4]))}
    assert np.isnan(threshold_for_precision(scores["cross"], 0.9))


def test_a_sample_of_the_negatives_weighs_as_all_of_them():
    typed = TypedScores(np.array([0.5, 0.6]), np.array([0.55]), negative_weight=10.0)
    assert rates_at(typed, 0.5).precision == pytest.approx(2 / 12)
    assert rates_at(typed, 0.5).false_positive == 1


def test_many_labelled_rows_are_sampled_by_the_seed(monkeypatch):
    monkeypatch.setattr("gapviz.measures.geometry.thresholds.SAMPLED_PAIRS", 400)
    x, y, pairs, labels = labelled()
    one, again, other = (
        typed_scores(x, y, pairs, labels_x=labels, seed=seed)["within_x"] for seed in (0, 0, 1)
    )
    assert one.positive.size + one.negative.size == 400
    np.testing.assert_array_equal(one.positive, again.positive)
    assert not np.array_equal(one.positive, other.positive)
    assert one.positive_weight > 1


@pytest.mark.parametrize("share", [0.0, 1.1, float("nan")])
def test_a_target_out_of_range_is_refused(scores, share):
    for refuse in (
        lambda: threshold_for_recall(scores["cross"], share),
        lambda: threshold_for_precision(scores["cross"], share),
    ):
        with pytest.raises(GapvizError, match="out of range"):
            refuse()


@pytest.mark.reference
def test_a_threshold_for_matched_pairs_of_clip_lets_all_of_one_modality_pass(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection.split(
        "evaluate"
    )
    x, y = (collection.modality(name).vectors for name in ("image", "text"))
    pairs = collection.pairs("image", "text")
    threshold = Geometry(x, y, pairs).threshold.threshold
    assert threshold == pytest.approx(0.2571, abs=5.1e-5)
    typed = typed_scores(x, y, pairs)
    found = [rates_at(typed[name], threshold).false_positive for name in PAIR_TYPES]
    assert found == pytest.approx([0.0429, 0.9995, 0.9905], abs=5.1e-5)
