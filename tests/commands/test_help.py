"""What every command's help says: loaded late, grouped, one word a meaning, examples that parse."""

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections import defaultdict

import pytest

from gapviz.analyses.registry import analyses
from gapviz.commands.cli import parsed, parser_of
from gapviz.commands.former import EVERY, FORMER_COMMANDS, FORMER_OPTIONS
from gapviz.commands.parser import OUTPUT, SOURCE, STRATEGY
from gapviz.commands.table import COMMANDS, GROUPS, listed_commands

HEAVY = (
    "pandas", "torch", "streamlit", "plotly", "scipy", "sklearn", "pyarrow", "PIL",
    "gapviz.measures", "gapviz.strategies", "gapviz.sources", "gapviz.dashboard",
    "gapviz.analyses.registry", "gapviz.analyses.measure", "gapviz.commands.analysis",
)  # fmt: skip
"""What help and completion do without."""

LOADED = """
import contextlib, io, json, runpy, sys
sys.argv = ["gapviz", *json.loads(sys.argv[1])]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    runpy.run_module("gapviz", run_name="__main__", alter_sys=True)
print(json.dumps(sorted(sys.modules)))
"""


def loaded_by(*arguments):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(arguments)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(json.loads(done.stdout))


def commands():
    """Every command's own parser, by name."""
    return {name: parser_of(name)[1] for name in listed_commands()}


@pytest.fixture(scope="module")
def parsers():
    return commands()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("mesure",)])
def test_help_loads_no_command_and_nothing_heavy(arguments):
    assert not loaded_by(*arguments) & set(HEAVY)


def test_the_help_names_every_command_once_below_its_task(run):
    lines = run("--help").stdout.splitlines()
    named = [line.split()[0] for line in lines if re.match(r"  \w", line)]
    assert named == [one.name for group in GROUPS for one in _of(group)]
    assert set(named) == set(COMMANDS) | set(analyses())
    assert [line for line in lines if line in GROUPS] == [g for g in GROUPS if _of(g)]


def _of(group):
    return [one for one in listed_commands().values() if one.group == group]


def test_help_of_a_command_stands_in_groups_in_one_order(run):
    told = run("measure", "--help").stdout
    places = [told.index(f"\n{title}:") for title in ("what is asked", STRATEGY, SOURCE, OUTPUT)]
    assert places == sorted(places)
    assert told.startswith("usage: gapviz measure SOURCE [options]\n")
    assert told.rstrip().splitlines()[-1].strip() == COMMANDS["measure"].examples[-1]
    assert run("help", "measure").stdout == told


@pytest.mark.parametrize("name", COMMANDS)
def test_its_examples_are_what_the_parser_takes(name):
    assert COMMANDS[name].examples
    for example in COMMANDS[name].examples:
        words = shlex.shlex(example, posix=True, punctuation_chars="|<>")
        words.whitespace_split = True
        words.commenters = "#"
        given = list(words)
        start = given.index("gapviz") + 1
        behind = (place for place, word in enumerate(given) if set(word) <= set("|<>"))
        end = next((place for place in behind if place > start), len(given))
        assert parsed(given[start:end]).command == name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_prints_json_is_quiet_and_tells_its_progress(parsers, name):
    assert {"--json", "--quiet", "--progress", "--help"} <= set(parsers[name].options)


def test_what_gives_figures_can_be_held_to_conditions(parsers):
    with_figures = {*analyses(), "train", "info", "export", "report", "prove", "watch", "rehearse"}
    for name in with_figures:
        assert {"--fail-if", "--list-figures"} <= set(parsers[name].options), name


def test_an_option_means_the_same_on_every_command(parsers):
    """Where its value is kept, how its help begins, and what kind of value it takes."""
    meanings = defaultdict(lambda: defaultdict(list))
    for name, parser in parsers.items():
        for action in parser.actions():
            for option in action.option_strings if action.help != argparse.SUPPRESS else ():
                meanings[option][_meaning(action)].append(name)
    several = {option: dict(found) for option, found in meanings.items() if len(found) > 1}
    assert not several


def _meaning(action):
    head = re.split(r"[:;,(]", action.help)[0].strip()
    value = action.metavar[0] if isinstance(action.metavar, tuple) else action.metavar
    value = "PATH" if value in {"FILE", "FOLDER"} else value
    return action.dest, head, type(action).__name__, value


def test_former_names_are_of_no_use_to_anything_else(parsers):
    for old, new in FORMER_COMMANDS.items():
        assert new in parsers and old not in parsers
    for name, options in FORMER_OPTIONS.items():
        for old, new in options.items():
            having = [one for one in parsers.values() if new in one.options]
            assert having and (name == EVERY or new in parsers[name].options)
            assert name == EVERY or old not in parsers[name].options or old == "--run"


def test_a_former_option_works_and_says_its_new_name(capsys):
    assert parsed(["measure", "builtin", "--model", "builtin:warm"]).encoder == "builtin:warm"
    assert capsys.readouterr().err == "gapviz: --model is now called --encoder\n"
    assert parsed(
        ["apply", "x", "y", "--modality", "text", "--out", "z.npy", "--queries"]
    ).as_queries
    assert "--queries is now called --as-queries" in capsys.readouterr().err


def test_what_every_command_has_may_stand_before_it(run, refused):
    assert run("-q", "explain", "gap").stdout == run("explain", "gap").stdout
    assert run("--quiet").returncode == run("-q", "--progress").returncode == 2
    assert "options stand behind it" in refused("--strategy", "raw", "measure", "builtin")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["mesure"], "did you mean measure?"),
        (["advize"], "advise"),
        (["measure", "builtin", "--strategey", "raw"], "did you mean --strategy?"),
        (["measure", "builtin", "--fit", "spilt"], "did you mean split?"),
        (["measure", "builtin", "--strategy", "centr"], "did you mean centre?"),
        (["measure", "bultin"], "did you mean builtin"),
        (["anatomy", "builtin", "--of", "dimension"], "did you mean dimensions?"),
        (["within", "builtin", "--dedicated", "tower:imag"], "did you mean tower:image"),
        (["cones", "builtin", "--layout", "gap_axes"], "did you mean gap-axis?"),
        (["fetch", "coco10"], "did you mean coco100"),
        (["measure", "builtin", "--fail-if", "bais_at_10 > 1"], "did you mean bias_at_10"),
    ],
    ids=" ".join,
)
def test_what_is_misspelt_is_refused_with_what_was_meant(refused, given, meant):
    assert meant in refused(*given)
