from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.curves.calibration import (
    calibration_curve,
    calibration_reading,
    find_calibration,
)
from gapviz.analyses.curves.corpus_mix import corpus_mix_curve, find_mix, mix_reading
from gapviz.analyses.curves.curve import Band
from gapviz.analyses.curves.rank_fusion import fusion_reading, rank_fusion_curves
from gapviz.analyses.curves.strength import find_strength, strength_curve, strength_reading
from gapviz.core.progress import no_progress
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")
CENTRE = StrategyOptions("centre")
HALF = StrategyOptions("half")


@pytest.fixture(scope="module")
def collection(make_collection):
    return make_collection(80, gap=3.0)


def test_the_sweep_is_told_where_the_gap_closes_and_what_bias_is_left(collection):
    curve = strength_curve(collection, CENTRE, PAIR).compute()
    at = int(np.argmin(np.abs(curve.strengths - 1)))
    bias = np.mean([band.value[at] for band in curve.bias.values()])
    sentence = strength_reading(curve)
    assert f"where the bias rate is {bias:.2f}" in sentence
    assert "mixed NDCG@10 is best at λ = " in sentence
    assert "InfoNCE (mean of both directions) is lowest at λ = " in sentence


@pytest.mark.parametrize(("more", "words"), [(0.0, "is 0.49"), (0.3, "is still 0.79")])
def test_bias_is_there_still_only_where_it_is_not_neutral(collection, more, words):
    curve = strength_curve(collection, CENTRE, PAIR).compute()
    level = {
        name: Band(*[np.full(curve.strengths.size, curve.expected_bias[name] + more)] * 3)
        for name in curve.bias
    }
    told = strength_reading(replace(curve, bias=level))
    assert f"where the bias rate {words} (neutral 0.49)" in told


def test_a_gap_that_stays_open_is_said_to(collection):
    curve = strength_curve(collection, CENTRE, PAIR, strengths=(0.0, 0.2)).compute()
    assert strength_reading(curve).startswith("The gap never closes on this range")


def test_the_mix_is_held_against_the_oracle(collection):
    curve = corpus_mix_curve(collection, [StrategyOptions("raw"), CENTRE], repeats=2).compute()
    sentence = mix_reading(curve)
    raw, _, oracle = (line.ndcg.value for line in curve.lines)
    assert f"Raw cosine loses up to {np.nanmax(oracle - raw):.2f}" in sentence
    assert sentence.endswith("sags least.")


def test_calibration_is_told_in_items(collection):
    curve = calibration_curve(collection, CENTRE, PAIR, repeats=3).compute()
    reached = curve.sizes[np.flatnonzero(curve.cosine.value >= 0.99)[0]]
    assert calibration_reading(curve).startswith(f"{reached} items give a gap within cosine 0.99")
    assert "Even 40 items do not settle" in calibration_reading(curve, enough=1.1)


def test_calibration_is_not_called_enough_while_bias_still_turns_on_which_items_it_has(collection):
    curve = calibration_curve(collection, StrategyOptions("znorm"), PAIR, repeats=3).compute()
    band = next(iter(curve.bias.values()))
    steady = Band(*(np.full(curve.sizes.size, band.value[-1]) for _ in range(3)))
    wild = replace(steady, high=np.where(curve.sizes < 25, 1.0, steady.high))
    told = calibration_reading(replace(curve, bias={"image": steady, "text": wild}))
    assert told.endswith(
        "From 25 items on, whichever they are, the bias rate is within 0.1 of that of all 40."
    )
    told = calibration_reading(replace(curve, bias={"image": steady}))
    assert "From 2 items on, whichever they are" in told


def test_k_is_said_to_matter_only_where_lists_overlap(with_second_captions):
    sentence = fusion_reading(rank_fusion_curves(with_second_captions, "image").compute())
    assert sentence.startswith("Over disjoint lists k changes nothing; over overlapping lists k")
    assert "Weights are touchy: 1.1 instead of 1 for the image list gives it" in sentence
    assert "(unknown for image queries: every item has one image row)" in sentence


def test_weights_that_change_nothing_are_not_called_touchy(with_second_captions):
    curves = rank_fusion_curves(with_second_captions, "image").compute()
    level = {
        name: replace(band, value=np.full(band.value.size, band.value[0]))
        for name, band in curves["disjoint"].by_weight.bias.items()
    }
    disjoint = replace(
        curves["disjoint"], by_weight=replace(curves["disjoint"].by_weight, bias=level)
    )
    assert "Weights are not touchy: 1.1 instead of 1" in fusion_reading({"disjoint": disjoint})


def request(collection, name="centre", **values):
    return Request(collection, values, StrategyOptions(name), seed=0)


def test_k_is_not_said_to_change_nothing_where_no_match_can_be_measured(collection):
    sentence = fusion_reading(rank_fusion_curves(collection, "image").compute())
    assert "over overlapping lists no match can be measured: every item has one row" in sentence


def test_the_strength_of_the_sidebar_is_no_part_of_the_sweep(collection):
    weak, strong, half = (
        find_strength(replace(request(collection), strategy=options), no_progress).result
        for options in (CENTRE.having(strength=0.3), CENTRE.having(strength=1.7), HALF)
    )
    assert weak is strong
    assert half is not weak


def test_every_curve_is_kept_under_a_name_of_its_own(collection):
    works = [
        strength_curve(collection, CENTRE, PAIR, seed=0),
        strength_curve(collection, CENTRE, PAIR, seed=1),
        calibration_curve(collection, CENTRE, PAIR, seed=0),
        rank_fusion_curves(collection, "image", ties="own-first", seed=0),
        rank_fusion_curves(collection, "text", ties="own-first", seed=0),
        corpus_mix_curve(collection, (CENTRE,), query_modality="text", seed=0),
        corpus_mix_curve(collection, (CENTRE,), query_modality="image", seed=0),
    ]
    assert len({work.name for work in works}) == len(works)


@pytest.mark.parametrize(
    ("find", "drawn", "not_drawn"),
    [
        (find_strength, "half", "zscore"),
        (find_mix, "znorm", "route"),
        (find_calibration, "ridge", "raw"),
    ],
)
def test_where_a_strategy_has_no_such_curve_centring_stands_in(collection, find, drawn, not_drawn):
    asked = {"query_modality": None}
    found = find(request(collection, drawn, **asked), no_progress)
    assert (found.figures["strategy"], found.figures["note"]) == (drawn, None)
    found = find(request(collection, not_drawn, **asked), no_progress)
    assert found.figures["strategy"] == "centre"
    assert found.readings[0] == found.figures["note"]
