"""Hostile names in what commands print and write: no commands of a terminal, no markup, no code."""

import ast
import json
import re

import pytest

from gapviz.storage.saved_collection import save_collection
from tests.hostile import CONTROLS, SITE, hostile, hostile_collections, live_tags


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "collection"
    save_collection(hostile_collections()[0], folder)
    return folder


@pytest.mark.parametrize(
    "command", ["info", "measure", "protocol", "search", "within", "anatomy", "curves", "decide",
                "thresholds", "scoreboard", "directions"],
)  # fmt: skip
def test_a_command_prints_foreign_names_without_commands_of_a_terminal(run, saved, command):
    query = ["--item", hostile("id1")] if command == "search" else []
    done = run(command, saved, *query)
    told = done.stdout + done.stderr
    assert SITE in told
    assert not CONTROLS.search(told)
    assert not re.search(r"^import ", told, re.MULTILINE)


@pytest.mark.parametrize("option", ["--encoder", "--strategy", "--seed"])
def test_a_mistake_repeats_foreign_words_in_one_harmless_line(run, saved, option):
    done = run("measure", saved, option, hostile("wrong"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and not CONTROLS.search(done.stderr)


def test_a_source_that_is_not_there_is_named_without_commands_of_a_terminal(refused):
    assert not CONTROLS.search(refused("info", hostile("missing")))


@pytest.mark.parametrize("ending", ["html", "md", "json"])
def test_a_report_shows_foreign_names_as_words(run, saved, tmp_path, ending):
    out = tmp_path / f"report.{ending}"
    assert run("report", saved, "--out", out).returncode == 0
    text = out.read_text("utf-8")
    assert SITE in text and not CONTROLS.search(text)
    if ending == "html":
        assert not live_tags(text) and "alert(2)</script>" not in text
    if ending == "md":
        assert not re.search(r"(?<!\\)(!\[|<img|<script|`c`)|://evil|^import ", text, re.MULTILINE)


def test_the_cones_as_one_file_run_nothing_foreign(run, saved, tmp_path):
    out = tmp_path / "cones.html"
    assert run("cones", saved, "--layout", "pca", "--out", out).returncode == 0
    text = out.read_text("utf-8")
    assert SITE in text and not live_tags(text) and "alert(2)</script>" not in text


@pytest.mark.parametrize("strategy", ["centre", "znorm", "route", "items-rrf", "dbsf"])
def test_generated_code_holds_foreign_names_as_texts_alone(run, saved, tmp_path, strategy):
    out = tmp_path / "export"
    done = run("export", saved, "--strategy", strategy, "--out", out)
    assert done.returncode == 0 and not CONTROLS.search(done.stdout)
    assert not CONTROLS.search((out / "card.json").read_text("utf-8"))
    assert json.loads((out / "card.json").read_text("utf-8"))["encoder"] == hostile("encoder")
    written = sorted(out.glob("*.py"))
    assert written
    for file in written:
        code = file.read_text("utf-8")
        assert not CONTROLS.search(code)
        names = {one.id for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Name)}
        imported = [a.name for one in ast.walk(ast.parse(code))
                    if isinstance(one, ast.Import) for a in one.names]  # fmt: skip
        assert not names & {"image", "text", "alert", "script"}
        assert not {"image", "text", "encoder", "name"} & set(imported)
