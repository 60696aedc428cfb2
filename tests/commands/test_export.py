"""`gapviz export` and `gapviz apply` as a person runs them."""

import json

import numpy as np
import pytest

from gapviz.analyses.advice.recommended import recommended
from gapviz.export.folder import load_exported
from gapviz.sources.files import read
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import StrategyOptions, fit_strategy


@pytest.fixture
def features(tmp_path, make_collection):
    made = make_collection(n=40)
    stack = np.stack([block.vectors for block in made.modalities.values()])
    np.save(tmp_path / "features.npy", stack)
    return tmp_path / "features.npy"


def test_a_strategy_is_exported_and_applied(run, features, tmp_path):
    done = run("export", features, "--strategy", "half", "--strength", "0.5", "--out",
               tmp_path / "home")  # fmt: skip
    assert done.returncode == 0
    assert "Half/half offset (λ = 0.5), fitted on 20 items, measured on 20" in done.stdout
    assert "in_qdrant.py" in done.stdout
    assert "note       Elasticsearch: One index" in done.stdout
    expected = fit_strategy(
        StrategyOptions("half", strength=0.5), read(str(features)).collection.split("calibrate")
    )
    rows = np.load(features)[0]
    np.save(tmp_path / "image.npy", rows)
    done = run("apply", tmp_path / "home", tmp_path / "image.npy", "--modality", "image",
               "--out", tmp_path / "moved.npy")  # fmt: skip
    assert done.returncode == 0
    assert "40 image vectors of 8 dimensions, float32" in done.stdout
    np.testing.assert_array_equal(
        np.load(tmp_path / "moved.npy"), expected.transform(rows, "image")
    )


def test_scores_become_probabilities_of_a_match(run, figures, make_collection, tmp_path):
    collection = make_collection(n=120, dim=16)
    save_collection(collection, tmp_path / "saved")
    run("export", tmp_path / "saved", "--strategy", "raw", "--out", tmp_path / "home")
    text, image = (collection.modality(name).vectors for name in ("text", "image"))
    np.save(tmp_path / "scores.npy", text @ image.T)
    told = figures("apply", tmp_path / "home", tmp_path / "scores.npy", "--modality", "text",
                   "--scores-with", "image", "--out", tmp_path / "likely.npy")  # fmt: skip
    likely = np.load(tmp_path / "likely.npy")
    assert told["n_scores"] == likely.size == 120**2 and told["prior"] == 0.1
    assert np.diag(likely).mean() > 2 * likely.mean()


def test_a_strategy_that_moves_no_vector_says_so(run, features, tmp_path):
    run("export", features, "--strategy", "znorm", "--out", tmp_path / "home")
    np.save(tmp_path / "image.npy", np.load(features)[0])
    done = run("apply", tmp_path / "home", tmp_path / "image.npy", "--modality", "image",
               "--out", tmp_path / "moved.npy")  # fmt: skip
    assert "moves no vector" in done.stdout


def test_json_is_the_card(figures, features, tmp_path):
    told = figures("export", features, "--out", tmp_path / "home")
    assert told["strategy"] == recommended(read(features).collection).name
    assert told["folder"] == str(tmp_path / "home")
    card = json.loads((tmp_path / "home" / "card.json").read_text("utf-8"))
    assert {key: told[key] for key in card} == card


def test_an_in_sample_fit_is_told(figures, features, tmp_path):
    told = figures("export", features, "--fit", "all", "--out", tmp_path / "home")
    assert (told["fitted_split"], told["fitted_items"]) == ("all", 40)


def test_an_export_is_replaced_as_a_whole(run, features, tmp_path):
    for strategy in ("znorm", "route"):
        assert run("export", features, "--strategy", strategy, "--out", tmp_path / "home",
                   ).returncode == 0  # fmt: skip
    assert load_exported(tmp_path / "home").card.strategy == "route"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strategy", "csls"], "there is nothing to store"),
        (["--strategy", "none"], "there is no strategy"),
        (["--strategy", "offset", "--moves", "audio"], "has no modality 'audio'"),
        (["--seed", "-1"], "seed -1"),
    ],
)
def test_bad_input_is_one_sentence(refused, features, tmp_path, arguments, words):
    assert words in refused("export", features, *arguments, "--out", tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_apply_refuses_what_is_no_export(refused, tmp_path, features):
    out = ["--modality", "image", "--out", tmp_path / "moved.npy"]
    assert "card.json is missing" in refused("apply", tmp_path, features, *out)


def test_a_full_disk_leaves_no_half_folder(refused, features, tmp_path, monkeypatch):
    def full(path, content):
        path.write_bytes(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gapviz.export.folder.write_atomically", full)
    line = refused("export", features, "--out", tmp_path / "home")
    assert "cannot be written (No space left on device)" in line
    assert [path.name for path in tmp_path.iterdir()] == ["features.npy"]


def test_vectors_go_into_a_new_collection_of_a_store_once(run, figures, features, tmp_path):
    to = f"lancedb://{tmp_path / 'store'}#moved"
    asked = ("export", features, "--strategy", "centre", "--out", tmp_path / "home", "--to", to)
    done = run(*asked)
    assert f"holds      {to}: 80 entries, 80 of them new" in done.stdout
    assert "LanceDB, as a store: Equal scores" in done.stdout
    readme = (tmp_path / "home" / "README.md").read_text("utf-8")
    assert "**LanceDB, as a store**\n  Equal scores" in readme
    told = figures(*asked)
    assert told["written"]["n_written"] == 0 and told["written"]["layout"] == "entries"


def test_a_store_that_cannot_be_written_is_told_before_anything_is_measured(
    run, features, tmp_path
):
    done = run("export", features, "--out", tmp_path / "home", "--to", "qdrant:///tmp/nowhere")
    assert done.returncode == 2 and "names no new collection" in done.stderr
    assert not (tmp_path / "home").exists()
