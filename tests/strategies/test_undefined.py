"""A strategy that is impossible here says so, and leaves raw cosine and the other parts."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.registry import analyses
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions

CENTRE = StrategyOptions("centre")
WHY = "the strategy is undefined here"


@pytest.fixture(scope="module")
def two_points(make_collection):
    """All images are one vector, and all texts another."""
    made = make_collection(30)
    same = {
        name: ModalityVectors.of(np.repeat(block.vectors[:1], 30, axis=0))
        for name, block in made.modalities.items()
    }
    return replace(made, modalities=same)


def find(name, collection, strategy=CENTRE, **values):
    analysis = analyses()[name]
    asked = Request(collection, analysis.usual() | values, strategy)
    return analysis.find(asked, lambda share, stage: None)


def test_the_reason_is_known_before_anything_is_drawn(two_points, make_collection):
    assert WHY in Experiment(two_points).undefined(CENTRE)
    assert Experiment(two_points).undefined(StrategyOptions()) is None
    assert Experiment(make_collection()).undefined(CENTRE, everywhere=True) is None


def test_raw_is_drawn_and_the_other_picture_says_why_not(two_points):
    found = find("cones", two_points, by="pca")
    assert found.figures["with_strategy"] is None
    assert WHY in found.figures["undefined"]
    assert found.figures["raw"]["gap"]["value"] > 0.5
    assert any(WHY in words for words in found.readings)


def test_thresholds_of_raw_are_told(two_points):
    found = find("thresholds", two_points)
    assert list(found.figures["by_strategy"]) == ["raw"]
    assert WHY in found.readings[0]


@pytest.mark.parametrize("part", ["heat_map", "hubs", "spectrum", "plane"])
def test_every_part_of_the_anatomy_is_told_of_raw(two_points, part):
    found = find("anatomy", two_points, of=(part,)).parts[part]
    assert any(WHY in words for words in found.readings)
    assert found.result is not None


def test_a_part_that_cannot_be_measured_leaves_the_others(make_unpaired):
    found = find("anatomy", make_unpaired(), StrategyOptions(), of=("heat_map", "spectrum"))
    assert "no matched pairs" in found.parts["heat_map"].figures["not_measured"]
    assert found.parts["spectrum"].tables
