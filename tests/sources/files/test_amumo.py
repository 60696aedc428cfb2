"""Folders in Amumo's layout."""

import json

import numpy as np
import pytest

from gapviz.measures.experiment import measure
from gapviz.sources.files import ReadOptions, read

N = 4


def write_gram(path, n_blocks, seed):
    vectors = np.random.default_rng(seed).standard_normal((n_blocks * N, 7))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.savetxt(path, vectors @ vectors.T, delimiter=",")


@pytest.fixture
def folder(tmp_path):
    for name in ("images", "similarities"):
        (tmp_path / name).mkdir()
    for number in range(N):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(b"")
    (tmp_path / "prompts.txt").write_text("".join(f"dog {n}\n" for n in range(N)))
    for seed, model in enumerate(("CLIP", "CLOOB")):
        write_gram(tmp_path / "similarities" / f"{model}.csv", 2, seed)
    return tmp_path


def test_each_model_has_a_collection_of_the_same_items(folder):
    reading = read(str(folder))
    assert [collection.encoder for collection in reading.collections] == ["CLIP", "CLOOB"]
    first, second = reading.collections
    assert first.items == second.items and first.root == folder
    item = first.items[3]
    assert (item.captions, item.image) == (("dog 3",), "images/3.jpg")
    assert reading.encoded_by("CLOOB") is second
    assert reading.skipped == ()
    assert first.rotated and second.rotated


def test_what_is_equal_by_one_model_is_kept_together_by_all(folder):
    vectors = np.random.default_rng(0).standard_normal((2 * N, 7))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[1] = vectors[0]
    np.savetxt(folder / "similarities" / "CLIP.csv", vectors @ vectors.T, delimiter=",")
    for one in read(str(folder)).collections:
        assert {name: members.tolist() for name, members in one.splits.items()} == {
            "calibrate": [0, 1], "evaluate": [2, 3],
        }  # fmt: skip


def test_one_model_may_be_taken_alone(folder, refusal):
    reading = read(str(folder), ReadOptions(encoder="CLOOB"))
    assert [collection.encoder for collection in reading.collections] == ["CLOOB"]
    assert "(of CLIP, CLOOB)" in refusal(folder, ReadOptions(encoder="BLIP"))


def test_sounds_make_a_third_modality(folder):
    (folder / "audios").mkdir()
    (folder / "audios" / "0.wav").write_bytes(b"")
    for seed, model in enumerate(("CLIP", "CLOOB")):
        write_gram(folder / "similarities" / f"{model}.csv", 3, seed)
    collection = read(str(folder)).collection
    assert collection.modality_names == ("image", "text", "audio")
    assert collection.n_items == N


def test_a_damaged_model_and_a_missing_picture_are_listed(folder):
    (folder / "similarities" / "CLIP.csv").write_text("1,0\n0")
    (folder / "images" / "2.jpg").unlink()
    reading = read(str(folder))
    assert [collection.encoder for collection in reading.collections] == ["CLOOB"]
    assert reading.collection.items[2].image is None
    assert [note.what for note in reading.skipped] == ["images/2.jpg", "similarities/CLIP.csv"]


def test_captions_that_do_not_fit_are_refused(folder, refusal):
    (folder / "prompts.txt").write_text("one\ntwo\n")
    assert "describes 2 items, but there are 4 rows" in refusal(folder)


@pytest.mark.parametrize("name", ["CLIP.csv", "CLIP.CSV"])
def test_a_matrix_of_cosines_alone_is_enough(tmp_path, name):
    (tmp_path / "similarities").mkdir()
    write_gram(tmp_path / "similarities" / name, 2, seed=0)
    reading = read(str(tmp_path))
    collection = reading.collection
    assert (collection.encoder, collection.n_items) == ("CLIP", N)
    assert collection.modality_names == ("image", "text")
    assert [note.what for note in reading.skipped] == ["prompts.txt", "images"]


def test_pictures_without_captions_are_taken_by_number(folder):
    (folder / "prompts.txt").unlink()
    reading = read(str(folder))
    assert reading.collection.items[3].image == "images/3.jpg"
    assert [note.what for note in reading.skipped] == ["prompts.txt"]


@pytest.mark.reference
@pytest.mark.parametrize("model", ["CLIP", "CyCLIP", "CLOOB", "CLOOB_LAION400M"])
def test_the_published_gap_is_reproduced(reference, model):
    collection = read(str(reference / "coco100")).encoded_by(model)
    told = json.loads(
        (reference / "coco100" / "similarities" / f"{model}_meta_info.json").read_text()
    )
    gap = measure(collection, fit="all").geometry.gap.gap
    assert gap == pytest.approx(told["gap_distance"], abs=5e-7)


@pytest.mark.reference
def test_every_cosine_of_the_real_models_is_reproduced(reference):
    for collection in read(str(reference / "coco100")).collections:
        file = reference / "coco100" / "similarities" / f"{collection.encoder}.csv"
        rows = np.concatenate([collection.modality(name).vectors for name in ("image", "text")])
        cosines = rows.astype(np.float64) @ rows.T.astype(np.float64)
        np.testing.assert_allclose(cosines, np.loadtxt(file, delimiter=","), atol=1e-6)
