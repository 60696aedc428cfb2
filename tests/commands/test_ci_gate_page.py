"""The page on gates says what is true: its tests run, and the inputs of the Action are all told."""

import re
from pathlib import Path

import pytest
import yaml

import gapviz
from gapviz.commands.checks import IndexChecks
from gapviz.commands.gate import parse_condition

ROOT = Path(gapviz.__file__).parents[1]
PAGE = (ROOT / "docs" / "ci_gate.md").read_text("utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.mark.slow
def test_the_tests_on_the_page_pass_on_the_built_in_collection():
    names = {}
    exec(blocks("python")[0], names)
    checks = IndexChecks("builtin")
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 4
    for test in tests:
        test(checks)


def test_the_message_on_the_page_is_the_one_that_is_raised():
    with pytest.raises(AssertionError) as caught:
        IndexChecks("builtin").assert_bias(query="text", at_most=0.9)
    assert " ".join(blocks("text")[0].split()) == str(caught.value)


def test_every_input_of_the_action_is_told_with_its_usual_value():
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    told = dict(re.findall(r"^\| `([\w-]+)` \|.*\| *(.*?) *\|$", PAGE, re.M))
    assert told.keys() == action["inputs"].keys()
    for name, one in action["inputs"].items():
        default = one.get("default", "")
        assert not default or told[name].strip("`") in (default, "the Action's own")
    example = yaml.safe_load(blocks("yaml")[0])["jobs"]["gap"]["steps"][1]["with"]
    assert example.keys() <= action["inputs"].keys()
    for line in example["fail-if"].splitlines():
        parse_condition(line)
