import subprocess
import sys

import pytest

from gapviz.analyses.inspection import inspect_collection
from gapviz.analyses.one_cloud import study_cloud
from gapviz.sources.builtin import builtin_collection
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


def test_inspection_tells_its_progress_and_reads_in_processes(source):
    told = []
    collection = builtin_collection().subset(range(70))
    apart = inspect_collection(collection, progress=lambda *one: told.append(one), decode_workers=2)
    assert told[-1] == (1.0, "read 70 of 70 pictures")
    assert apart == inspect_collection(collection, decode_workers=0)


def test_a_full_disk_and_a_closed_pipe_give_no_traceback(source):
    command = f'"{sys.executable}" -m gapviz info "{source[0]}" --images "{source[2]}"'
    full, closed = (
        subprocess.run(
            ["bash", "-o", "pipefail", "-c", command + rest],
            capture_output=True, text=True, check=False,
        )
        for rest in (" > /dev/full", " | head -c 3")
    )  # fmt: skip
    assert full.returncode == 1
    assert full.stderr == "gapviz: the answer cannot be written (No space left on device).\n"
    assert (closed.returncode, closed.stderr) == (0, "")
