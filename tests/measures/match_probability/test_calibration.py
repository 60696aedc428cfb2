"""What a strategy's scores say of a match, and a list judged by it."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.core.item import Item
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.measures.experiment import Experiment
from gapviz.measures.match_probability.calibration import (
    OTHER_AMONG_OTHERS,
    RANKS_TELL_NOTHING,
    CalibrationSettings,
    calibrate_matches,
    calibration_scores,
)
from gapviz.measures.match_probability.matched_list import match_list, share_words
from gapviz.measures.match_probability.scored_pairs import scored_pairs
from gapviz.retrieval.queries import item_query
from gapviz.strategies import StrategyOptions


def calibrated(collection, name="raw", **settings):
    experiment = Experiment(collection, StrategyOptions(name))
    found = calibrate_matches(
        experiment.calibration, experiment.strategy, CalibrationSettings(**settings)
    )
    return experiment, found


def test_a_strategy_that_learns_is_judged_on_pairs_that_it_has_not_seen(make_collection):
    # As many pairs as dimensions: a rotation fits its own pairs almost perfectly.
    made = make_collection(160, 40, gap=0.5)
    experiment, found = calibrated(made, "procrustes")
    seen = scored_pairs(
        experiment.calibration, experiment.strategy, ("image", "text"), "item", seed=0
    )
    unseen = calibration_scores(experiment.calibration, experiment.strategy).pairs["image", "text"]
    held_out = scored_pairs(
        experiment.evaluated, experiment.strategy, ("image", "text"), "item", seed=0
    )
    assert unseen.matched.size == 80 and set(unseen.matched_items[:, 0]) == set(range(80))
    true = held_out.matched.mean()
    assert abs(unseen.matched.mean() - true) < 0.5 * (seen.matched.mean() - true)
    assert found.probabilities[0].rate == pytest.approx(1 / 80)


@pytest.mark.parametrize("name", ["raw", "centre", "znorm", "nnn"])
@pytest.mark.parametrize("method", ["logistic", "isotonic"])
def test_as_many_held_out_pairs_match_as_are_stated(make_collection, name, method):
    made = make_collection(240, 16)
    experiment, found = calibrated(made, name, method=method)
    pairs = scored_pairs(
        experiment.evaluated, experiment.strategy, ("image", "text"), "item", seed=0
    )
    (known,) = [one for one in found.probabilities if one.match == "item"]
    stated = [
        known.curve.probability(scores, 0.1).mean() for scores in (pairs.matched, pairs.mismatched)
    ]
    assert 0.1 * stated[0] + 0.9 * stated[1] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("raw", ""), ("centre", ""), ("znorm", ""),
        ("route", RANKS_TELL_NOTHING), ("minmax", RANKS_TELL_NOTHING),
        ("items-rrf", RANKS_TELL_NOTHING), ("csls", OTHER_AMONG_OTHERS),
    ],
)  # fmt: skip
def test_it_is_said_where_the_cosine_is_judged_and_not_the_score(make_collection, name, why):
    _, found = calibrated(make_collection(60), name)
    assert found.why_cosines == why
    assert found.of_cosines is (name != "znorm")
    if why:
        assert found.probabilities == calibrated(make_collection(60))[1].probabilities


def test_too_few_pairs_are_said_and_nothing_is_told_of_them(make_collection, make_unpaired):
    for made in (make_collection(8), make_unpaired(30)):
        _, found = calibrated(made)
        assert not found.probabilities and "image–text" in found.lacking[0]
        assert found.probability("image", "text") is None
        assert found.threshold("image", "text", 0.9) is None


def test_every_pair_of_three_modalities_has_a_curve_of_its_own(make_collection):
    made = make_collection(60, modalities=("audio", "image", "text"))
    _, found = calibrated(made)
    assert len(found.probabilities) == 3 and len(found.answers) == 6
    assert found.probability("text", "audio") is found.probability("audio", "text")


@pytest.fixture
def judged_world(make_collection):
    made = make_collection(400, 16)
    experiment, found = calibrated(made)
    return made, experiment, found


def test_an_answer_is_told_its_probability_among_the_rows_that_were_searched(judged_world):
    made, experiment, found = judged_world
    query = item_query(made, 7, "image")
    hits = experiment.index.search(query, 800)
    judged = match_list(found, experiment.index, query, hits, precision=0.9)
    curve = found.probability("image", "text").curve
    for hit, one in zip(hits.hits, judged.hits, strict=True):
        if hit.modality == "image":
            assert one is None
        else:
            expected = float(curve.probability(hit.cosine, 1 / 400))
            assert one.probability == pytest.approx(expected)
            assert one.prior == pytest.approx(1 / 400)
    assert "one of the 400 text rows" in judged.readings[0]
    told = match_list(found, experiment.index, query, hits, precision=0.9, prior=0.5)
    assert all(one.prior == 0.5 for one in told.hits if one)


def test_stated_probabilities_of_held_out_lists_add_up_to_their_matches(judged_world):
    _, experiment, found = judged_world
    held_out = experiment.collection.split(EVALUATE)
    index = Experiment(held_out, fit="all").index
    stated = matched = 0.0
    for position in range(0, 200, 2):
        query = item_query(held_out, position, "image")
        hits = index.search(query, 40)
        judged = match_list(found, index, query, hits, precision=0.9)
        stated += sum(one.probability for one in judged.hits if one)
        matched += sum(
            hit.item == position for hit, one in zip(hits.hits, judged.hits, strict=True) if one
        )
    assert stated == pytest.approx(matched, rel=0.1)


def test_nothing_matches_where_no_answer_reaches_its_threshold(judged_world):
    made, experiment, found = judged_world
    # Along the gap alone, away from every text.
    query = replace(item_query(made, 7, "image"), vector=np.eye(16, dtype=np.float32)[0], item=None)
    hits = experiment.index.search(query, 300)
    judged = match_list(found, experiment.index, query, hits, precision=0.8)
    assert judged.nothing_matches
    assert judged.nothing_reading == "Nothing here matches at 80% precision."
    own = item_query(made, 8, "text")
    hits = experiment.index.search(own, 800)
    judged = match_list(found, experiment.index, own, hits, precision=0.5)
    assert not judged.nothing_matches and not judged.nothing_reading


def test_where_no_score_reaches_the_precision_that_is_said(make_collection):
    made = make_collection(60, 3)
    experiment, found = calibrated(made)
    query = item_query(made, 3, "image")
    hits = experiment.index.search(query, 60)
    judged = match_list(found, experiment.index, query, hits, precision=0.99)
    assert "no score is high enough" in judged.nothing_reading


def test_within_a_modality_an_answer_may_share_the_label(make_collection):
    made = make_collection(80)
    labels = tuple(Item(one.id, label=f"{n // 2 % 4}") for n, one in enumerate(made.items))
    made = replace(made, items=labels)
    experiment, found = calibrated(made)
    query = item_query(made, 3, "image")
    hits = experiment.index.search(query, 40)
    judged = match_list(found, experiment.index, query, hits, precision=0.9)
    words = {hit.modality: one.words for hit, one in zip(hits.hits, judged.hits, strict=True)}
    assert words["image"].startswith("same label ")
    # Of 40 calibration items, 10 have each label.
    assert found.probability("image", "image").rate == pytest.approx(9 / 39)


def test_no_probability_is_shown_as_certain():
    assert [share_words(p) for p in (0.9999, 0.83, 0.004, 0.0)] == [
        "over 99%", "83%", "under 1%", "under 1%",
    ]  # fmt: skip


def test_a_bad_prior_is_refused(make_collection):
    with pytest.raises(GapvizError, match="prior"):
        calibrated(make_collection(60), prior=1.0)


def test_the_same_seed_gives_the_same_numbers(make_collection):
    made = make_collection(60)
    one, other = (calibrated(made, "ridge")[1].probabilities for _ in range(2))
    assert one == other
    assert len(made.split(CALIBRATE).items) == 30


def test_where_a_part_cannot_be_fitted_the_reason_is_told(make_collection):
    # Each fifth of two items leaves centring one, which it takes to nothing.
    made = make_collection(4)
    _, found = calibrated(made, "centre")
    assert not found.probabilities
    assert found.lacking[0].startswith("Of image–text pairs no probability is told")


def test_the_threshold_is_that_of_as_many_rows_as_were_searched(judged_world):
    made, experiment, found = judged_world
    query = item_query(made, 7, "image")
    hits = experiment.index.search(query, 800)
    judged = match_list(found, experiment.index, query, hits, precision=0.8)
    least = found.threshold("image", "text", 0.8, 400).score
    assert least > found.threshold("image", "text", 0.8).score
    for hit, one in zip(hits.hits, judged.hits, strict=True):
        assert one is None or one.accepted is (hit.cosine >= least)


def test_of_several_captions_as_many_match_as_an_item_has(with_second_captions):
    block = with_second_captions.modality("text")
    indexed = replace(block, query_only=np.zeros(block.n_rows, dtype=bool))
    made = replace(
        with_second_captions,
        modalities={**with_second_captions.modalities, "text": indexed},
    )
    experiment, found = calibrated(made)
    query = item_query(made, 3, "image")
    judged = match_list(
        found, experiment.index, query, experiment.index.search(query, 180), precision=0.9
    )
    assert "Match: the probability, if 2 of the 120 text rows match." in judged.readings
