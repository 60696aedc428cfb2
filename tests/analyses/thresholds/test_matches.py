"""The part of thresholds that tells what matches: its words, its tables, its JSON."""

import json

import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.thresholds.analysis import ANALYSIS
from gapviz.analyses.thresholds.match_study import match_calibration, study_matches
from gapviz.analyses.thresholds.matches import find_matches
from gapviz.core.errors import GapvizError
from gapviz.core.progress import no_progress
from gapviz.storage.cache import clear_memory
from gapviz.strategies import StrategyOptions


def found_of(collection, strategy="raw", **values):
    asked = ANALYSIS.usual() | values
    request = Request(collection, asked, strategy=StrategyOptions(strategy))
    return find_matches(request, no_progress)


@pytest.fixture(scope="module")
def world(make_collection):
    return make_collection(240, 16)


def test_the_figures_of_both_strategies_stand_side_by_side(world):
    found = found_of(world, "znorm")
    assert set(found.figures["by_strategy"]) == {"raw", "znorm"}
    assert [row[0] for row in found.tables[0].rows] == [
        "Raw cosine", "Score z-norm by pair of modalities",
    ]  # fmt: skip
    assert json.dumps(found.to_json(), allow_nan=False)
    told = found.figures["by_strategy"]["znorm"]
    assert told["reliability"]["image-text"]["prior"] == 0.1
    assert set(told["abstention"]) == {"image->text", "text->image"}
    assert told["probabilities"]["image-text"]["curve"]["slope"] > 0


def test_what_is_accepted_is_said_in_a_sentence(world):
    (reading,) = found_of(world, precision=0.8).readings
    assert "is off by 0.0" in reading and "image → text, accepted from" in reading
    assert "chosen for 80% precision" in reading and "rightly get no answer" in reading


def test_a_precision_out_of_reach_is_said(make_collection):
    (reading,) = found_of(make_collection(60, 3), precision=0.99).readings
    assert "no score reaches 99% precision" in reading


@pytest.mark.parametrize(("name", "why"), [("route", "place in a list"), ("csls", "changes with")])
def test_a_strategy_without_scores_of_its_own_is_explained(world, name, why):
    found = found_of(world, name)
    assert set(found.figures["by_strategy"]) == {"raw"}
    assert why in found.readings[0]


def test_few_items_are_said_to_be_too_few(make_collection):
    readings = found_of(make_collection(12)).readings
    assert "no probability of a match can be measured" in readings[0]
    assert "fewer than 10 calibration pairs match" in readings[-1]


def test_another_prior_moves_the_measured_base(world):
    few, many = (
        found_of(world, prior=prior).result.last.reliability["image", "text"]
        for prior in (0.01, 0.5)
    )
    assert few.base_brier == pytest.approx(0.0099) and many.base_brier == 0.25


def test_what_is_kept_on_disk_reads_back_as_it_was(world):
    work = match_calibration(world, StrategyOptions("centre"), method="isotonic")
    made = work.compute()
    clear_memory()
    back = work.get()
    assert back is not made and back.probabilities == made.probabilities
    assert back.thresholds(0.8) == made.thresholds(0.8)
    study = study_matches(world, StrategyOptions("centre"), ("image", "text"))
    made = study.compute().to_json()
    clear_memory()
    assert study.get().to_json() == made


def test_bad_numbers_are_refused(world):
    for bad in ({"prior": 0.0}, {"precision": 1.0}):
        with pytest.raises(GapvizError):
            study_matches(world, StrategyOptions(), ("image", "text"), **bad).compute()
