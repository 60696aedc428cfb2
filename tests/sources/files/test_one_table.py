"""One table says the same of its items, whatever it stands beside and however it is written."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.columns import NAMES, choose_columns
from tests.sources.files.image_making import put

N = 4
PATHS = ["0.png", "deep/1.png", "2.png", "./3.png"]
WRITTEN = ["0.png", "deep/1.png", "2.png", "3.png"]
IDS = ["0012", "7e3", "b", "nan-1"]
CAPTIONS = ["a dog, red", "two  spaces", "NaN", 'a "quote"']
LABELS = ["01", "x", "", "y"]

EXPECTED = {
    "0012": (("a dog, red",), "01", "0.png"),
    "7e3": (("two spaces",), "x", "deep/1.png"),
    "b": ((), None, "2.png"),
    "nan-1": (('a "quote"',), "y", "3.png"),
}

VARIANTS = {
    "plain": ("id", "caption", "label", "file_name"),
    "plural": ("ids", "captions", "labels", "image_paths"),
    "capitals": ("Item ID", "Text", "Class", "Image Path"),
    "dashes": ("image-id", "alt-text", "label-name", "file-path"),
    "numbered": ("key", "caption_0", "category", "filename"),
    "hub": ("uid", "sentences_raw", "cls", "image"),
    "photos": ("item", "description", "class_name", "photo"),
}


def rows_of(names):
    return [
        dict(zip(names, row, strict=True))
        for row in zip(IDS, CAPTIONS, LABELS, PATHS, strict=True)
    ]  # fmt: skip


def write_delimited(path, rows, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        table.writeheader()
        table.writerows(rows)


def write_json_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_parquet(path, rows):
    parquet.write_table(pa.Table.from_pylist(rows), path)


WRITERS = {
    "csv": write_delimited,
    "semicolons.csv": lambda path, rows: write_delimited(path, rows, ";"),
    "utf16.csv": lambda path, rows: write_delimited(path, rows, encoding="utf-16"),
    "tsv": lambda path, rows: write_delimited(path, rows, "\t"),
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}


PLAIN = ReadOptions()


def items_of(path, options=PLAIN, skipped=()):
    reading = read(str(path), options)
    assert tuple(note.why for note in reading.skipped) == skipped
    return {
        item.id: (item.captions, item.label, item.image) for item in reading.collection.items
    }  # fmt: skip


def places(folder, ending):
    """Where a table may stand: beside images and beside vectors, with what is to be read."""
    for name in PATHS:
        put(folder / "images", name)
        put(folder / "table", name)
    rng = np.random.default_rng(0)
    for place in ("vectors", "stack"):
        (folder / place).mkdir()
    for name in ("image", "text"):
        np.save(folder / "vectors" / f"{name}.npy", rng.standard_normal((N, 3)))
    np.save(folder / "stack" / "x.npy", rng.standard_normal((2, N, 3)))
    return {
        folder / "images" / f"metadata.{ending}": folder / "images",
        folder / "table" / f"x.{ending}": folder / "table" / f"x.{ending}",
        folder / "vectors" / f"metadata.{ending}": folder / "vectors",
        folder / "stack" / f"x.{ending}": folder / "stack" / "x.npy",
    }


@pytest.mark.parametrize("names", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_table_says_the_same_everywhere(tmp_path, kind, names):
    for table, source in places(tmp_path, kind.rpartition(".")[2]).items():
        WRITERS[kind](table, rows_of(names))
        assert items_of(source) == EXPECTED, source


def test_a_table_that_holds_the_vectors_says_the_same(tmp_path):
    rows = rows_of(VARIANTS["plain"])
    for row, vector in zip(rows, np.eye(N), strict=True):
        row["image_vector"] = vector.tolist()
    write_parquet(tmp_path / "x.parquet", rows)
    assert items_of(tmp_path / "x.parquet") == EXPECTED


def test_lists_beside_vectors_say_the_same(tmp_path):
    lists = {"ids": IDS, "captions": CAPTIONS, "labels": LABELS, "image_paths": PATHS}
    np.savez(tmp_path / "x.npz", image=np.eye(N), **{k: np.array(v) for k, v in lists.items()})
    assert items_of(tmp_path / "x.npz") == EXPECTED


@pytest.mark.parametrize("kind", WRITERS)
def test_columns_that_are_named_are_taken_everywhere(tmp_path, kind):
    options = ReadOptions(
        id_column="who", caption_columns=("en", "fr"), label_column="kind", image_column="where"
    )
    rows = [
        {"who": row["id"], "en": row["caption"], "fr": "un", "kind": row["label"],
         "where": row["file_name"], "id": "0", "caption": "no", "label": "no", "path": "0.png"}
        for row in rows_of(VARIANTS["plain"])
    ]  # fmt: skip
    expected = {
        item_id: ((*captions, "un"), label, image)
        for item_id, (captions, label, image) in EXPECTED.items()
    }
    for table, source in places(tmp_path, kind.rpartition(".")[2]).items():
        WRITERS[kind](table, rows)
        assert items_of(source, options) == expected, source


def test_numbers_of_json_and_parquet_are_told_alike(tmp_path):
    rows = [
        {"id": n, "caption": ["a", "b"], "label": n / 2, "file_name": name}
        for n, name in enumerate(PATHS)
    ]
    expected = {
        str(n): (("a", "b"), label, name)
        for n, (label, name) in enumerate(zip(["0", "0.5", "1", "1.5"], WRITTEN, strict=True))
    }
    for kind in ("jsonl", "parquet"):
        folder = tmp_path / kind
        folder.mkdir()
        for table, source in places(folder, kind).items():
            WRITERS[kind](table, rows)
            assert items_of(source) == expected, source


def test_values_that_are_no_texts_are_told_by_row_everywhere(tmp_path):
    rows = [{"id": name, "caption": name, "label": "x", "file_name": name} for name in WRITTEN]
    rows[1] |= {"caption": {"a": 1}}
    rows[2] |= {"label": ["x", {}]}
    for table, source in places(tmp_path, "jsonl").items():
        write_json_lines(table, rows)
        reading = read(str(source))
        assert [(note.what, note.why) for note in reading.skipped] == [
            (f"{table.name}, line 2", "has a caption that is no text (dict)"),
            (f"{table.name}, line 3", "has a label that is no text (dict)"),
        ]
        assert [item.label for item in reading.collection.items] == ["x", "x", None, "x"]
        assert reading.collection.items[0].captions == ("0.png",)


def test_an_id_that_several_pictures_share_names_none_of_them(tmp_path):
    for name in WRITTEN[:3]:
        put(tmp_path, name)
    rows = [["item", "file_name"], ["a", "0.png"], ["b", "deep/1.png"], ["a", "2.png"]]
    with (tmp_path / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert list(items_of(tmp_path)) == ["0.png", "b", "2.png"]


def test_rows_of_one_picture_are_one_item_under_the_first_of_their_ids(tmp_path):
    put(tmp_path, "0.png")
    rows = [["id", "file_name", "caption"], ["1", "0.png", "one"], ["2", "./0.png", "two"]]
    with (tmp_path / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert items_of(tmp_path) == {"1": (("one", "two"), None, "0.png")}


def test_two_columns_of_one_name_are_refused_everywhere(tmp_path):
    for table, source in places(tmp_path, "csv").items():
        table.write_text("file_name,text,text\n0.png,a,b\n")
        with pytest.raises(ValueError, match=r"two columns of one name|is neither"):
            read(str(source))


@pytest.mark.parametrize("kind", NAMES)
def test_every_usual_name_is_known_by_itself(kind):
    for name in NAMES[kind]:
        for written in (name, name.upper(), name.replace("_", " "), name.replace("_", "-")):
            columns = choose_columns(["other", written], ReadOptions(), where="x")
            assert columns.all == [written]
    others = [name for other, names in NAMES.items() if other != kind for name in names]
    assert not set(NAMES[kind]) & set(others)


def test_images_stored_beside_vectors_give_their_paths(tmp_path):
    rows = [
        {"image": {"bytes": b"x" * 100, "path": name}, "text": f"caption {name}",
         "text_vector": np.eye(N)[at].tolist()}
        for at, name in enumerate(WRITTEN)
    ]  # fmt: skip
    write_parquet(tmp_path / "x.parquet", rows)
    items = items_of(tmp_path / "x.parquet")
    assert [image for _, _, image in items.values()] == WRITTEN
    assert items["1"][0] == ("caption deep/1.png",)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_table_that_describes_nothing_changes_nothing_beside_vectors(tmp_path, kind):
    source = tmp_path / "vectors"
    places(tmp_path, "csv")
    expected = items_of(source)
    ending = kind.rpartition(".")[2]
    WRITERS[kind](source / f"metadata.{ending}", [{"weight": "1", "height": "2"}] * 9)
    typed = " (string)" if kind == "parquet" else ""
    why = "has no column of captions that is known among those not read: "
    assert items_of(source, skipped=(f"{why}weight{typed}, height{typed}",)) == expected


def test_a_path_that_leads_out_is_used_nowhere(tmp_path):
    put(tmp_path, "secret.png")
    for table, source in places(tmp_path / "in", "csv").items():
        table.write_text("path,text\n../secret.png,a\ndeep/../0.png,b\n2.png,c\n3.png,d\n")
        reading = read(str(source))
        images = [item.image for item in reading.collection.items if item.image]
        assert "../secret.png" not in images and {"0.png", "2.png", "3.png"} <= set(images)
        assert reading.skipped


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_stray_quotes_are_read_alike_and_an_open_one_is_never_passed_over(tmp_path, delimiter):
    sloppy = ["file_name,text", '0.png,"5" nails', 'deep/1.png,5" nail', "2.png,plain", "3.png,x"]
    expected = [("5 nails",), ('5" nail',), ("plain",), ("x",)]
    for table, source in places(tmp_path, "tsv" if delimiter == "\t" else "csv").items():
        table.write_text("\n".join(sloppy).replace(",", delimiter))
        reading = read(str(source))
        assert [item.captions for item in reading.collection.items] == expected
        assert reading.skipped == ()
        table.write_text("\n".join([*sloppy[:4], '3.png,"x']).replace(",", delimiter))
        if source.suffix == ".npy" or source.name == "vectors":
            with pytest.raises(ValueError, match="line 5 is damaged"):
                read(str(source))
        else:
            assert f"{table.name}, line 5" in {note.what for note in read(str(source)).skipped}


def test_a_row_without_any_value_keeps_its_place_beside_vectors(tmp_path):
    for table, source in places(tmp_path, "csv").items():
        table.write_text("caption,file_name\na,0.png\n,\nc,2.png\nd,3.png\n\n")
        reading = read(str(source))
        assert reading.skipped == ()
        said = [item.captions for item in reading.collection.items if item.captions]
        assert said == [("a",), ("c",), ("d",)]
        if source.suffix == ".npy" or source.name == "vectors":
            assert reading.collection.items[1].captions == ()
            assert reading.collection.n_items == N


def test_all_labels_of_a_file_beside_a_picture_are_kept(tmp_path):
    put(tmp_path, "1.png")
    put(tmp_path, "1.json", '{"caption": "a cat", "label": ["cat", "pet"]}')
    (item,) = read(str(tmp_path)).collection.items
    assert item.labels == ("cat", "pet")
