"""The examples in the docstrings of the public API run, and say what comes out."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "gapviz.analyses.advice.advice",
    "gapviz.analyses.one_cloud",
    "gapviz.commands.gate",
    "gapviz.analyses.finding_text",
    "gapviz.core.collection",
    "gapviz.core.pairing",
    "gapviz.core.plain_json",
    "gapviz.core.table_html",
    pytest.param("gapviz.encoders.registry", marks=pytest.mark.encoder),
    "gapviz.measures.experiment",
    "gapviz.notebook.modality_transformer",
    "gapviz.strategies.estimator",
    "gapviz.measures.sketch.sketch",
    "gapviz.strategies.options",
    "gapviz.strategies.registry",
    "gapviz.strategies.spec",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    outcome = doctest.testmod(import_module(name))
    assert outcome.attempted > 0 and outcome.failed == 0
