"""The examples of docs/contributing do what their pages say; what they name is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import gapviz
from tests.contributing import NAMES, PAGES, Example, install

ROOT = Path(__file__).parents[1]
BARS = "1 0 0 | 0.9 0.1 0\n0 1 0 | 0 0.8 0.2\n0 0 1 | 0.3 0 0.7\n1 1 0 | 0.7 0.7 0.1\n" * 8
SHELF = "/shelf"
"""Where the box of the page on stores lies."""

RUN = """
import contextlib, io, json, sys
from gapviz.commands.cli import main
answers = []
for arguments in json.loads(sys.argv[1]):
    printed, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
        code = main(arguments)
    answers.append([code, printed.getvalue(), errors.getvalue()])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def examples():
    return {name: Example(name) for name in NAMES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_collection):
    """What the pages have at hand: vectors, a file of bars, and a box on a shelf."""
    folder = tmp_path_factory.mktemp("folder")
    (folder / "shelf").mkdir()
    made = make_collection(60)
    blocks = {name: made.modality(name).corpus.vectors for name in ("image", "text")}
    np.savez(folder / "vectors.npz", **blocks)
    (folder / "mine.bars").write_text(BARS)
    np.savez(
        folder / "shelf" / "mine.npz",
        ids=[f"{name}-{n}" for name in blocks for n in range(60)],
        vectors=np.concatenate(list(blocks.values())),
        item=[f"{n}" for _ in blocks for n in range(60)],
        modality=[name for name in blocks for _ in range(60)],
    )
    return folder


@pytest.fixture(scope="module")
def answers(examples, folder, tmp_path_factory):
    """What every command of every page prints, where all examples are installed: by page."""
    site = tmp_path_factory.mktemp("site")
    for one in examples.values():
        install(site, {one.file: one.source}, one.entry_points)
    commands = [
        [name, [part.replace(SHELF, str(folder / "shelf")) for part in command]]
        for name, one in examples.items()
        for command in one.commands
    ]
    path = os.pathsep.join([str(site), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps([command for _, command in commands])],
        cwd=folder, env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = {name: [] for name in NAMES}
    for (name, command), (code, printed, errors) in zip(
        commands, json.loads(done.stdout), strict=True
    ):
        assert code == 0, (command, errors)
        told[name].append(" ".join(printed.split()))
    return told


@pytest.mark.slow
def test_a_strategy_is_measured_and_compared(answers):
    measured, compared = answers["strategy"]
    assert "Rounding per modality (s = 0.7)" in measured
    assert "round" in compared


@pytest.mark.slow
def test_a_metric_stands_among_the_figures_with_its_protocol(answers):
    measured, protocol = answers["metric"]
    figures = json.loads(measured)
    assert -1 <= figures["opposition"] <= 1
    assert 0 <= figures["hit_at_3"]["text"]["value"] <= 1
    assert "Match in the first three" in protocol


@pytest.mark.slow
def test_a_reader_reads_its_file(answers):
    info, _ = answers["reader"]
    assert info.startswith("mine: 32 items")


@pytest.mark.slow
def test_a_store_is_read_and_answers_as_exact_search_does(answers):
    info, _, live = answers["store"]
    assert "60 items" in info
    assert "the engine has 100.0 % for image queries, 100.0 % for text queries" in live


@pytest.mark.slow
def test_a_question_is_a_command(answers):
    (spread,) = answers["figure"]
    assert "Distance to the centroid" in spread and "from its centroid on average" in spread


def test_the_picture_holds_every_held_out_vector_of_both_modalities(
    examples, make_collection, monkeypatch
):
    from gapviz.analyses.analysis import Request
    from gapviz.core.progress import no_progress

    module = ModuleType(examples["figure"].file)
    monkeypatch.setitem(sys.modules, module.__name__, module)  # a dataclass looks it up
    exec(compile(examples["figure"].source, "page", "exec"), vars(module))
    request = Request(make_collection(40), {"bins": 10})
    figure = module.spread_figure(module.ANALYSIS.find(request, no_progress).result)
    assert [line.name for line in figure.data] == ["image", "text"]
    assert [int(np.sum(line.y)) for line in figure.data] == [20, 20]


@pytest.mark.parametrize("name", ["../CONTRIBUTING", "../SECURITY", *NAMES, "team_server"])
def test_what_a_page_names_and_links_to_is_there(name):
    page = PAGES.parent / f"{name}.md" if name not in NAMES else PAGES / f"{name}.md"
    text = page.read_text("utf-8")
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text)
    named = re.findall(r"`((?:gapviz|tests)/[\w/.]+)`", text)
    in_rooms = [
        place
        for room, rest in re.findall(r"`(gapviz/[\w/]+/)`[:,]([^*]*)", text)
        for place in (f"{room}{file}" for file in re.findall(r"`([a-z]\w+\.py)`", rest))
        if (ROOT / room).is_dir() and "clients.py" not in place
    ]
    assert not [link for link in links if not (page.parent / link).exists()]
    assert not [
        path for path in (*named, *in_rooms) if "NAME" not in path and not (ROOT / path).exists()
    ]


def test_the_citation_is_of_this_version():
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert {"title", "message", "authors", "license"} <= set(cited)
    assert cited["version"] == gapviz.__version__


def test_hooks_clone_nothing():
    yaml = pytest.importorskip("yaml")
    told = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = told["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
