"""The strategy that is shown where none is chosen is the one that the advisor puts first."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.advice import advice as advice_module
from gapviz.analyses.advice import recommended as module
from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.recommended import Recommended, recommended, strategy_of
from gapviz.analyses.advice.rules import Situation
from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection, shipped_collection
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.storage.cache import clear_memory


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    clear_memory()


@pytest.fixture
def _measures_nothing(monkeypatch):
    def refuse(*arguments, **named):
        raise AssertionError("the advisor was asked")

    monkeypatch.setattr(advice_module, "advise", refuse)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", [BUILTIN, "builtin:sigmoid"])  # whose first advice differs
def test_what_ships_is_what_the_advisor_says(encoder):
    collection = builtin_collection(encoder)
    advice = advise(Evidence(collection), Situation("mixed", "index"))
    assert Recommended(collection).get() == strategy_of(advice)
    first = next(one for one in advice.recommendations if one.rule.strategy)
    assert strategy_of(advice).name == first.rule.strategy and first.verdict == "better"


@pytest.mark.usefixtures("_measures_nothing")
@pytest.mark.parametrize("encoder", [*BUILTIN_ENCODERS, "outlines"])
def test_of_the_built_in_collection_nothing_is_measured(encoder):
    assert recommended(shipped_collection(encoder)) is not None


def test_another_seed_is_not_answered_by_the_shipped_file():
    assert Recommended(builtin_collection(), seed=7).get() is None


def test_what_shipped_is_dropped_where_other_ways_are_tried(monkeypatch):
    monkeypatch.setattr(module, "applicable", lambda situation: ((), ()))
    module._shipped.cache_clear()
    try:
        assert Recommended(builtin_collection()).get() is None
    finally:
        module._shipped.cache_clear()


def test_of_any_other_collection_it_is_measured_once(make_collection, monkeypatch):
    collection = make_collection(60)
    asked = Recommended(collection)
    assert asked.get() is None
    advice = advise(Evidence(collection), Situation("mixed", "index"))
    assert asked.compute() == strategy_of(advice)
    clear_memory()
    monkeypatch.setattr(advice_module, "advise", None)
    assert Recommended(collection).get() == strategy_of(advice)


def test_where_no_way_is_better_nothing_is_changed():
    rng = np.random.default_rng(0)
    blocks = {
        name: ModalityVectors.of(rng.standard_normal((80, 16)) + shift, np.arange(80))
        for name, shift in (("image", 1.0), ("text", -1.0))
    }
    splits = {"calibrate": np.arange(0, 80, 2), "evaluate": np.arange(1, 80, 2)}
    noise = Collection("noise", items_of_rows(80), blocks, splits)
    assert recommended(noise).name == "raw"


@pytest.mark.usefixtures("_measures_nothing")
def test_one_modality_alone_stays_as_it_is(make_collection):
    made = make_collection(20)
    alone = replace(made, modalities={"image": made.modalities["image"]})
    assert recommended(alone).name == "raw"
