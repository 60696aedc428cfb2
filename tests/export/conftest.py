"""Strategies fitted on the built-in collection, exported and read back."""

import sys
import types

import pytest

from gapviz.core.collection import CALIBRATE, EVALUATE
from gapviz.export import export_strategy
from gapviz.measures.measurement import measure_strategy
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions, fit_strategy

CENTRE = StrategyOptions("centre")


@pytest.fixture(scope="session")
def halves():
    """Items of the calibrate and of the evaluate split of the built-in collection."""
    splits = [builtin_collection().split(name) for name in (CALIBRATE, EVALUATE)]
    return tuple(split.subset(range(min(200, split.n_items))) for split in splits)


@pytest.fixture(scope="session")
def take_home(halves, tmp_path_factory):
    """`take_home(options)` → the folder, the card and the strategy as it was fitted."""
    kept, measured_raw = {}, {}

    def raw(measured):
        if id(measured) not in measured_raw:
            strategy = fit_strategy(StrategyOptions("raw"), measured)
            measured_raw[id(measured)] = measure_strategy(measured, strategy)
        return measured_raw[id(measured)]

    def exported(options=CENTRE, collections=halves):
        key = (options, id(collections))
        if key not in kept:
            fitted_on, measured = collections
            strategy = fit_strategy(options, fitted_on)
            folder = tmp_path_factory.mktemp("export") / "out"
            card = export_strategy(
                strategy,
                raw(measured),
                measure_strategy(measured, strategy),
                folder,
                fitted_on=fitted_on,
            )
            kept[key] = folder, card, strategy
        return kept[key]

    return exported


@pytest.fixture
def generated(monkeypatch):
    """`generated(folder, "in_qdrant")` → the generated file as a module."""

    def load(folder, name):
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.delitem(sys.modules, "in_numpy", raising=False)
        path = folder / f"{name}.py"
        module = types.ModuleType(name)
        module.__file__ = str(path)
        exec(compile(path.read_text("utf-8"), str(path), "exec"), module.__dict__)
        return module

    yield load
    sys.modules.pop("in_numpy", None)


@pytest.fixture(scope="session")
def small_export(make_collection, take_home):
    """A learned map in 16 dimensions: the strategy whose rounding could depend on blocks."""
    made = make_collection(n=120, dim=16)
    halves = made.split(CALIBRATE), made.split(EVALUATE)
    return take_home(StrategyOptions("ridge"), collections=halves)[0]
