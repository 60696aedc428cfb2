import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.inspection import inspect_collection
from gapviz.analyses.one_cloud import study_cloud
from gapviz.commands import limits as limit_options
from gapviz.commands.cli import main
from gapviz.core.collection import NO_AXES, Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.files.limits import OWN_FILES
from gapviz.storage.saved_collection import save_collection


def test_a_source_is_counted_before_anything_is_encoded(source, figures):
    found = figures("info", *source)
    assert (found["n_items"], found["n_pictures"], found["n_captions"]) == (6, 6, 9)
    assert found["captions_per_item"] == [[1, 3], [2, 3]]
    assert found["labels"] == [["odd", 3]] and found["n_unlabelled"] == 3
    assert found["duplicate_pictures"] == [["item4", "item5"]]
    assert found["duplicate_captions"] == [["a word", [f"item{i}" for i in range(6)]]]
    assert found["broken"] == [{"what": "2.png", "why": "is not an image"}]
    assert (found["vectors"], found["encoder"], found["skipped"]) == ({}, None, [])


def test_the_summary_tells_the_same(source, run):
    text = run("info", *source).stdout
    for words in (
        "six: 6 items", "pictures   6, broken 1, equal to another 2", "1: 3 items, 2: 3 items",
        "odd 3", "none yet (gapviz encode)", "2.png is not an image",
    ):  # fmt: skip
        assert words in text


def test_a_source_of_vectors_alone_is_told(make_collection, run, tmp_path):
    save_collection(make_collection(8), tmp_path / "saved")
    text = run("info", tmp_path / "saved").stdout
    assert "vectors    image: 8 × 8, indexed 8" in text and "split      calibrate: 4" in text


def test_the_cone_of_each_modality_is_told(make_collection, run, figures, tmp_path):
    made = make_collection(30, modalities=("image",))
    save_collection(made, tmp_path / "saved")
    cloud = study_cloud(made, "image").cloud
    told = f"cone       Two image vectors have a cosine of {cloud.cone:.2f} on average"
    assert told in run("info", tmp_path / "saved").stdout
    found = figures("info", tmp_path / "saved")["clouds"]["image"]
    assert found["cone"] == pytest.approx(cloud.cone) and found["n_items"] == 15


@pytest.mark.slow
def test_inspection_tells_its_progress_and_reads_in_processes(source):
    told = []
    collection = builtin_collection().subset(range(70))
    apart = inspect_collection(collection, progress=lambda *one: told.append(one), decode_workers=2)
    assert told[-1] == (1.0, "read 70 of 70 pictures")
    assert apart == inspect_collection(collection, decode_workers=0)


@pytest.mark.slow
def test_a_full_disk_and_a_closed_pipe_give_no_traceback(source):
    command = f'"{sys.executable}" -m gapviz info "{source[0]}" --images "{source[2]}"'
    full, closed = (
        subprocess.run(
            ["bash", "-o", "pipefail", "-c", command + rest],
            capture_output=True, text=True, check=False,
        )
        for rest in (" > /dev/full", " | head -c 3")
    )  # fmt: skip
    assert full.returncode == 2
    assert full.stderr == "gapviz: the answer cannot be written (No space left on device).\n"
    assert (closed.returncode, closed.stderr) == (0, "")


def save_vectors(folder, *, image, text, captions=()):
    items = items_of_rows(len(image), captions=captions)
    blocks = {"image": ModalityVectors.of(image), "text": ModalityVectors.of(text)}
    save_collection(Collection("made", items, blocks, alternate_splits(len(image))), folder)
    return folder


@pytest.fixture
def image_and_text():
    image, text = np.random.default_rng(0).standard_normal((2, 40, 8))
    return {"image": image, "text": text}


