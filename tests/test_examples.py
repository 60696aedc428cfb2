"""The examples in the docstrings of the public API run, and say what comes out."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "gapviz.analyses.advice.advice",
    "gapviz.core.collection",
    "gapviz.commands.gate",
    pytest.param("gapviz.encoders.registry", marks=pytest.mark.encoder),
    "gapviz.measures.measurement",
    "gapviz.core.notebook",
    "gapviz.strategies.fitting",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    outcome = doctest.testmod(import_module(name))
    assert outcome.attempted > 0 and outcome.failed == 0
