"""One file of another package is all that a strategy, a figure, a place to export to or a vector
store takes.
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
from tests.sources.stores.engines import written

STRATEGY = '''
"""Each modality made round, with a pull."""

import numpy as np

from gapviz.core.blocks import centroid
from gapviz.core.parameter import Parameter
from gapviz.strategies.base import VectorStrategy, moved_rows, refuse_unseen
from gapviz.strategies.spec import AdviceRule, StrategySpec

PULL = Parameter(
    "pull", "Pull", "number", 0.9, "how far the covariance is pulled to a sphere",
    symbol="s", low=0.0, high=1.0, step=0.05,
)


class Rounding(VectorStrategy):
    spec = StrategySpec(
        name="round",
        title="Rounding per modality",
        formula="norm((x − μ)W), W = ((1−s)Σ + s·tr(Σ)/d·I)^(−½)",
        known="It evens the spread of each cloud.",
        acts_on="vectors",
        stores="a centroid and a d × d matrix a modality",
        query_cost="the query is mapped once, O(d²)",
        parameters=(PULL,),
        aliases=("rounding",),
        advice=(
            AdviceRule("mixed", "index", "helps", "Rounding evens the spread.", "Wrong if small."),
        ),
    )
    learned = {"mean": "means_", "matrix": "maps_"}
    means_: dict
    maps_: dict

    def fit_vectors(self, vectors, pairs=None):
        self.means_, self.maps_ = {}, {}
        for name, rows in vectors.items():
            mean = self.means_[name] = centroid(rows)
            centred = rows.astype(np.float64) - mean
            sigma = centred.T @ centred / len(rows)
            s, dim = self.value("pull"), len(sigma)
            shrunk = (1 - s) * sigma + s * np.trace(sigma) / dim * np.eye(dim)
            values, axes = np.linalg.eigh(shrunk)
            self.maps_[name] = axes / np.sqrt(values) @ axes.T
        return self

    def transform(self, vectors, modality):
        refuse_unseen(modality, self.means_)
        mean, linear = self.means_[modality], self.maps_[modality]
        return moved_rows(vectors, lambda rows: (rows - mean) @ linear, where=modality)
'''

DIAGNOSTICS = '''
"""A figure of the geometry, and one of retrieval."""

from gapviz.measures.diagnostics import Diagnostic

OPPOSITION = Diagnostic(
    name="opposition",
    title="Opposition of the centroids",
    formula="-cos",
    reading="Minus the cosine of the two centroids.",
    source="A toy",
    read=lambda m: -float(m.geometry.x.centroid @ m.geometry.y.centroid),
)
HIT_AT_3 = Diagnostic(
    name="hit_at_3",
    title="Match in the first three",
    formula="hit",
    reading="Share of queries whose match stands in the first three.",
    source="A toy",
    by_modality=True,
    better="higher",
    read=lambda m: m.outcomes.by_modality(lambda outcome: outcome.recall(3)),
)
'''

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

FILES = {
    "toy_strategy": STRATEGY,
    "toy_diagnostics": DIAGNOSTICS,
    "toy_store": STORE,
    "toy_engine": ENGINE,
}

ENTRY_POINTS = """
[gapviz.strategies]
round = toy_strategy:Rounding
[gapviz.diagnostics]
opposition = toy_diagnostics:OPPOSITION
hit_at_3 = toy_diagnostics:HIT_AT_3
[gapviz.exports]
shelf = toy_store:SHELF
[gapviz.stores]
cupboard = toy_engine:CUPBOARD
"""

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
    about = site / "gapviz_toy-1.0.dist-info"
    about.mkdir()
    for name, source in FILES.items():
        (site / f"{name}.py").write_text(source)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gapviz-toy\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
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
    exec(compile(STRATEGY, "toy", "exec"), names)
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