def test_copies_are_counted_where_one_half_keeps_them(image_and_text, figures, run, tmp_path):
    image_and_text["image"][6] = image_and_text["image"][4]
    saved = save_vectors(tmp_path / "saved", **image_and_text)
    copies = figures("info", saved)["copies"]
    assert (copies["n_equal"], copies["n_apart"]) == (2, 0)
    assert copies["equal_vectors"] == {"image": 0.05, "text": 0.0}
    told = run("info", saved).stdout
    assert "2 items are (nearly) equal to another; they stay in one half." in told
    assert "5 % of the items have equal image vectors: recall cannot tell them apart." in told


def test_copies_in_two_splits_are_a_warning(image_and_text, figures, run, tmp_path):
    image_and_text["image"][7] = image_and_text["image"][4]
    saved = save_vectors(tmp_path / "saved", **image_and_text)
    assert figures("info", saved)["copies"]["n_apart"] == 2
    assert "and 2 of them to one of another split" in run("info", saved).stdout


def test_equal_pictures_of_a_source_without_vectors_are_copies(source, figures):
    assert figures("info", *source)["copies"]["n_equal"] == 2


def test_queries_of_equal_captions_are_told(image_and_text, figures, run, tmp_path):
    captions = ["A  dog", "a dog ", *(f"number {i}" for i in range(38))]
    saved = save_vectors(tmp_path / "saved", **image_and_text, captions=captions)
    assert figures("info", saved)["copies"]["equal_captions"] == pytest.approx(0.05)
    told = run("info", saved).stdout
    assert "5 % of the queries have equal captions: recall cannot tell them apart." in told
    captions[0] = "a cat"
    saved = save_vectors(tmp_path / "other", **image_and_text, captions=captions)
    assert "equal captions" not in run("info", saved).stdout


def test_a_matrix_of_cosines_is_told(image_and_text, figures, run, tmp_path):
    rows = np.concatenate([*image_and_text.values()])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.savetxt(tmp_path / "model.csv", rows @ rows.T, delimiter=",")
    assert figures("info", tmp_path / "model.csv")["no_axes"] == NO_AXES
    assert "figures by dimension are left out." in run("info", tmp_path / "model.csv").stdout


def test_a_modality_that_the_evaluate_split_lacks_is_told_from_all_items(figures, tmp_path):
    rows = np.random.default_rng(0).standard_normal((8, 4))
    blocks = {"image": ModalityVectors.of(rows), "text": ModalityVectors.of(rows[:4])}
    halves = {"calibrate": np.arange(4), "evaluate": np.arange(4, 8)}
    save_collection(Collection("half", items_of_rows(8), blocks, halves), tmp_path / "saved")
    clouds = figures("info", tmp_path / "saved")["clouds"]
    assert (clouds["image"]["n_items"], clouds["text"]["n_items"]) == (4, 8)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("dim", [1, 2, 9])
def test_a_source_of_few_vectors_is_told(n, dim, figures, run, tmp_path):
    for name, values in (("equal", np.ones((2, n, dim))), ("other", np.eye(9)[:n, :dim] + 0.1)):
        blocks = np.stack([values, values]) if values.ndim == 2 else values
        np.save(tmp_path / f"{name}.npy", blocks)
        assert figures("info", tmp_path / f"{name}.npy")["n_items"] == n
        assert run("info", tmp_path / f"{name}.npy").returncode == 0


def test_whoever_trusts_a_file_lets_it_unpack_further(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(limit_options, "OWN_FILES", replace(OWN_FILES, small_bytes=1 << 16))
    rows = np.eye(20, 10_000)
    np.savez_compressed(tmp_path / "v.npz", image=rows, text=rows + 1)
    command = ["info", str(tmp_path / "v.npz")]
    assert main(command) == 2
    assert "allow more with --max-unpacked GB" in capsys.readouterr().err
    assert main([*command, "--max-unpacked", "1"]) == 0
    assert main([*command, "--max-unpacked", "0.001"]) == 2
    assert "more than the 1.0 MB allowed" in capsys.readouterr().err
    assert main([*command, "--max-unpacked", "-1"]) == 2
    assert "--max-unpacked -1 allows nothing" in capsys.readouterr().err
