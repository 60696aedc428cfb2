"""One file of another package is all that a strategy, a figure, a place to export to or a vector
store takes. The strategy and the figures are those of docs/contributing.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from gapviz.core.rows import corpus_rows
from gapviz.storage.saved_collection import load_collection, save_collection
from gapviz.strategies.raw import Raw
from tests.contributing import Example, install
from tests.sources.stores.engines import written

STORE = '''
"""A place to export to."""

from gapviz.export.snippets import Snippet, StoreExport


def shelf(card, strategy):
    return Snippet("Shelf", "on_a_shelf.py", f"# {card.label}\\n", "One vector a shelf.")


SHELF = StoreExport(shelf, place=70)
'''

ENGINE = '''
"""A vector store of another name."""

from gapviz.sources.stores.arrays import ArrayStore
from gapviz.sources.stores.store import StoreSpec

CUPBOARD = StoreSpec(
    "cupboard", "A cupboard", ArrayStore.open, "", "cupboard:///folder#name", writes=ArrayStore
)
'''

STRATEGY, METRIC = Example("strategy"), Example("metric")
FILES = {
    STRATEGY.file: STRATEGY.source,
    METRIC.file: METRIC.source,
    "toy_store": STORE,
    "toy_engine": ENGINE,
}
ENTRY_POINTS = {
    **STRATEGY.entry_points,
    **METRIC.entry_points,
    "gapviz.exports": {"shelf": "toy_store:SHELF"},
    "gapviz.stores": {"cupboard": "toy_engine:CUPBOARD"},
}

RUN = """
import contextlib, io, json, sys
from gapviz.commands.cli import main
answers = []
for arguments in json.loads(sys.argv[1]):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code
    answers.append([code, printed.getvalue()])
print(json.dumps(answers))
"""

CHOSEN = ("--strategy", "rounding", "--pull", "0.7")


@pytest.fixture(scope="module")
def saved(tmp_path_factory, make_collection):
    folder = tmp_path_factory.mktemp("saved") / "collection"
    save_collection(make_collection(80), folder)
    return folder


@pytest.fixture(scope="module")
def gapviz(tmp_path_factory):
    """The command line where the toy is installed: what each of several commands prints."""
    site = tmp_path_factory.mktemp("site")
    install(site, FILES, ENTRY_POINTS)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))

    def run(*commands):
        plain = json.dumps([[str(one) for one in command] for command in commands])
        done = subprocess.run(
            [sys.executable, "-c", RUN, plain],
            env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout)
        assert all(code == 0 for code, _ in answers), (answers, done.stderr)
        return [printed for _, printed in answers]

    return run


@pytest.fixture(scope="module")
def answers(gapviz, saved, tmp_path_factory):
    """What the commands say of the toy, by their names."""
    home, report = tmp_path_factory.mktemp("home") / "out", saved.parent / "report.md"
    moved, vectors = saved.parent / "moved.npy", saved.parent / "vectors.npy"
    np.save(vectors, load_collection(saved).modality("text").vectors)
    commands = {
        "help": ["measure", "--help"],
        "measure": ["measure", saved, *CHOSEN, "--json"],
        "text": ["measure", saved, *CHOSEN],
        "search": ["search", saved, "--item", "00", *CHOSEN],
        "scoreboard": ["scoreboard", saved, "--strategies", "raw,round"],
        "decide": ["decide", saved, "--json"],
        "curves": ["curves", saved, *CHOSEN, "--of", "calibration"],
        "export": ["export", saved, *CHOSEN, "--out", home],
        "apply": ["apply", home, vectors, "--modality", "text", "--out", moved],
        "report": ["report", saved, "--strategy", "round", "--out", report],
    }
    told = dict(zip(commands, gapviz(*commands.values()), strict=True))
    return told | {"report": report.read_text("utf-8"), "home": home, "moved": np.load(moved)}


@pytest.mark.slow
def test_a_strategy_is_measured_searched_and_compared_with_its_parameter(answers):
    assert "--pull" in answers["help"] and "pulled to a sphere" in answers["help"]
    figures = json.loads(answers["measure"])
    assert figures["strategy"] == "round" and figures["parameters"] == {"pull": 0.7}
    label = "Rounding per modality (s = 0.7)"
    for command in ("text", "search", "export", "apply"):
        assert label in answers[command], command
    assert "Calibration items: Rounding per modality" in answers["curves"]
    assert "round" in answers["scoreboard"]
    assert "Rounding per modality (s = 0.9)" in answers["report"]


@pytest.mark.slow
def test_a_strategy_is_advised_as_it_says_itself(answers):
    (mine,) = [
        one
        for one in json.loads(answers["decide"])["recommendations"]
        if one["title"].startswith("Rounding per modality")
    ]
    assert mine["usual_advice"] == "Rounding evens the spread."


@pytest.mark.slow
def test_an_exported_strategy_moves_vectors_bit_for_bit(answers, saved, monkeypatch):
    calibration = load_collection(saved).split("calibrate")
    names: dict = {}
    exec(compile(STRATEGY.source, "toy", "exec"), names)
    spec = names["Rounding"].spec
    monkeypatch.setitem(sys.modules["gapviz.strategies"].STRATEGIES, spec.name, spec)
    fitted = names["Rounding"](pull=0.7).fit(calibration)
    text = load_collection(saved).modality("text").vectors
    np.testing.assert_array_equal(answers["moved"], fitted.transform(text, "text"))
    assert {path.name for path in answers["home"].iterdir()} == {
        "README.md", "card.json", "sketch.safetensors", "strategy.safetensors",
    }  # fmt: skip
    assert "comes without code that moves vectors" in answers["export"]


def test_a_diagnostic_stands_in_json_in_the_terminal_and_in_a_report(answers):
    figures = json.loads(answers["measure"])
    assert -1 <= figures["opposition"] <= 1
    assert set(figures["hit_at_3"]["text"]) == {"value", "low", "high"}
    for title in ("Opposition of the centroids", "Match in the first three"):
        assert " ".join(title.split()) in " ".join(answers["text"].split())
        assert title in answers["report"]


@pytest.mark.slow
def test_a_place_to_export_to_writes_its_file(gapviz, saved, tmp_path):
    (told,) = gapviz(["export", saved, "--strategy", "centre", "--out", tmp_path / "home"])
    assert "on_a_shelf.py" in told
    assert (tmp_path / "home" / "on_a_shelf.py").read_text() == "# Centre both (λ = 1)\n"


@pytest.mark.slow
def test_a_vector_store_answers_a_search(gapviz, saved, tmp_path):
    collection = load_collection(saved)
    written(f"arrays://{tmp_path}#x", collection, corpus_rows(collection, Raw().fit(collection)))
    asked = ["search", saved, "--item", "00", "--strategy", "raw"]
    (told,) = gapviz([*asked, "--on", f"cupboard://{tmp_path}#x"])
    assert "A cupboard makes the list." in " ".join(told.split())
