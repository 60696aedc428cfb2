"""Intervals in which queries, gallery and fit vary."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from benchmarks.worlds import World
from gapviz.core.estimate import Estimate
from gapviz.core.splits import EVALUATE
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.intervals import (
    CORPUS_GROUPINGS,
    FIT_GROUPINGS,
    GROUPS,
    Gain,
    Replicates,
    fifths,
    halves,
    imbalance_estimate,
    mean_of,
    simultaneous,
)
from gapviz.strategies import StrategyOptions

RNG = np.random.default_rng(3)


def replicates(value=0.4, corpus=0.05, fit=0.0, scale="share", n=100, seed=0):
    random = np.random.default_rng(seed)
    parts = value + corpus * random.standard_normal(CORPUS_GROUPINGS * GROUPS)
    fits = value + fit * random.standard_normal(FIT_GROUPINGS * GROUPS if fit else 0)
    return Replicates(value, parts, fits, n, scale)


def test_every_grouping_leaves_each_item_out_once():
    kept = fifths(23, 4, seed=1).reshape(23, 4, GROUPS)
    assert ((~kept).sum(axis=2) == 1).all()
    assert set((~kept).sum(axis=0).ravel()) == {4, 5}
    assert (halves(23, 1).sum(axis=1) == 1).all() and halves(23, 1).sum(axis=0).tolist() == [11, 12]


def test_the_variance_of_a_mean_is_that_of_theory():
    values = RNG.standard_normal(2_000)
    kept = fifths(values.size, CORPUS_GROUPINGS, seed=0)
    means = (values @ kept) / kept.sum(axis=0)
    found = Replicates(values.mean(), means, np.zeros(0), values.size, "change")
    assert found.variance == pytest.approx(values.var(ddof=1) / values.size, rel=0.35)


def test_both_parts_add_up_and_their_squares_are_the_variance():
    both = replicates(fit=0.03)
    assert both.variance == pytest.approx(both.corpus_variance + both.fit_variance)
    assert (both.deviations**2).sum() == pytest.approx(both.variance)
    assert replicates().fit_variance == 0


def test_freedom_is_that_of_twelve_groupings_and_of_two_fits():
    assert replicates().freedom == pytest.approx(30)
    only_fit = replace(replicates(fit=0.05), corpus=np.full(60, 0.4))
    assert only_fit.freedom == pytest.approx(8)
    assert 8 < replicates(fit=0.05).freedom < 38


@given(st.floats(0.01, 0.99), st.floats(1e-3, 0.05))
@settings(max_examples=40, deadline=None)
def test_a_share_stays_within_0_and_1_and_holds_itself(share, spread):
    found = replicates(share, spread).estimate
    assert 0 <= found.low <= share <= found.high <= 1


def test_a_share_of_none_and_of_all_still_has_an_interval():
    none = Replicates(0.0, np.zeros(60), np.zeros(0), 50, "share").estimate
    every = Replicates(1.0, np.ones(60), np.zeros(0), 50, "share").estimate
    assert none.low == 0 and 0.04 < none.high < 0.1
    assert (every.low, every.high) == pytest.approx((1 - none.high, 1))


def test_what_is_constant_by_construction_is_known_exactly():
    assert Replicates(0.5, np.full(60, 0.5), np.zeros(0), 50, "share").estimate == Estimate(
        0.5, 0.5, 0.5
    )


def test_a_change_is_measured_part_by_part():
    before, noise = replicates(0.3), 0.01 * RNG.standard_normal(60)
    after = replace(before, value=0.4, corpus=before.corpus + 0.1 + noise)
    change = after - before
    assert change.value == pytest.approx(0.1)
    # What both share is gone.
    assert change.variance < before.variance / 10
    assert (before - before).estimate == Estimate(0, 0, 0)


def test_a_change_against_what_is_not_fitted_keeps_the_noise_of_the_fit():
    fitted, fixed = replicates(fit=0.05), replicates()
    assert (fitted - fixed).fit_variance == pytest.approx(fitted.fit_variance)
    assert (fixed - fitted).fit_variance == pytest.approx(fitted.fit_variance)
    few = replace(fixed, corpus=fixed.corpus[:20])
    assert (fitted - few).corpus.size == 20


def test_no_change_of_a_fitted_strategy_still_admits_a_small_one():
    fitted = Replicates(0.2, np.full(60, 0.2), np.full(10, 0.2), 50, "share")
    change = (fitted - replace(fitted, fit=np.zeros(0))).estimate
    assert (change.low, change.high) == pytest.approx((-3.7 / 50, 3.7 / 50))


def test_a_mean_leaves_out_what_is_not_known():
    unknown = Replicates(np.nan, np.full(60, np.nan), np.zeros(0), 0, "share")
    assert mean_of([unknown, replicates(0.4)]).value == 0.4
    assert np.isnan(mean_of([unknown, unknown]).value)
    one = Replicates(0.4, np.full(60, np.nan), np.zeros(0), 1, "share").estimate
    assert one.value == 0.4 and np.isnan(one.low)


def test_imbalance_is_not_0_only_where_a_lift_is_not_1():
    near = [replicates(1.02, 0.1, scale="ratio"), replicates(0.98, 0.1, scale="ratio", seed=1)]
    off = [replicates(1.8, 0.05, scale="ratio"), replicates(0.4, 0.05, scale="ratio", seed=1)]
    assert imbalance_estimate(near).low == 0
    found = imbalance_estimate(off)
    assert found.low > 0 and found.value == pytest.approx(0.7)


def test_gains_that_move_together_need_fewer_standard_errors_than_those_that_do_not():
    shared = RNG.standard_normal(70)
    alike = [Gain(0.1, shared * size) for size in (0.01, 0.02, 0.03)]
    apart = [Gain(0.1, 0.01 * RNG.standard_normal(70)) for _ in range(15)]
    assert simultaneous(alike) == pytest.approx(1.96, abs=0.08)
    # Bonferroni's for 15 is the upper bound.
    assert 2.6 < simultaneous(apart) < stats.norm.ppf(1 - 0.025 / 15) + 0.1
    alone = [Gain(0.1, np.zeros(70), own=0.01) for _ in range(15)]
    assert simultaneous(alone) == pytest.approx(simultaneous(apart), abs=0.2)
    assert simultaneous([Gain(0.0, np.zeros(70))]) == pytest.approx(1.96, abs=0.001)


def test_the_fit_varies_only_where_something_is_fitted(make_collection):
    base = Experiment(make_collection(80))
    raw, centred = (base.having(StrategyOptions(name)).measurement for name in ("raw", "centre"))
    key = ("bias", "image")
    assert raw.replicates[key].fit.size == 0
    assert centred.replicates[key].fit.size == FIT_GROUPINGS * GROUPS
    assert centred.replicates[key].fit_variance > 0
    in_sample = replace(base, fit="all", options=StrategyOptions("centre")).measurement
    assert in_sample.replicates[key].fit.size == 0


def test_parts_are_what_measuring_the_kept_items_alone_gives(make_collection):
    collection = make_collection(60, gap=0.3)
    measured = Experiment(collection).measurement
    held_out = collection.split(EVALUATE)
    kept = measured.outcomes.kept
    for part in (0, 2, 7):
        alone = held_out.subset(np.flatnonzero(kept[:, part]))
        whole = replace(alone, splits={EVALUATE: np.arange(alone.n_items)})
        again = replace(Experiment(whole, intervals="queries"), fit="all").measurement
        for name in ("image", "text"):
            parts = measured.mixed[name].parts
            assert parts["ndcg"][part] == pytest.approx(again.ndcg[name].value)
            assert parts["bias"][part] == pytest.approx(again.bias[name].value, abs=1e-6)
            assert parts["lift"][part] == pytest.approx(again.lift[name].value, abs=1e-6)
        across = measured.cross["image", "text"].parts["recall@1"][part]
        assert across == pytest.approx(again.recall["image", "text"][1].value)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["raw", "znorm"])
def test_intervals_hold_the_truth_of_a_known_population(strategy):
    """A corner of `benchmarks/coverage.py`: with queries alone varying, .3 to .7 of them do."""
    world, draws = World(0.6, "weak"), 40
    found = {"all": [], "queries": []}
    for seed in range(draws):
        base = Experiment(world.sample(60, seed), StrategyOptions(strategy))
        for intervals, estimates in found.items():
            estimates.append(base.having(intervals=intervals).measurement.bias["image"])
    truth = np.mean([one.value for one in found["queries"]])
    holds = {how: np.mean([e.low <= truth <= e.high for e in all_]) for how, all_ in found.items()}
    assert holds["all"] >= 0.85
    assert holds["queries"] <= holds["all"] - (0.2 if strategy == "znorm" else 0.0)
