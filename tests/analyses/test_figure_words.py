"""Figures of search are said in counts that everybody knows, and the figure follows."""

from math import nan

import pytest

from gapviz.analyses.figure_words import (
    found_change,
    found_reading,
    found_words,
    of_hundred,
    own_change,
    own_words,
)
from gapviz.analyses.measure import change_reading, plain_reading
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def measured(make_collection):
    apart = make_collection(80, 16, gap=3.0)
    return measure(apart), measure(apart, StrategyOptions("centre"))


def test_a_bias_rate_is_told_in_answers_out_of_ten():
    assert own_words(1.0, "text") == "10 of 10 answers are text"
    assert own_words(0.53, "audio") == "5.3 of 10 answers are audio"


def test_what_is_found_is_told_in_queries_out_of_a_hundred():
    said = found_words(0.03, "text", "image")
    assert said == "the right picture is among the first 10 for 3 of 100 text queries"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0"), (0.002, "under 1"), (0.034, "3"), (1.0, "100"), (nan, "unknown")],
)
def test_a_share_that_is_not_nothing_is_never_written_as_nothing(share, words):
    assert of_hundred(share) == words


def test_a_measurement_is_said_in_plain_words_first(measured):
    before, _ = measured
    said = plain_reading(before)
    recall = of_hundred(before.mixed_recall["text"].value)
    assert f"the right picture for {recall} of 100 text queries" in said
    assert "NDCG" not in said and "R@10" not in said


def test_a_change_is_said_in_plain_words_before_its_figures(measured):
    said = change_reading(*measured)
    assert own_change(*measured) in said and found_change(*measured) in said
    assert said.index("Of 10 answers") < said.index("In figures: bias rate")


def test_nothing_is_said_of_what_cannot_be_found(make_unpaired, make_collection):
    apart = make_unpaired(30)
    raw, moved = measure(apart), measure(apart, StrategyOptions("centre"))
    assert found_reading(raw) is None and found_change(raw, moved) == ""
    assert found_reading(measure(make_collection(6, 8))) is None
