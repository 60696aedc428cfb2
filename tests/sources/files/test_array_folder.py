"""Folders of `.npy` files."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gapviz.sources.files import read


@pytest.fixture
def folder(tmp_path, rows):
    np.save(tmp_path / "img_emb.npy", rows[0].astype(np.float16))
    np.save(tmp_path / "text_emb.npy", rows[1])
    return tmp_path


def test_files_are_modalities_by_their_names(folder, rows):
    collection = read(str(folder)).collection
    assert collection.modality_names == ("image", "text")
    np.save(folder / "audio.npy", rows[0][:2])
    assert read(str(folder)).collection.modality_names == ("audio", "image", "text")


@pytest.mark.parametrize("place", [".", "below/.."])
def test_the_folder_one_works_in_is_called_by_its_name(folder, place, monkeypatch):
    (folder / "below").mkdir()
    monkeypatch.chdir(folder)
    assert read(place).collection.name == folder.name


def test_a_table_names_the_items(folder):
    table = pa.table({"image_path": [f"{n}.jpg" for n in range(6)], "caption": ["a dog"] * 6})
    parquet.write_table(table, folder / "metadata.parquet")
    collection = read(str(folder)).collection
    assert (collection.items[3].image, collection.items[3].captions) == ("3.jpg", ("a dog",))
    assert collection.root == folder


@pytest.mark.parametrize("name", ["captions.txt", "prompts.txt"])
def test_a_text_file_gives_a_caption_a_line(folder, name):
    (folder / name).write_text("one\r\ntwo\r\n\r\nfour \u2028 still four\r\nfive\r\nsix\r\n")
    captions = [item.captions for item in read(str(folder)).collection.items]
    assert captions[:4] == [("one",), ("two",), (), ("four \u2028 still four",)]


def test_lists_beside_the_files_pair_by_id(folder):
    np.save(folder / "ids.npy", np.arange(6))
    np.save(folder / "text_emb_ids.npy", np.arange(6)[::-1].copy())
    collection = read(str(folder)).collection
    assert collection.modality("text").item_index.tolist() == [5, 4, 3, 2, 1, 0]


def test_captions_of_another_number_are_refused(folder, refusal):
    (folder / "captions.txt").write_text("one\ntwo\n")
    assert "captions.txt: describes 2 items, but there are 6 rows" in refusal(folder)


def test_captions_in_another_encoding_are_refused(folder, refusal):
    (folder / "captions.txt").write_bytes("naïve\n".encode("latin-1") * 6)
    assert "captions.txt: is not UTF-8 text (byte 2)" in refusal(folder)


def test_a_stack_or_a_second_file_of_a_modality_is_refused(folder, rows, refusal):
    np.save(folder / "image.npy", rows[0])
    assert "two files hold the modality 'image'" in refusal(folder)
    (folder / "image.npy").unlink()
    np.save(folder / "features.npy", rows)
    assert "name that file instead" in refusal(folder)


TABLES = [
    ("metadata.csv", "a,b\n1\n", "line 2 has 1 values for 2 columns"),
    ("metadata.csv", 'a,b\n"1', "line 2 is damaged (unexpected end of data)"),
    ("metadata.csv", "a,a\n1,2\n", "two columns of one name"),
    ("metadata.csv", "", "is empty"),
    ("metadata.jsonl", '{"id": 1}\n[2]\n', "line 2 is not a JSON object"),
    ("metadata.jsonl", "[" * 100_000, "holds no JSON objects"),
    ("metadata.parquet", "PAR1", "not a Parquet file"),
]


@pytest.mark.parametrize(("name", "text", "words"), TABLES)
def test_tables_that_cannot_be_read_are_refused(folder, refusal, name, text, words):
    (folder / name).write_text(text)
    assert words in refusal(folder)
