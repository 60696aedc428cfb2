"""Vectors that are known only up to a rotation have no figure by dimension, and all others."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.measure import all_diagnostics
from gapviz.core.collection import NO_AXES
from gapviz.core.errors import GapvizError
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions, fit_strategy, unavailable_reason

BY_DIMENSION = {"top1_share", "top2_share", "top5_share", "top10_share", "participation_ratio"}


@pytest.fixture(scope="module")
def known(make_collection):
    return make_collection(60)


@pytest.fixture(scope="module")
def rotated(known):
    return replace(known, rotated=True)


def test_figures_by_dimension_are_null_with_their_reason(known, rotated):
    before, after = measure(known).to_json(), measure(rotated).to_json()
    assert after.pop("left_out") == dict.fromkeys(BY_DIMENSION, NO_AXES)
    assert before.pop("left_out") == {}
    assert {name for name, value in after.items() if value != before[name]} == BY_DIMENSION
    assert all(after[name] is None for name in BY_DIMENSION)


def test_the_table_of_all_diagnostics_tells_the_reason(known, rotated):
    rows = {row[0]: row for row in all_diagnostics({"Raw": measure(rotated)}).rows}
    for title in ("Share of the two largest dimensions", "Participation ratio"):
        assert np.isnan(rows[title][1]) and rows[title][-1] == f"Left out: {NO_AXES}."
    assert "Left out" not in str(all_diagnostics({"Raw": measure(known)}).rows)


def test_the_halves_are_rotated_too(rotated):
    assert rotated.split("evaluate").rotated and rotated.subset([1, 0]).rotated


def test_it_is_part_of_the_content(known, rotated):
    assert known.content_hash != rotated.content_hash


def test_single_dimensions_cannot_be_standardised(known, rotated):
    chosen = StrategyOptions("zscore")
    reason = f"Per-dimension z-score works on single dimensions, and {NO_AXES}."
    assert unavailable_reason(chosen, rotated) == reason
    assert unavailable_reason(chosen, known) is None
    with pytest.raises(GapvizError, match="works on single dimensions"):
        fit_strategy(chosen, rotated)
    assert unavailable_reason(StrategyOptions("centre"), rotated) is None
