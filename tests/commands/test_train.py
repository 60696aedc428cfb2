import json

import numpy as np
import pytest
from safetensors import safe_open

from gapviz.analyses.training.features import collection_features
from gapviz.analyses.training.run import TrainingOptions, training_steps
from gapviz.encoders.heads import Head
from gapviz.sources.files import read
from gapviz.storage.saved_collection import save_collection

pytestmark = pytest.mark.encoder

PAIR = ("image", "text")


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(40), tmp_path / "saved")
    return tmp_path / "saved"


def test_the_records_are_those_that_the_page_draws(saved, figures):
    told = figures(
        "train", saved, "--loss", "sigmoid", "--temperature", "0.1", "--intra-modal",
        "--seed", "7", "--steps", "6", "--record-every", "3",
    )  # fmt: skip
    features = collection_features(read(saved).collection, PAIR)
    options = TrainingOptions(0.1, "sigmoid", True, 7, steps=6, record_every=3)
    steps = [step.to_json() for step in training_steps(features, options)]
    assert told["steps"] == steps
    assert told["last"] == steps[-1]
    assert (told["n_train"], told["n_held_out"]) == (20, 20)


def test_modgap_takes_its_weights_and_no_other_loss_does(saved, figures, refused):
    told = figures("train", saved, "--loss", "modgap", "--alignment", "3", "--steps", "2")
    features = collection_features(read(saved).collection, PAIR)
    options = TrainingOptions(loss="modgap", alignment=3, steps=2, record_every=2)
    assert told["last"] == [step.to_json() for step in training_steps(features, options)][-1]
    assert (told["options"]["alignment"], told["options"]["uniformity"]) == (3, 10)
    sentence = refused("train", saved, "--uniformity", "1")
    assert "the loss infonce has no weight uniformity λ₂" in sentence and "modgap" in sentence


def test_the_table_has_a_line_a_record_and_names_every_unit(saved, run):
    text = run("train", saved, "--steps", "4", "--record-every", "2").stdout
    lines = [line.split() for line in text.splitlines()]
    assert [line[0] for line in lines if line and line[0].isdigit()] == ["0", "2", "4"]
    assert "20 pairs train, 20 others are held out" in text
    assert "0 to 2, lower is closer" in text and "R@10 (higher is better)" in text


def test_the_heads_are_those_of_the_last_record(saved, run, tmp_path):
    out = tmp_path / "new" / "heads.safetensors"
    done = run("train", saved, "--steps", "3", "--out", out, "--json")
    told = json.loads(done.stdout)
    features = collection_features(read(saved).collection, PAIR)
    image, text = (
        Head.load(out, name).project(block[features.held_out]).astype(np.float64).mean(axis=0)
        for name, block in zip(PAIR, (features.first, features.second), strict=True)
    )
    assert np.linalg.norm(image - text) == pytest.approx(told["last"]["gap"], abs=1e-6)
    with safe_open(out, framework="numpy") as tensors:
        assert json.loads(tensors.metadata()["training"]) == told["options"]
    first = out.read_bytes()
    run("train", saved, "--steps", "3", "--out", out)
    assert out.read_bytes() == first


def test_a_condition_names_the_last_record_or_another(saved, run):
    done = run("train", saved, "--steps", "2", "--fail-if", "last.gap > 0", "--fail-if",
               "steps.0.gap > 9")  # fmt: skip
    assert done.returncode == 1
    assert "last.gap = " in done.stderr and "steps.0" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--loss", "hinge"],
        ["--loss", "modgap", "--alignment", "-1"],
        ["--temperature", "0"],
        ["--temperature", "nan"],
        ["--steps", "0"],
        ["--steps", "4", "--record-every", "5"],
        ["--seed", "-1"],
        ["--pair", "image,sound"],
        ["--out", "heads.pt"],
        ["--steps", "1", "--fail-if", "last.nothing > 1"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("train", saved, *arguments)


def test_too_few_pairs_and_one_modality_cannot_train(make_collection, refused, tmp_path):
    save_collection(make_collection(4), tmp_path / "four")
    assert "too few to train heads" in refused("train", tmp_path / "four")
    save_collection(make_collection(20, modalities=("text",)), tmp_path / "one")
    assert "a gap needs two" in refused("train", tmp_path / "one")


def test_stopped_it_leaves_no_file(saved, run, monkeypatch, tmp_path):
    def stopped(features, options, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr("gapviz.commands.train.train_run", stopped)
    done = run("train", saved, "--out", tmp_path / "heads.safetensors")
    assert (done.returncode, done.stderr) == (130, "gapviz: stopped.\n")
    assert not (tmp_path / "heads.safetensors").exists()
