"""Output folders of clip-retrieval."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gapviz.sources.files import ReadOptions, read

PARTS = 12
ROWS = 3


@pytest.fixture
def folder(tmp_path):
    """Twelve parts, so that the order of text and of numbers differ."""
    rng = np.random.default_rng(0)
    for name in ("img_emb", "text_emb", "metadata"):
        (tmp_path / name).mkdir()
    for part in range(PARTS):
        for name in ("img_emb", "text_emb"):
            matrix = rng.standard_normal((ROWS, 8)).astype(np.float16)
            matrix[:, 0] = part + 10
            np.save(tmp_path / name / f"{name}_{part}.npy", matrix)
        numbers = range(part * ROWS, part * ROWS + ROWS)
        write_metadata(tmp_path, part, [f"caption {n}" for n in numbers])
    return tmp_path


def write_metadata(folder, part, captions, **more):
    table = pa.table(
        {"image_path": [f"{caption[8:]}.jpg" for caption in captions], "caption": captions} | more
    )
    parquet.write_table(table, folder / "metadata" / f"metadata_{part}.parquet")


def test_parts_follow_their_numbers(folder):
    reading = read(str(folder))
    collection = reading.collection
    assert reading.skipped == ()
    assert collection.modality_names == ("image", "text")
    assert collection.n_items == PARTS * ROWS
    assert [item.captions[0] for item in collection.items] == [
        f"caption {n}" for n in range(PARTS * ROWS)
    ]
    assert collection.items[35].image == "35.jpg" and collection.root == folder
    first = collection.modality("image").vectors[:, 0]
    assert first[-1] > first[0]


def test_numbers_may_be_padded_with_zeros(folder):
    expected = read(str(folder)).collection.content_hash
    for name in ("img_emb", "text_emb", "metadata"):
        for file in list((folder / name).iterdir()):
            stem, number = file.stem.rsplit("_", 1)
            file.rename(file.with_name(f"{stem}_{int(number):04d}{file.suffix}"))
    assert read(str(folder)).collection.content_hash == expected


@pytest.mark.parametrize(("gone", "left"), [("img_emb", "text"), ("text_emb", "image")])
def test_one_modality_may_be_missing(folder, gone, left):
    for file in (folder / gone).iterdir():
        file.unlink()
    (folder / gone).rmdir()
    assert read(str(folder)).collection.modality_names == (left,)


def test_parts_that_are_missing_or_damaged_are_listed(folder):
    (folder / "img_emb" / "img_emb_2.npy").unlink()
    (folder / "metadata" / "metadata_3.parquet").unlink()
    (folder / "metadata" / "metadata_4.parquet").write_bytes(b"PAR1")
    (folder / "text_emb" / "text_emb_5.npy").write_bytes(b"\x93NUMPY")
    reading = read(str(folder))
    assert {note.what for note in reading.skipped} == {
        "img_emb, part 2",
        f"metadata of {folder.name}, part 3",
        f"metadata of {folder.name}, part 4",
        "metadata/metadata_4.parquet",
        "text_emb/text_emb_5.npy",
        "text_emb, part 5",
    }
    assert len(reading.collection.pairs("image", "text")) == (PARTS - 2) * ROWS
    assert reading.collection.items[9].captions == ()


def test_a_column_may_name_the_items(folder):
    for part in range(PARTS):
        numbers = range(part * ROWS, part * ROWS + ROWS)
        captions = [f"caption {n}" for n in numbers]
        write_metadata(folder, part, captions, key=[f"k{n // 2}" for n in numbers])
    collection = read(str(folder), ReadOptions(id_column="key")).collection
    assert collection.n_items == PARTS * ROWS // 2
    assert collection.items[1].captions == ("caption 2", "caption 3")


def test_parts_of_differing_length_are_refused(folder, refusal):
    np.save(folder / "img_emb" / "img_emb_1.npy", np.ones((2, 8)))
    assert "part 1: the files hold differing numbers of rows (image 2, text 3" in refusal(folder)


def test_parts_of_differing_dimension_are_refused(folder, refusal):
    np.save(folder / "img_emb" / "img_emb_1.npy", np.ones((3, 9)))
    assert "img_emb: the parts have differing dimensions (8, 9)" in refusal(folder)


def test_nothing_readable_is_refused(folder, refusal):
    for name in ("img_emb", "text_emb"):
        for file in (folder / name).iterdir():
            file.write_bytes(b"")
    assert "holds no vectors" in refusal(folder)
