import json

import numpy as np
import pandas as pd
import pytest

from gapviz.analyses.cones import cones
from gapviz.sources.files import read
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import StrategyOptions

CENTRE = ("--strategy", "centre")


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(24), tmp_path / "saved")
    return tmp_path / "saved"


def drawn(path, method, name="centre", **options):
    return cones(read(path).collection, StrategyOptions(name), method=method, **options)


@pytest.mark.parametrize(("by", "method"), [("pca", "pca"), ("gap-axis", "gap_axis")])
def test_the_figures_are_those_of_the_library(saved, figures, by, method):
    told = figures("cones", saved, "--layout", by, *CENTRE)
    assert told.pop("out") is None
    assert told == drawn(saved, method).to_json()
    assert told["with_strategy"]["gap"]["value"] < told["raw"]["gap"]["value"]


def test_the_shipped_umap_of_the_built_in_collection_is_taken(figures):
    told = figures("cones", "builtin")
    assert told["raw"]["method"] == "umap" and told["raw"]["variance_shares"] is None
    assert told["raw"]["trustworthiness"] > 0.9


def test_each_kind_of_file_holds_a_row_a_vector(saved, run, tmp_path):
    wanted = drawn(saved, "pca").columns()
    for ending in ("csv", "parquet", "npz"):
        out = tmp_path / "new" / f"cones.{ending}"
        assert run("cones", saved, "--layout", "pca", *CENTRE, "--out", out).returncode == 0
        read_back = {
            "csv": lambda path: pd.read_csv(path, dtype={"item": str}),
            "parquet": pd.read_parquet,
            "npz": lambda path: np.load(path, allow_pickle=False),
        }[ending](out)
        assert list(read_back["item"]) == list(wanted["item"])
        assert list(read_back["modality"]) == list(wanted["modality"])
        for name in ("row", "x_raw", "y_raw", "x", "y"):
            np.testing.assert_allclose(read_back[name], wanted[name], rtol=1e-6)
        (only,) = out.parent.iterdir()
        only.unlink()


def test_the_picture_is_one_file_that_names_its_items(saved, run, tmp_path):
    out = tmp_path / "cones.html"
    done = run("cones", saved, "--layout", "gap-axis", "--out", out)
    assert done.returncode == 0 and f"written to {out}" in done.stdout
    assert "Two clouds, one gap" in out.read_text("utf-8")


def test_what_is_printed_has_both_clouds_with_their_gap(saved, run):
    text = run("cones", saved, "--layout", "pca", *CENTRE, "--strength", "0.5").stdout
    assert "Raw cosine" in text and "Centre both" in text and "0.5)" in text
    assert "gap image–text" in text and "12 measured items" in text
    assert "variance along x" in text


def test_what_moves_no_vector_is_drawn_once(saved, run, figures):
    asked = ("cones", saved, "--layout", "pca", "--strategy", "route")
    assert figures(*asked)["with_strategy"] is None
    text = run(*asked).stdout
    assert "The strategy moves no vector" in text


def test_of_a_few_items_nothing_is_concluded(make_collection, run, figures, tmp_path):
    save_collection(make_collection(4), tmp_path / "four")
    assert figures("cones", tmp_path / "four", "--layout", "pca")["raw"]["trustworthiness"] is None
    text = run("cones", tmp_path / "four", "--layout", "pca").stdout
    assert "Too few held-out items" in text and "unknown" in text


def test_a_condition_names_a_cloud_and_its_figure(saved, run):
    done = run("cones", saved, "--layout", "pca", "--fail-if", "raw.gap > 0.1")
    assert done.returncode == 1 and "raw.gap = " in done.stderr
    assert json.loads(run("cones", saved, "--layout", "pca", "--json").stdout)["fit"] == "split"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--layout", "tsne"],
        ["--strategy", "magic"],
        ["--pair", "image"],
        ["--pair", "image,sound"],
        ["--seed", "-1"],
        ["--out", "cones.txt"],
        ["--out", "cones"],
        ["--fail-if", "raw.nothing > 1", "--layout", "pca"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("cones", saved, *arguments)


def test_a_file_that_cannot_be_written_is_refused_before_the_work(saved, refused, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    assert "is a folder" in refused("cones", saved, "--out", tmp_path / "folder.csv")
    assert "since file is a file" in refused("cones", saved, "--out", tmp_path / "file/x.csv")


def test_one_modality_has_no_gap_to_draw(make_collection, refused, tmp_path):
    save_collection(make_collection(8, modalities=("text",)), tmp_path / "one")
    assert "a gap needs two" in refused("cones", tmp_path / "one", "--layout", "pca")
