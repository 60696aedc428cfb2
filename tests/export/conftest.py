"""Strategies fitted on the built-in collection, exported and read back."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.export.folder import export_strategy
from gapviz.measures.experiment import Experiment
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions

CENTRE = StrategyOptions("centre")


@pytest.fixture(scope="session")
def drawings():
    """200 items each of the calibrate and the evaluate split of the built-in collection."""
    whole = builtin_collection()
    parts = [whole.splits[name][:200] for name in (CALIBRATE, EVALUATE)]
    sizes = np.cumsum([0, *map(len, parts)])
    splits = {
        name: np.arange(sizes[place], sizes[place + 1])
        for place, name in enumerate((CALIBRATE, EVALUATE))
    }
    return replace(whole.subset(np.concatenate(parts)), splits=splits)


@pytest.fixture(scope="session")
def halves(drawings):
    """The items to fit on, and those to measure."""
    return drawings.split(CALIBRATE), drawings.split(EVALUATE)


@pytest.fixture(scope="session")
def take_home(drawings, tmp_path_factory):
    """`take_home(options)` → the folder, the card and the strategy as it was fitted."""
    done, raw = {}, {}

    def exported(options=CENTRE, collection=drawings):
        key = (options, id(collection))
        if key not in done:
            experiment = raw.setdefault(id(collection), Experiment(collection)).having(options)
            folder = tmp_path_factory.mktemp("export") / "out"
            done[key] = folder, export_strategy(experiment, folder), experiment.strategy
        return done[key]

    return exported


@pytest.fixture
def generated(monkeypatch):
    """`generated(folder, "in_qdrant")` → the generated file as a module."""

    def load(folder, name):
        monkeypatch.syspath_prepend(str(folder))
        # The export stays as it was written.
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
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
    return take_home(StrategyOptions("ridge"), make_collection(n=120, dim=16))[0]
