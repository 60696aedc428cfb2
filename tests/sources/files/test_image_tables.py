import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gapviz import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.files.image_table import looks_like_image_table, read_image_table
from gapviz.sources.images.references import image_bytes
from tests.sources.files.image_making import (
    captions,
    items,
    opened,
    picture,
    put,
    put_csv,
    put_json_lines,
    put_parquet,
    told,
)


@pytest.fixture
def folder(tmp_path):
    for name in ("a.png", "b.jpg", "deep/ü.png"):
        put(tmp_path / "data", name)
    return tmp_path / "data"


ROWS = [["path", "caption"], ["a.png", "été"], ["b.jpg", "two"], ["deep/ü.png", "three"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
def test_text_tables_of_any_encoding_are_read(folder, encoding, ending, delimiter):
    path = put_csv(folder / f"t.{ending}", ROWS, encoding, delimiter)
    assert looks_like_image_table(path)
    reading = read_image_table(path)
    assert captions(reading) == {"a.png": ("été",), "b.jpg": ("two",), "deep/ü.png": ("three",)}
    assert reading.skipped == () and reading.collection.root == folder


@pytest.mark.parametrize(
    ("encoding", "why"),
    [("latin-1", "is not UTF-8, and was read as Latin-1"),
     ("utf-16-le", "has no byte order mark, and was read as utf-16-le"),
     ("utf-16-be", "has no byte order mark, and was read as utf-16-be")],
)  # fmt: skip
def test_an_encoding_that_had_to_be_guessed_is_told(folder, encoding, why):
    reading = read_image_table(put_csv(folder / "t.csv", ROWS, encoding))
    assert captions(reading)["a.png"] == ("été",)
    assert told(reading) == {"t.csv": why}


def test_rows_of_one_path_or_one_id_are_one_item(folder):
    rows = [["path", "caption", "who"], ["a.png", "1", "x"], ["./a.png", "2", "y"],
            [str(folder.resolve() / "a.png"), "3", "x"], ["b.jpg", "4", "x"]]  # fmt: skip
    path = put_csv(folder / "t.csv", rows)
    assert captions(read_image_table(path)) == {"a.png": ("1", "2", "3"), "b.jpg": ("4",)}
    reading = read_image_table(path, ReadOptions(id_column="who"))
    assert captions(reading) == {"x": ("1", "3", "4"), "y": ("2",)}
    assert told(reading) == {
        "t.csv, line 5": "has another image for 'x', whose first image is kept"
    }


def test_columns_and_image_folder_can_be_named(folder, tmp_path):
    rows = [["where", "en", "fr", "kind"], ["a.png", "one", "un", "k"]]
    path = put_csv(tmp_path / "t.csv", rows)
    assert not looks_like_image_table(path)
    options = ReadOptions(
        image_column="where", caption_columns=("en", "fr"), label_column="kind", image_folder=folder
    )
    item = items(read_image_table(path, options))["a.png"]
    assert item.captions == ("one", "un") and item.label == "k"


def test_numbered_caption_columns_are_all_taken(folder):
    path = put_csv(folder / "t.csv", [["image", "caption_0", "Caption 1"], ["a.png", "x", "y"]])
    assert captions(read_image_table(path)) == {"a.png": ("x", "y")}


def test_rows_that_cannot_be_used_are_listed(folder, tmp_path):
    put(tmp_path, "secret.png")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    names = ["a.png", "../secret.png", "link.png", "gone.png", "http://x.org/a.png", "", "deep",
             str(tmp_path / "secret.png"), "a\0b", "y" * 5000]  # fmt: skip
    rows = [["path", "text"], *([name, "t"] for name in names), ["a.png", "un", "quoted"]]
    reading = read_image_table(put_csv(folder / "t.csv", rows))
    assert captions(reading) == {"a.png": ("t",)}
    assert len(reading.skipped) == len(names)
    out = "leads out of the collection's folder, and is not read"
    assert told(reading)["t.csv, line 3"] == f"names '../secret.png', which {out}"
    assert told(reading)["t.csv, line 4"] == f"names 'link.png', which {out}"
    assert told(reading)["t.csv, line 6"].endswith("is a web address, and is not fetched")
    assert told(reading)["t.csv, line 12"] == "has 3 fields under 2 headings"


def stored(rows):
    return [{"bytes": content, "path": path} for content, path in rows]


@pytest.mark.parametrize("group", [1, 7, 1000])
def test_images_stored_in_cells_are_read_by_row(tmp_path, group):
    colours = [(i, 255 - i, 0) for i in range(100)]
    cells = stored((picture(colour), f"{i}.png") for i, colour in enumerate(colours))
    path = put_parquet(
        tmp_path / "x.parquet",
        {"image": cells, "text": [f"colour {i}" for i in range(100)], "vector": [[0.5]] * 100},
        row_group_size=group,
    )
    assert looks_like_image_table(path) and looks_like_image_table(tmp_path)
    reading = read_image_table(path)
    assert reading.collection.n_items == 100 and reading.skipped == ()
    for at in np.random.default_rng(0).permutation(100):
        item = reading.collection.items[at]
        assert item.id == f"{at}.png" and item.captions == (f"colour {at}",)
        assert opened(item.image, tmp_path).getpixel((0, 0)) == colours[at]


def test_parquet_shards_of_a_data_folder_are_one_source(tmp_path):
    for shard in range(2):
        put_parquet(
            tmp_path / f"data/train-{shard}.parquet",
            {"image": stored([(picture(), "0.png"), (b"x", "1.png"), (None, None)])},
        )
    reading = read_image_table(tmp_path)
    assert list(items(reading)) == ["0.png", "data/train-1.parquet#0"]
    assert items(reading)["0.png"].image == "parquet:data/train-0.parquet#0,image"
    why = told(reading)
    assert why["data/train-0.parquet, row 1"] == "stores an image that is not an image"
    assert why["data/train-0.parquet, row 2"] == "names no image"


def test_parquet_takes_raw_bytes_paths_and_lists_of_captions(folder):
    path = put_parquet(folder / "raw.parquet", {"image": [picture()], "captions": [["a", "b"]]})
    reading = read_image_table(path)
    assert captions(reading) == {"raw.parquet#0": ("a", "b")}
    assert image_bytes(reading.collection.items[0].image, folder) == picture()
    put_parquet(folder / "p.parquet", {"path": ["a.png", None], "text": ["x", None]})
    assert captions(read_image_table(folder / "p.parquet")) == {"a.png": ("x",)}


def test_label_codes_are_named_where_the_file_knows_the_names(folder):
    table = pa.table({"path": ["a.png", "b.jpg"], "label": [1, 7]})
    told_so = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(told_so)})
    pq.write_table(table, folder / "p.parquet")
    found = items(read_image_table(folder / "p.parquet"))
    assert (found["a.png"].label, found["b.jpg"].label) == ("dog", "7")
    assert found["a.png"].captions == ("a picture of dog",)
    assert found["b.jpg"].captions == ()


