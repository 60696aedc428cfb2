"""Whether a change is for the better, by the direction of each figure."""

import pytest

from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.experiment import measure
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def measured():
    drawings = builtin_collection()
    return {name: measure(drawings, StrategyOptions(name)) for name in ("raw", "route", "znorm")}


def test_a_lower_gap_and_a_higher_rank_are_better(measured, make_collection):
    raw, centred = (
        measure(make_collection(60), StrategyOptions(name)) for name in ("raw", "centre")
    )
    assert DIAGNOSTICS["gap"].improved(raw, centred) and not DIAGNOSTICS["gap"].improved(
        centred, raw
    )
    assert DIAGNOSTICS["ndcg"].improved(measured["raw"], measured["znorm"])


@pytest.mark.parametrize("name", ["bias", "lift"])
def test_less_bias_than_neutral_is_no_better_than_more(measured, name):
    # Score z-norm brings text queries under neutral and leaves image queries over it.
    fair, leaning = measured["route"], measured["znorm"]
    assert DIAGNOSTICS[name].value(leaning) < DIAGNOSTICS[name].value(fair)
    assert DIAGNOSTICS[name].improved(leaning, fair) and not DIAGNOSTICS[name].improved(
        fair, leaning
    )


def test_what_is_not_known_is_neither_better_nor_worse(make_collection):
    one_item, again = (
        measure(make_collection(2), StrategyOptions(name)) for name in ("raw", "route")
    )
    assert DIAGNOSTICS["separation"].improved(one_item, again) is None
