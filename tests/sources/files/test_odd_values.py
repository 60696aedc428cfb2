"""Halves of surrogate pairs, endless nesting, NaN and Infinity: read, or one sentence."""

import json
import os

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.commands.cli import main
from gapviz.sources.files import ReadOptions, read
from gapviz.storage.saved_collection import ITEMS_FILE, load_collection, save_collection
from tests.sources.files.image_making import picture

DEEP = "[" * 100_000 + "]" * 100_000
HALF = "\ud800"


@pytest.fixture
def rows(tmp_path):
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).standard_normal((2, 12, 4)))
    return tmp_path / "rows.npy"


@pytest.fixture
def pictures(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.png").write_bytes(picture("red"))
    return tmp_path


def kept(reading, folder):
    """The collection as it comes back after it was saved."""
    save_collection(reading.collection, folder)
    return load_collection(folder)


def test_ids_with_half_a_pair_can_be_kept(tmp_path):
    ids = [f"{HALF}{number}" for number in range(6)]
    vectors = np.eye(6)
    np.savez(tmp_path / "v.npz", image=vectors, text=vectors, ids=ids, encoder=f"E{HALF}")
    again = kept(read(str(tmp_path / "v.npz")), tmp_path / "saved")
    assert [item.id for item in again.items] == [f"?{number}" for number in range(6)]
    assert again.encoder == "E?"


def coco(folder, *ids):
    content = {
        "images": [
            {"id": name, "file_name": f"{'abc'[at]}.png"} for at, name in enumerate(ids)
        ],
        "annotations": [{"image_id": name, "caption": f"x {HALF}"} for name in ids],
    }  # fmt: skip
    (folder / "captions_a.json").write_text(json.dumps(content))
    return read(str(folder / "captions_a.json"), ReadOptions(image_folder=folder))


def test_ids_that_differ_in_such_halves_alone_are_refused_in_one_sentence(pictures):
    assert len(kept(coco(pictures, f"{HALF}1", 2), pictures / "saved").items) == 2
    with pytest.raises(GapvizError, match=r"two items have the id '\?'"):
        coco(pictures, HALF, "\ud801")


@pytest.mark.parametrize(
    "line",
    [
        f'{{"file_name": "b.png", "text": {DEEP}}}',
        '{"file_name": "b.png", "text": NaN, "label": Infinity, "id": -Infinity}',
        '{"file_name": "b.png", "text": 1e999, "label": 1e999}',
        '{"file_name": "b.png", "text": "\\ud800", "id": "\\ud800", "\\ud800": 1}',
        '{"file_name": "\\ud800.png", "text": "x"}',
    ],
)
def test_a_line_of_a_table_harms_no_other(pictures, line):
    (pictures / "t.jsonl").write_text('{"file_name": "a.png", "text": "fine"}\n' + line)
    again = kept(read(str(pictures / "t.jsonl")), pictures / "saved")
    assert again.items[0].captions == ("fine",)


def test_a_file_beside_an_image_that_nests_endlessly_is_listed(pictures):
    (pictures / "a.txt").write_text("fine")
    (pictures / "a.json").write_text(DEEP)
    (one,) = read(str(pictures)).skipped
    assert one.what == "a.json"


@pytest.mark.skipif(os.name != "posix", reason="names of files are text there")
def test_a_name_of_a_file_that_is_not_utf_8_can_be_measured(rows, tmp_path, capsys):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.npy")
    rows.rename(odd)
    assert main(["measure", odd]) == 0
    assert main(["measure", odd, "--encoder", "\udcff", "--modalities", "\udcff,b"]) == 0
    assert kept(read(odd), tmp_path / "saved").name == "?"
    assert capsys.readouterr().err == ""


@pytest.fixture
def export(rows, tmp_path, capsys):
    assert main(["export", str(rows), "--strategy", "centre", "--out", str(tmp_path / "ex")]) == 0
    np.save(tmp_path / "v.npy", np.ones((3, 4)))
    capsys.readouterr()
    return tmp_path / "ex"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1e999", DEEP, '"\\ud800"'])
def test_a_card_with_what_is_no_json_is_one_sentence(export, tmp_path, capsys, value):
    whole = json.loads((export / "card.json").read_text("utf-8"))
    for key in ("dim", "label", "parameters", "thresholds", "figures_after"):
        card = json.dumps({**whole, key: "@"}).replace('"@"', value)
        (export / "card.json").write_text(card)
        out = str(tmp_path / "out.npy")
        code = main(["apply", str(export), str(tmp_path / "v.npy"), "--modality", "image",
                     "--out", out])  # fmt: skip
        (line,) = capsys.readouterr().err.splitlines()
        assert code == 2 and "is damaged" in line


@pytest.mark.parametrize(
    "change",
    [
        {"name": 5}, {"encoder": None}, {"attribution": []},
        {"modalities": [1]}, {"items": [{"id": 1, "label": 2, "captions": 3, "image": 4}]},
        {"items": [{"id": "a", "label": 2, "captions": [], "image": None}]},
        {"splits": {"a": [1e9]}},
        {"checksums": []}, {"checksums": {"image.vectors": 1}},
    ],
)  # fmt: skip
def test_a_saved_collection_of_other_kinds_of_values_is_one_sentence(rows, tmp_path, change):
    save_collection(read(str(rows)).collection, tmp_path / "saved")
    whole = json.loads((tmp_path / "saved" / ITEMS_FILE).read_text("utf-8"))
    del whole["sha256"]
    (tmp_path / "saved" / ITEMS_FILE).write_text(json.dumps({**whole, **change}))
    with pytest.raises(GapvizError):
        load_collection(tmp_path / "saved")
