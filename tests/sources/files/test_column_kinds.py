"""Columns of every type say what they say; what is not read is named with its type."""

import datetime
import decimal
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gapviz.commands.cli import main
from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.image_table import read_image_table

from .image_making import put

N = 6


def write(folder, **columns):
    path = folder / "x.parquet"
    vectors = {"image_emb": list(np.eye(N)), "text_emb": list(np.eye(N))}
    parquet.write_table(pa.table(vectors | columns), path)
    return path


def labels_of(path, options=ReadOptions()):  # noqa: B008 - frozen
    reading = read(str(path), options)
    return [item.labels for item in reading.collection.items], reading.skipped


LABELS = {
    "dictionary": (pa.array(["a", "b"] * 3).dictionary_encode(), ("a",), ("b",)),
    "large dictionary": (
        pa.DictionaryArray.from_arrays(
            pa.array([0, 1] * 3, pa.uint32()), pa.array(["a", "b"], pa.large_string())
        ), ("a",), ("b",),
    ),
    "truth": ([True, False] * 3, ("True",), ("False",)),
    "whole numbers": ([3, 10] * 3, ("3",), ("10",)),
    "floats": ([3.0, 0.5] * 3, ("3",), ("0.5",)),
    "decimals": ([decimal.Decimal("1.50"), decimal.Decimal("2.00")] * 3, ("1.5",), ("2",)),
    "dates": ([datetime.date(2024, 1, 2), None] * 3, ("2024-01-02",), ()),
    "texts that say nothing": (["nan", "x"] * 3, (), ("x",)),
    "lists": ([["a", "b"], []] * 3, ("a", "b"), ()),
    "lists of one": ([["a"], ["b"]] * 3, ("a",), ("b",)),
    "lists that repeat": ([["a", "a"], [None, "b"]] * 3, ("a",), ("b",)),
    "lists of numbers": ([[1, 2], [2]] * 3, ("1", "2"), ("2",)),
    "JSON lists": (['["a", "b"]', "c"] * 3, ("a", "b"), ("c",)),
}  # fmt: skip


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_type_are_read(tmp_path, kind):
    values, first, second = LABELS[kind]
    labels, skipped = labels_of(write(tmp_path, label=values))
    assert labels == [first, second] * 3
    assert skipped == ()


@pytest.mark.parametrize(
    ("feature", "values"),
    [
        ({"names": ["cat", "dog"], "_type": "ClassLabel"}, [1, 0] * 3),
        ({"feature": {"names": ["cat", "dog"], "_type": "ClassLabel"}, "_type": "Sequence"},
         [[1], [0]] * 3),
        ([{"names": ["cat", "dog"], "_type": "ClassLabel"}], [[1], [0]] * 3),
    ],
)  # fmt: skip
def test_codes_of_labels_are_told_by_their_names(tmp_path, feature, values):
    table = pa.table({"image_emb": list(np.eye(N)), "labels": values})
    described = {"info": {"features": {"labels": feature}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(described)})
    parquet.write_table(table, tmp_path / "x.parquet")
    assert labels_of(tmp_path / "x.parquet")[0] == [("dog",), ("cat",)] * 3


def test_columns_that_are_not_read_are_named_with_their_types(tmp_path):
    path = write(
        tmp_path, caption=["a"] * N, width=[1] * N, blob=[b"x"] * N, label=[{"a": 1}] * N,
        __index_level_0__=[0] * N,
    )  # fmt: skip
    labels, skipped = labels_of(path)
    assert labels == [()] * N
    assert [(note.what, note.why) for note in skipped[:2]] == [
        ("x.parquet", "has columns that are not read: width (int64), blob (binary)"),
        ("x.parquet, row 0", "has a label that is no text (dict)"),
    ]


def test_that_no_captions_are_known_is_said(tmp_path):
    (note,) = labels_of(write(tmp_path, words=["a"] * N))[1]
    assert (
        note.why == "has no column of captions that is known among those not read: words (string)"
    )


