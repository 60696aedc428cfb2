"""Parquet tables with vector columns."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gapviz.sources.files import ReadOptions, read

FIXED = pa.list_(pa.float32(), 4)


@pytest.fixture
def write(tmp_path):
    def written(**columns):
        parquet.write_table(pa.table(columns), tmp_path / "x.parquet", row_group_size=4)
        return tmp_path / "x.parquet"

    return written


def vectors(matrix, kind=FIXED):
    return pa.array([None if row is None else list(row) for row in matrix], type=kind)


@pytest.mark.parametrize(
    "kind",
    [FIXED, pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float16(), 4)],
    ids=str,
)
def test_every_list_of_numbers_is_a_modality(write, rows, unit, kind):
    rows = rows.astype(np.float16)
    path = write(image_vector=vectors(rows[0], kind), text_embedding=vectors(rows[1], kind))
    collection = read(str(path)).collection
    assert collection.modality_names == ("image", "text")
    np.testing.assert_allclose(collection.modality("text").vectors, unit(rows[1]), atol=1e-6)


def test_usual_columns_say_what_the_items_are(write, rows):
    path = write(
        id=[10, 11, 12, 13, 14, 15],
        caption=[["a", "b"], None, [], ["c"], ["d"], ["e"]],
        Label=["x"] * 6,
        file_name=[f"{n}.png" for n in range(6)],
        emb=vectors(rows[0]),
    )
    collection = read(str(path)).collection
    item = collection.items[0]
    assert (item.id, item.captions, item.label, item.image) == ("10", ("a", "b"), "x", "0.png")
    assert collection.modality_names == ("emb",)


def test_a_null_is_an_item_without_the_modality(write, rows):
    path = write(
        image_vector=vectors([None, *rows[0][1:]]), text_vector=vectors([*rows[1][:5], None])
    )
    reading = read(str(path))
    assert reading.skipped == ()
    assert reading.collection.n_items == 6
    assert reading.collection.modality("image").item_index.tolist() == [1, 2, 3, 4, 5]
    assert len(reading.collection.pairs("image", "text")) == 4


def test_rows_of_one_id_are_several_vectors_of_one_item(write, rows):
    path = write(
        product=["a", "a", "b", "b", "b", "c"],
        text=["one", "two", "three", "three", "four", "five"],
        image_vector=vectors([rows[0][0], None, rows[0][1], None, None, None]),
        text_vector=vectors(rows[1]),
    )
    collection = read(str(path), ReadOptions(id_column="product")).collection
    assert [item.captions for item in collection.items] == [
        ("one", "two"), ("three", "four"), ("five",),
    ]  # fmt: skip
    assert collection.modality("text").item_index.tolist() == [0, 0, 1, 1, 1, 2]
    assert collection.modality("image").item_index.tolist() == [0, 1]


def test_rows_that_cannot_be_used_are_listed_by_their_number(write, rows):
    kind = pa.list_(pa.float32())
    image = [list(row) for row in rows[0]]
    image[0], image[1], image[3] = None, [1.0, 2.0], [float("nan")] * 4
    image[4] = [1.0, None, 2.0, 3.0]
    path = write(
        id=["a", "b", "c", "d", "e", None],
        image_vector=pa.array(image, type=kind),
        text_vector=vectors(rows[1], kind),
    )
    reading = read(str(path))
    assert [(note.what, note.why) for note in reading.skipped] == [
        ("x.parquet, image_vector, row 1", "has 2 numbers instead of 4"),
        ("x.parquet, entry 5", "has no id"),
        ("x.parquet, image_vector, row 3", "holds NaN or infinite values"),
        ("x.parquet, image_vector, row 4", "holds NaN or infinite values"),
    ]
    assert reading.collection.modality("image").item_index.tolist() == [2]


def test_modalities_may_be_chosen(write, rows):
    path = write(
        image_vector=vectors(rows[0]), text_vector=vectors(rows[1]),
        box=pa.array([[0.0, 1.0]] * 6),
    )  # fmt: skip
    options = ReadOptions(modalities=("text", "image"))
    assert read(str(path), options).collection.modality_names == ("text", "image")


def test_what_does_not_fit_is_refused(write, rows, refusal):
    assert "neither a .parquet with columns of vectors" in refusal(write(id=[1, 2]))
    assert "no vector in any row" in refusal(write(image_vector=vectors([None, None])))
    path = write(image_vector=vectors(rows[0]))
    assert "has no column 'who'" in refusal(path, ReadOptions(id_column="who"))
    assert "choose among image" in refusal(path, ReadOptions(modalities=("text",)))
    both = write(image_vector=vectors(rows[0]), text_vector=pa.array([[0.0, 1.0]] * 6))
    assert "different dimensions" in refusal(both)


def test_an_older_pyarrow_that_cannot_read_a_null_is_named(write, rows, refusal, monkeypatch):
    path = write(image_vector=vectors(rows[0]))

    def unread(*_, **__):
        # As pyarrow 16 to 24 say it of a list of fixed length that is null.
        raise pa.ArrowInvalid("Expected all lists to be of size=4 but index 1 had size=0")

    monkeypatch.setattr(parquet.ParquetFile, "read", unread)
    assert "pip install 'pyarrow>=26'" in refusal(path)


def test_a_table_without_rows_is_refused(write, refusal):
    assert "no vector in any row" in refusal(write(image_vector=vectors([])))
