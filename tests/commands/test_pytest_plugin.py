"""The plugin in the tests of others: each runs pytest in a folder of its own."""

import os
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import gapviz
from gapviz.storage.saved_collection import save_collection

pytest_plugins = "pytester"

INSTALLED = any(point.name == "gapviz" for point in entry_points(group="pytest11"))
LOADED = () if INSTALLED else ("-p", "gapviz.commands.pytest_plugin")
"""Where the package is installed, pytest finds the plugin by itself."""


@pytest.fixture
def run(pytester, monkeypatch):
    # Where it is not installed, it is found from another folder as well.
    place = str(Path(gapviz.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", place, prepend=os.pathsep)

    def run(*arguments):
        # A process of its own: what it imports is imported there.
        return pytester.runpytest_subprocess(*LOADED, "-p", "no:cacheprovider", *arguments)

    return run


@pytest.mark.slow
def test_an_index_is_asserted_in_the_tests_of_a_team(pytester, run, make_collection):
    save_collection(make_collection(n=80, gap=1.5), pytester.path / "vectors")
    pytester.makeini("[pytest]\ngapviz_source = vectors\n")
    pytester.makepyfile(
        """
        import gapviz  # the module and the fixture of one name do not clash
        import numpy as np

        MODULE = gapviz


        def test_bias(gapviz):
            gapviz.assert_bias(at_most=0.3)


        def test_gap(gapviz):
            gapviz.assert_gap(at_most=0.5, strategy="centre")


        def test_conditions(gapviz):
            gapviz.check("bias_at_10.text <= 1", "gap > 0.2")


        def test_arrays(gapviz):
            rows = np.random.default_rng(0).normal(size=(2, 40, 4))
            gapviz.assert_bias({"image": rows[0], "text": rows[1]}, at_most=0.9)
            assert MODULE.Collection is not None


        def test_mistake(gapviz):
            gapviz.assert_bias("no-such-folder", at_most=0.9)
        """
    )
    result = run()
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*gapviz.assert_bias(at_most=0.3)*",
            "E *AssertionError: The bias rate@10 of image queries under Raw cosine is *above 0.3*",
            "*test_*.py:*AssertionError*",
            "E *gapviz.core.errors.GapvizError: no-such-folder: *",
        ]
    )
    # The failure stands at the line of the test, and not inside gapviz.
    result.stdout.no_fnmatch_line("*commands/checks.py*")


@pytest.mark.slow
def test_the_command_line_names_another_source(pytester, run, make_collection):
    save_collection(make_collection(n=80, gap=1.5), pytester.path / "wide")
    save_collection(make_collection(n=80, gap=0.0), pytester.path / "none")
    pytester.makeini("[pytest]\ngapviz_source = wide\n")
    pytester.makepyfile("def test_gap(gapviz):\n    gapviz.assert_gap(at_most=0.5)\n")
    # That of the configuration file would fail.
    run("--gapviz-source", "none").assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_until_a_test_asks_for_it(pytester, run):
    pytester.makepyfile(
        """
        import sys


        def test_unused():
            rooms = {name.split(".")[1] for name in sys.modules if name.startswith("gapviz.")}
            assert not rooms & {"measures", "analyses", "strategies", "retrieval", "sources"}
            assert "gapviz.commands.pytest_plugin" in sys.modules
            assert not {"sklearn", "pandas", "torch", "streamlit"} & set(sys.modules)
        """
    )
    run().assert_outcomes(passed=1)


def test_the_options_are_told_in_the_help(run):
    run("--help").stdout.fnmatch_lines(["*--gapviz-source*SOURCE*", "*gapviz_source (string):*"])