def test_a_flaw_of_very_many_rows_is_told_once(tmp_path):
    path = tmp_path / "x.parquet"
    table = {"image_emb": list(np.random.default_rng(0).standard_normal((99, 3)))}
    parquet.write_table(pa.table(table | {"label": [{"a": 1}] * 99}), path)
    (note,) = labels_of(path)[1]
    assert note.what == "x.parquet, row 0 and 98 more"


@pytest.mark.parametrize("column", ["blob", "scores", "Odd Name", "ODD_NAME", "stored"])
def test_a_column_that_is_there_is_never_said_to_be_missing(tmp_path, column):
    path = write(
        tmp_path, blob=[b"x", b"y"] * 3, scores=[[0.5, 1.0]] * N, stored=[{"a": 1}] * N,
        **{"odd name": ["x", "y"] * 3},
    )  # fmt: skip
    labels, _ = labels_of(path, ReadOptions(label_column=column))
    if column != "stored":
        assert labels[0] == {"scores": ("0.5", "1")}.get(column, ("x",))
    np.savez(path.with_suffix(".npz"), image=np.eye(N), blob=np.array(["x", "y"] * 3))
    labels, _ = labels_of(path.with_suffix(".npz"), ReadOptions(label_column="BLOB"))
    assert labels == [("x",), ("y",)] * 3


CELLS = {
    "JSON": ('["one, two", "three"]', ("one, two", "three"), None),
    "JSON with nothing": ('["one", null, ""]', ("one",), None),
    "Python": (
        "['one', \"it's\"]",
        ("one", "it's"),
        "has 6 Python-like lists in caption, of which the texts",
    ),
    "a text in brackets": ("[sic] a dog [1]", ("[sic] a dog [1]",), None),
    "numbers": ("[1, 2]", ("[1, 2]",), None),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_list_in_a_cell_is_several_captions(tmp_path, kind):
    cell, captions, flaw = CELLS[kind]
    path = tmp_path / "x.npz"
    np.savez(path, image=np.eye(N))
    line = json.dumps({"caption": cell, "file_name": "0.png"}) + "\n"
    (tmp_path / "x.jsonl").write_text(line * N)
    reading = read(str(path))
    assert {item.captions for item in reading.collection.items} == {captions}
    assert [note.why.startswith(str(flaw)) for note in reading.skipped] == [True] * bool(flaw)
    put(tmp_path, "0.png")
    (tmp_path / "x.jsonl").write_text(line)
    assert read_image_table(tmp_path / "x.jsonl").collection.items[0].captions == captions


ENTRIES = {
    "texts": ["a", ["b", "c"], None],
    "objects": [{"caption": "a"}, {"caption": ["b", "c"]}, {}],
    "columns": {"captions": ["a", ["b", "c"], None], "labels": ["x", "y", "z"]},
    "by id": {"p": "a", "q": ["b", "c"], "r": []},
    "objects by id": {"p": {"text": "a"}, "q": {"text": ["b", "c"]}, "r": {"text": None}},
}


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("name", ["captions.json", "metadata.json"])
def test_captions_as_json_beside_vectors_are_read(tmp_path, kind, name):
    for modality in ("image", "text"):
        np.save(tmp_path / f"{modality}.npy", np.eye(3))
    (tmp_path / name).write_text(json.dumps(ENTRIES[kind]))
    reading = read(str(tmp_path))
    assert reading.skipped == ()
    assert [item.captions for item in reading.collection.items] == [("a",), ("b", "c"), ()]
    if kind.endswith("by id"):
        assert [item.id for item in reading.collection.items] == ["p", "q", "r"]


@pytest.mark.parametrize("content", ["{}", "[1, 2]", '{"a": 1}', "[[[", "[" * 9999])
def test_files_beside_vectors_that_say_nothing_known_are_listed(tmp_path, content):
    np.save(tmp_path / "image.npy", np.eye(3))
    (tmp_path / "captions.json").write_text(content)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "README.md").write_text("x")
    notes = [note.what for note in read(str(tmp_path)).skipped]
    assert notes == ["captions.json", "notes.txt"]


