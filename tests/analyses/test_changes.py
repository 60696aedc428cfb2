"""Whether a change is for the better, by the direction of each figure and beyond chance."""

import pytest

from gapviz.analyses.changes import change_of, gap_change, neutral_share
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.experiment import measure
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def measured():
    drawings = builtin_collection()
    names = ("raw", "route", "znorm", "items-rrf")
    return {name: measure(drawings, StrategyOptions(name)) for name in names}


def test_a_lower_gap_and_a_higher_rank_are_better(measured, make_collection):
    raw, centred = (
        measure(make_collection(60), StrategyOptions(name)) for name in ("raw", "centre")
    )
    assert gap_change(raw, centred) == "better" and gap_change(centred, raw) == "worse"
    for modality in ("image", "text"):
        key = ("ndcg", modality)
        assert change_of(measured["raw"], measured["znorm"], *key) == "better"
        assert change_of(measured["znorm"], measured["raw"], *key) == "worse"


def test_less_bias_than_neutral_is_no_better_than_more(measured):
    # Score z-norm brings text queries under neutral and leaves image queries over it.
    fair, leaning = measured["route"], measured["znorm"]
    for modality in ("image", "text"):
        aim = neutral_share(fair, modality)
        off = [abs(one.bias[modality].value - aim) for one in (fair, leaning)]
        if off[1] > off[0] + 0.05:
            assert change_of(fair, leaning, "bias", modality) == "worse"
            assert change_of(leaning, fair, "bias", modality) == "better"
            break
    else:
        raise AssertionError("neither modality leans")


def test_what_stays_as_it_is_is_within_chance(measured):
    assert change_of(measured["raw"], measured["route"], "recall@10", "image", "text") == (
        "within chance"
    )
    assert gap_change(measured["raw"], measured["route"]) == "within chance"


def test_what_ranks_items_is_neither_better_nor_worse(measured):
    before, after = measured["raw"], measured["items-rrf"]
    assert change_of(before, after, "bias", "image") == "within chance"


def test_of_a_few_items_no_change_is_called_better_or_worse(make_collection):
    few, centred = (measure(make_collection(8), StrategyOptions(n)) for n in ("raw", "centre"))
    assert gap_change(few, centred) == "within chance"
    assert change_of(few, centred, "ndcg", "image") == "within chance"


def test_a_figure_of_each_modality_has_no_mean(measured):
    with pytest.raises(TypeError):
        DIAGNOSTICS["bias"].value(measured["raw"])