def test_columns_of_the_wrong_type_are_listed(folder):
    columns = {
        "path": ["a.png", "b.jpg"],
        "text": pa.array([float("nan"), 3.5]),
        "label": [1.0, None],
    }
    reading = read_image_table(put_parquet(folder / "p.parquet", columns))
    assert captions(reading) == {"a.png": (), "b.jpg": ()}
    assert items(reading)["a.png"].label == "1"
    assert told(reading) == {"p.parquet, row 1": "has a caption that is no text (float)"}


def test_json_lines_are_a_table_too(folder):
    path = put_json_lines(folder / "x.jsonl", [{"image": "a.png", "caption": "x"}, [1]])
    path.write_text(path.read_text() + "\n{broken\n")
    reading = read_image_table(path)
    assert captions(reading) == {"a.png": ("x",)}
    assert set(told(reading)) == {"x.jsonl, line 2", "x.jsonl, line 4"}


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x93NUMPY\0\1", b"a,b\n1,2\n", b"\xff\xfe"])
def test_files_that_are_no_such_table_are_refused(tmp_path, name, content):
    path = put(tmp_path, name, content)
    assert not looks_like_image_table(path)
    with pytest.raises(GapvizError):
        read_image_table(path)


def test_a_parquet_whose_column_names_are_damaged_is_refused(tmp_path):
    path = put_parquet(tmp_path / "x.parquet", {"image": ["a.png"], "zzcaption": ["x"]})
    path.write_bytes(path.read_bytes().replace(b"zzcaption", b"\xff\xfecaption"))
    with pytest.raises(GapvizError, match="damaged"):
        read_image_table(path)


def test_a_missing_file_is_named(tmp_path):
    for name in ("gone.csv", "gone.parquet", "gone.jsonl"):
        with pytest.raises(GapvizError, match=rf"{name}: cannot be read"):
            read_image_table(tmp_path / name)


def test_a_parquet_damaged_inside_keeps_the_rows_before(tmp_path):
    cells = stored((picture((i, 0, 0)), f"{i}.png") for i in range(200))
    path = put_parquet(tmp_path / "x.parquet", {"image": cells}, row_group_size=50)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 900] = bytes(900)
    path.write_bytes(content)
    reading = read_image_table(path)
    assert 0 < reading.collection.n_items < 200 and reading.skipped
