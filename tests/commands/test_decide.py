"""`gapviz decide`: the ranked advice for a task, as the page gives it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import TASKS, Situation
from gapviz.storage.saved_collection import load_collection, save_collection


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(40, gap=2.0), tmp_path / "saved")
    return tmp_path / "saved"


@pytest.mark.parametrize("task", TASKS)
def test_the_command_says_what_the_library_says(saved, figures, task):
    told = figures("decide", saved, "--task", task, "--can-change", "model", "--find", "text")
    situation = Situation(task, "model", "text")
    advice = advise(Evidence(load_collection(saved)), situation)
    assert told == advice.to_json() | {"decision": decision_of(advice).to_json()}


def test_the_text_ranks_the_same_ways_and_names_what_was_not_looked_at(saved, run, figures):
    text = run("decide", saved, "--task", "one-way", "--can-change", "index").stdout
    ranked = figures("decide", saved, "--task", "one-way")["recommendations"]
    places = [text.index(f"{place}. {one['title']}") for place, one in enumerate(ranked, start=1)]
    assert places == sorted(places)
    for words in ("image is found", "MRR, text → image", "higher", "Usually said", "Cost."):
        assert words in text
    assert "needs more than can be changed: Another model" in text


def test_ways_that_cannot_be_judged_are_named_with_the_reason(saved, run):
    text = run("decide", saved, "--task", "within", "--can-change", "model").stdout
    assert "Not judged: Centre both: no two items share a label" in text
    assert "1. Leave it as it is" in text


def test_other_models_of_the_source_are_tried(tmp_path, run):
    rng = np.random.default_rng(0)
    folder = tmp_path / "set"
    (folder / "similarities").mkdir(parents=True)
    (folder / "prompts.txt").write_text("\n".join(f"thing {i}" for i in range(20)))
    for name in ("one", "two"):
        rows = rng.standard_normal((40, 30))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        np.savetxt(folder / "similarities" / f"{name}.csv", rows @ rows.T, delimiter=",")
    done = run("decide", folder, "--encoder", "two", "--can-change", "model", "--json")
    assert "images holds no pictures" in done.stderr
    told = json.loads(done.stdout)
    titles = [one["title"] for one in told["recommendations"]]
    assert "Change to one" in titles and "Change to two" not in titles


def test_a_name_for_the_encoder_of_a_file_makes_no_second_model(tmp_path, figures):
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).standard_normal((2, 20, 6)))
    told = figures("decide", tmp_path / "rows.npy", "--encoder", "mine", "--can-change", "model")
    assert "Another model" in [one["what"] for one in told["not_measured"]]
    assert "encoder mine" in told["protocol"]


def test_the_built_in_collection_has_its_variants_and_towers(figures):
    told = figures("decide", "builtin", "--task", "within", "--can-change", "model")
    titles = {one["title"] for one in told["recommendations"]}
    assert {"Search with EfficientNet-lite0", "Change to Built-in, sigmoid loss"} <= titles


@pytest.mark.slow
def test_a_second_start_measures_nothing(saved):
    code = (
        "import sys; import gapviz.analyses.advice.advice as work;"
        "from gapviz.commands.cli import main;"
        "work.advise = None if sys.argv[2] == 'stored' else work.advise;"
        "sys.exit(main(['decide', sys.argv[1], '--json', '--seed', '77']))"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, str(saved), how],
            capture_output=True, text=True, check=True, env=dict(os.environ),
        ).stdout
        for how in ("made", "stored")
    )  # fmt: skip
    assert first == second and json.loads(first)["task"] == "mixed"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "magic"],
        ["--can-change", "everything"],
        ["--find", "smell"],
        ["--encoder", "nobody"],
        ["--seed", "-1"],
        ["--seed", "much"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("decide", saved, *arguments)


def test_a_source_of_one_modality_has_no_gap_to_advise_on(make_collection, tmp_path, refused):
    save_collection(make_collection(12, modalities=("image",)), tmp_path / "one")
    assert "a gap needs two" in refused("decide", tmp_path / "one")
