"""The advice in one answer: as measured, in plain words, with what it costs."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.worlds import World
from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.analysis import advice_finding
from gapviz.analyses.advice.decision import decision_of, plain_changes
from gapviz.analyses.advice.evidence import Evidence, mixed_trials
from gapviz.analyses.advice.rules import Situation
from gapviz.core.estimate import NORMAL_95
from gapviz.core.wording import figure
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def evidence():
    return Evidence(World(0.6, "strong").sample(160, seed=3))


@pytest.fixture(scope="module")
def advice(evidence):
    return advise(evidence, Situation("mixed", "index"))


def test_the_decision_is_the_first_recommendation_as_it_was_measured(advice):
    first, found = advice.recommendations[0], decision_of(advice)
    assert first.verdict == "better"
    assert first.title in found.title
    assert found.strategy == StrategyOptions(first.rule.strategy)
    better = [one for one in first.effects if one.better]
    assert len(found.gains) == len(better)
    for one in found.gains:
        assert one.change == "better" and one.before != one.after
    assert f"Of {advice.n_tried} ways tried on {advice.n_items} held-out items" in found.reason


def test_a_figure_that_is_better_lower_gains_by_a_fall(advice):
    first, *rest = advice.recommendations
    effect = replace(first.effects[0], figure="imbalance@10, mixed index", higher_is_better=False)
    turned = replace(first, effects=(effect, *first.effects[1:]))
    reason = decision_of(replace(advice, recommendations=(turned, *rest))).reason
    assert advice.other_half > 0
    fall = f"imbalance@10 −{advice.other_half:.2f}."
    assert reason.endswith(f"it holds on the other, among half as many: {fall}")


@pytest.mark.parametrize(("other_half", "said"), [(0.31, "it holds"), (-0.02, "it does not hold")])
def test_what_holds_on_the_other_half_is_said_as_measured(advice, other_half, said):
    reason = decision_of(replace(advice, other_half=other_half)).reason
    assert reason.endswith(
        f"{said} on the other, among half as many: NDCG@10 {figure(other_half, 2, signed=True)}."
    )


def test_queries_are_counted_in_hundreds_and_answers_in_tens(evidence):
    raw, after = evidence.raw, evidence.measured(StrategyOptions("znorm"))
    effects = [trial.effect(NORMAL_95) for trial in mixed_trials(raw, after)]
    gains, losses = plain_changes(effects)
    found = next(one for one in gains if one.words.startswith("Queries that find"))
    share = np.mean([estimate.value for estimate in after.mixed_recall.values()])
    assert (found.unit, found.after) == ("of 100", f"{100 * share:.0f}")
    of_ten = [one for one in (*gains, *losses) if one.words.startswith("Answers to")]
    assert of_ten
    for one in of_ten:
        (bias,) = [value for name, value in after.bias.items() if f"to {name} quer" in one.words]
        assert one.unit == "of 10" and one.aim
        assert float(one.after) == pytest.approx(10 * bias.value, abs=0.05)


def test_what_it_costs_is_told_against_leaving_all_as_it_is(advice):
    first = advice.recommendations[0]
    (as_it_is,) = [one.cost for one in advice.recommendations if not one.effects]
    told = " ".join(decision_of(advice).costs)
    added = first.cost.bytes_per_item - as_it_is.bytes_per_item
    assert first.cost.storage in told and f"{added:,.1f} bytes an item" in told
    assert first.cost.query in told and first.rule.wrong_when in told


def test_nothing_is_exported_where_all_stays_as_it_is():
    without_content = Evidence(World(0.6, "none").sample(100, seed=1))
    found = decision_of(advise(without_content, Situation("one-way", "neither")))
    assert found.title == "Leave it as it is"
    assert found.strategy is None and not found.gains and found.costs == ("Nothing.",)


def test_the_command_line_says_the_same_answer_first(advice):
    answer = decision_of(advice)
    finding = advice_finding(advice)
    assert finding.readings[0] == f"{answer.title}. {answer.reason}"
    assert finding.figures["decision"] == answer.to_json()