def odd_table(folder, ending="csv"):
    put(folder, "0.png")
    (folder / f"anns.{ending}").write_text("ImagePath,CaptionText,Category\n0.png,a dog,x\n")
    return folder / f"anns.{ending}"


def test_a_named_column_of_images_makes_a_table_of_images(tmp_path, refusal):
    path = odd_table(tmp_path)
    assert "or name it" in refusal(path)
    options = ReadOptions(
        image_column="ImagePath", caption_columns=("CaptionText",), label_column="category"
    )
    for source in (path, tmp_path):
        (item,) = read(str(source), options).collection.items
        assert (item.captions, item.label, item.image) == (("a dog",), "x", "0.png")
    assert "has no column 'Nope'" in refusal(
        path, ReadOptions(image_column="ImagePath", label_column="Nope")
    )


def test_named_columns_find_their_table_beside_vectors(tmp_path):
    for name in ("image", "text"):
        np.save(tmp_path / f"{name}.npy", np.eye(2))
    (tmp_path / "anns.csv").write_text("Words,Kind\na dog,x\na cat,y\n")
    (note,) = read(str(tmp_path)).skipped
    assert note.what == "anns.csv"
    reading = read(str(tmp_path), ReadOptions(caption_columns=("Words",), label_column="Kind"))
    assert [item.captions for item in reading.collection.items] == [("a dog",), ("a cat",)]
    assert reading.skipped == ()


def test_a_named_column_that_nothing_has_is_told(tmp_path):
    np.save(tmp_path / "image.npy", np.eye(3))
    (note,) = read(str(tmp_path), ReadOptions(label_column="Kind")).skipped
    assert note.what == "the column 'Kind'"
    put(tmp_path / "pictures", "0.png")
    (note,) = read(str(tmp_path / "pictures"), ReadOptions(label_column="Kind")).skipped
    assert note.why == "was named, but a folder of images has no columns"


FOREIGN = {
    "x.faiss": "is a FAISS index, which is not read; write its vectors with np.save",
    "x.index": "is a FAISS index",
    "x.lance": "is a Lance table, which is not read; write it as Parquet",
    "x.PT": "is a file that Python would have to run",
    "x.xlsx": "is a spreadsheet, which is not read; save it as CSV",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_other_programs_are_named_with_the_way_out(tmp_path, refusal, name):
    if name.endswith(".lance"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(b"x")
    assert FOREIGN[name] in refusal(tmp_path / name)
    if not name.endswith(".lance"):
        assert FOREIGN[name].partition(",")[0].removeprefix("is ") in refusal(tmp_path)


def test_options_reach_the_command_line(tmp_path, capsys):
    np.save(tmp_path / "image.npy", np.packbits(np.eye(16, dtype=bool), axis=1))
    arguments = [str(tmp_path), "--json", "--quantisation", "ubinary", "--dims", "9"]
    assert main(["info", *arguments]) == 0
    vectors = json.loads(capsys.readouterr().out)["vectors"]
    assert vectors["image"]["dim"] == 9


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", "sep=;\ncaption;label\na dog, red;x\na cat;y\n"),
        ("metadata.csv", '"sep=,"\r\ncaption,label\r\n"a dog, red",x\r\na cat,y\r\n'),
        ("metadata.tsv", "caption;label\na dog, red;x\na cat;y\n"),
        ("metadata.tsv", "caption\tlabel\na dog, red\tx\na cat\ty\n"),
    ],
)
def test_the_delimiter_is_told_by_the_file_and_not_by_its_ending(tmp_path, name, text):
    np.save(tmp_path / "image.npy", np.eye(2))
    (tmp_path / name).write_text(text)
    items = read(str(tmp_path)).collection.items
    assert [(item.captions, item.label) for item in items] == [
        (("a dog, red",), "x"),
        (("a cat",), "y"),
    ]
