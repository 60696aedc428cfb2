"""Vectors of an encoder with random weights are said to be that wherever they are measured."""

from dataclasses import replace

import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.inspection import inspect_collection
from gapviz.analyses.registry import analyses
from gapviz.core.progress import no_progress
from gapviz.core.random_weights import WARNING, random_weights_warnings
from gapviz.export.card import card_of
from gapviz.measures.experiment import Experiment, measure

RANDOM = "open_clip:ViT-S-32-alt:random-0"


@pytest.fixture(scope="module")
def untrained(make_collection):
    return replace(make_collection(60, 8), encoder=RANDOM)


def answer(name, collection, **values):
    analysis = analyses()[name]
    request = Request(collection, analysis.usual() | values, collections=(collection,))
    return analysis.answer(request, no_progress)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("measure", {"intervals": "queries"}),
        ("search", {"item": "03"}),
        ("anatomy", {}),
        ("scoreboard", {"strategies": "raw"}),
        ("directions", {}),
        ("cones", {"by": "pca"}),
    ],
)
def test_every_analysis_says_it_once_in_words_and_in_json(untrained, make_collection, name, values):
    found = answer(name, untrained, **values)
    assert list(found.warnings).count(WARNING) == 1
    assert found.to_json()["warnings"].count(WARNING) == 1
    assert WARNING not in answer(name, make_collection(60, 8), **values).warnings


def test_a_measurement_an_export_and_an_inspection_say_it(untrained):
    assert measure(untrained, intervals="queries").to_json()["warnings"] == [WARNING]
    assert inspect_collection(untrained).warnings[0] == WARNING
    experiment = Experiment(untrained, intervals="queries")
    assert WARNING in card_of(experiment, experiment.measurement).warnings


@pytest.mark.parametrize(
    ("encoder", "random"),
    [
        ("timm:resnet18:random-7", True),
        ("open_clip:ViT-B-32:openai", False),
        ("builtin", False),
        ("my-random-1 model", False),
    ],
)
def test_the_name_of_the_encoder_says_so(encoder, random):
    assert bool(random_weights_warnings(encoder)) == random
