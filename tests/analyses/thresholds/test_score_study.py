from dataclasses import replace

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.analyses.thresholds.analysis import (
    fusion_comparison_reading,
    held_out_reading,
    transfer_reading,
)
from gapviz.analyses.thresholds.score_study import KINDS, study_scores
from gapviz.core.item import Item
from gapviz.measures.experiment import Experiment, measure
from gapviz.measures.geometry.thresholds import PAIR_TYPES
from gapviz.retrieval.compare import compare_fusions
from gapviz.retrieval.queries import item_query
from gapviz.sources.files import read
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")
RAW = StrategyOptions("raw")


@pytest.fixture
def labelled(make_collection):
    collection = make_collection(60)
    items = tuple(
        Item(item.id, label=f"group {place % 3}") for place, item in enumerate(collection.items)
    )
    return replace(collection, items=items)


def test_each_distribution_holds_all_pairs_of_its_kind(make_collection):
    study = study_scores(make_collection(60), RAW, PAIR).compute()
    assert set(study.densities) == set(KINDS)
    for density in study.densities.values():
        assert density.sum() == pytest.approx(1)


def test_the_distributions_are_those_of_the_measured_pairs(make_collection):
    collection = make_collection(60)
    study = study_scores(collection, RAW, PAIR).compute()
    scores = measure(collection).geometry.scores
    middles = (study.edges[:-1] + study.edges[1:]) / 2
    assert study.densities["matched"] @ middles == pytest.approx(scores.matched.mean(), abs=0.01)
    assert study.densities["within_y"] @ middles == pytest.approx(scores.within_y.mean(), abs=0.01)


def test_a_threshold_is_fitted_on_one_split_and_read_on_the_other(labelled):
    study = study_scores(labelled, RAW, PAIR).compute()
    across = study.calibrated("recall", 0.9)["cross"]
    assert across.fitted.true_positive >= 0.9
    held_out = (study.evaluate["cross"].positive >= across.threshold).mean()
    assert across.held_out.true_positive == pytest.approx(held_out)


def test_shuffling_the_evaluate_split_moves_no_threshold(labelled):
    block = labelled.modality("text")
    order = np.arange(60)
    order[1::2] = np.random.default_rng(0).permutation(order[1::2])
    shuffled = replace(
        labelled,
        modalities={
            **labelled.modalities,
            "text": replace(block, vectors=block.vectors[order]),
        },
    )
    one, other = (study_scores(each, RAW, PAIR).compute() for each in (labelled, shuffled))
    for target in ("recall", "precision"):
        before, after = one.calibrated(target, 0.8), other.calibrated(target, 0.8)
        for name in PAIR_TYPES:
            np.testing.assert_equal(after[name].threshold, before[name].threshold)


def test_without_labels_no_pair_within_a_modality_is_relevant(make_collection):
    study = study_scores(make_collection(40), RAW, PAIR).compute()
    assert not study.labelled
    assert np.isnan(study.calibrated("recall", 0.9)["within_x"].threshold)
    assert "all image–image pairs" in transfer_reading(study, 0.95)


def test_the_reading_names_what_passes_within_the_modalities(labelled):
    study = study_scores(labelled, RAW, PAIR).compute()
    across = study.calibrated("recall", 0.95)["cross"]
    within = study.rates(across.threshold)["within_x"]
    sentence = transfer_reading(study, 0.95)
    assert f"{within.false_positive:.1%} of unrelated image–image" in sentence
    assert f"({across.threshold:.3f})" in sentence


@pytest.mark.reference
def test_one_threshold_does_not_serve_clip(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    rates = study_scores(collection, RAW, PAIR).compute().rates(0.2571)
    assert rates["cross"].true_positive == pytest.approx(0.95, abs=0.005)
    assert rates["cross"].false_positive == pytest.approx(0.0429, abs=5e-4)
    assert rates["within_x"].false_positive == pytest.approx(0.9995, abs=5e-4)
    assert rates["within_y"].false_positive == pytest.approx(0.9905, abs=5e-4)


def test_a_target_out_of_range_is_refused(make_collection):
    study = study_scores(make_collection(20), RAW, PAIR).compute()
    with pytest.raises(GapvizError, match="out of range"):
        study.calibrated("recall", 1.5)


def test_the_distance_to_a_target_is_told_in_points(labelled):
    rates = study_scores(labelled, RAW, PAIR).compute().rates(-1.0)["cross"]
    assert held_out_reading(rates, "recall", 0.95) == "5.0 points above"
    assert held_out_reading(rates, "recall", 1.0) == "met"


def test_the_fused_lists_are_read_against_each_other(make_collection):
    raw = Experiment(make_collection(40, gap=4.0), fit="all")
    by_rank = raw.having(StrategyOptions("route"))
    query = item_query(raw.collection, 3, "image")
    comparison = compare_fusions(raw.index, by_rank.index, query, 5)
    sentence = fusion_comparison_reading(comparison)
    assert "image takes 5 of 5 places" in sentence
    assert f"at {comparison.by_rank.match_rank:,} by rank fusion" in sentence
