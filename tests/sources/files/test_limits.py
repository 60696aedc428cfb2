"""A file that unpacks to far more than it holds is refused before it does."""

import contextlib
import io
import struct
import tarfile
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet
from safetensors.numpy import save

from gapviz import GapvizError
from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.limits import (
    MOST_ARRAYS,
    MOST_DIMENSIONS,
    OWN_FILES,
    UPLOADS,
    limited,
    refuse_over,
)
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.images.parquet import parquet_image
from tests.sources.files.image_making import picture

SMALL = replace(OWN_FILES, most_bytes=4e6, small_bytes=1 << 18)
"""So that a test need not make 64 MB."""

MEGABYTE = 1 << 20


def refused(path, limits=SMALL, words="unpacks to at least"):
    """Refused, and without taking the memory that the file asks for."""
    tracemalloc.start()
    try:
        with pytest.raises(GapvizError, match=words) as caught:
            read(str(path), ReadOptions(limits=limits))
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()
    return caught.value.sentence


def test_a_dictionary_of_one_vector_is_counted_by_its_rows(tmp_path):
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(2**21, np.float32)), 512)
    table = pa.table({"image_vector": vectors, "text_vector": vectors})
    parquet.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    assert (tmp_path / "bomb.parquet").stat().st_size < 10_000
    ample = replace(SMALL, most_bytes=1e9)
    assert "times what it holds" in refused(tmp_path / "bomb.parquet", ample)
    trusting = replace(SMALL, ratio=float("inf"))
    assert "more than the 4.0 MB allowed" in refused(tmp_path / "bomb.parquet", trusting)


@pytest.mark.parametrize("column", ["plain", "dictionary", "delta", "list", "list of delta"])
def test_a_long_text_that_every_row_repeats_is_counted_as_it_comes_out(tmp_path, column):
    texts = pa.array(["x" * 20_000 + str(row % 2) for row in range(500)])
    if column == "dictionary":
        texts = texts.dictionary_encode()
    elif column.startswith("list"):
        texts = pa.ListArray.from_arrays(np.arange(0, 501, 100, dtype=np.int32), texts)
    n_rows = len(texts)
    table = pa.table({"image": [f"{row}.png" for row in range(n_rows)], "text": texts})
    delta = {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
    if column.startswith("list"):
        delta["column_encoding"] = {"text.list.element": "DELTA_BYTE_ARRAY"}
    parquet.write_table(
        table, tmp_path / "t.parquet", compression="zstd", **(delta if "delta" in column else {})
    )
    refused(tmp_path / "t.parquet")


def test_rows_cost_something_even_where_they_hold_nothing(tmp_path):
    table = pa.table({"image": pa.nulls(200_000, pa.string()), "x_vector": pa.nulls(200_000)})
    parquet.write_table(table, tmp_path / "rows.parquet")
    refused(tmp_path / "rows.parquet")


def test_ordinary_texts_and_pictures_pass(tmp_path):
    captions = [f"a picture of {row % 40} things" for row in range(3_000)]
    table = pa.table({"image": [picture("red")] * 3_000, "text": captions})
    parquet.write_table(table, tmp_path / "t.parquet")
    with limited(replace(OWN_FILES, small_bytes=1 << 20)):
        refuse_large_columns(tmp_path / "t.parquet", ["image", "text"], rows_as_objects=True)


def test_one_picture_is_not_read_out_of_a_column_that_is_too_large(tmp_path):
    table = pa.table({"image": pa.array([bytes(20_000)] * 4_000)})
    parquet.write_table(table, tmp_path / "t.parquet", compression="zstd")
    with limited(SMALL), pytest.raises(GapvizError, match="unpacks to at least"):
        parquet_image(tmp_path / "t.parquet", 0, "image", where="here")


def test_a_footer_that_understates_its_values_changes_nothing(tmp_path):
    lists = pa.ListArray.from_arrays([0, 2**21], pa.array(np.zeros(2**21, np.float32)))
    parquet.write_table(pa.table({"image_vector": lists}), tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    # 2**21 as a varint: of the footer's only, which comes last.
    whole, lie = b"\x80\x80\x80\x02", b"\x80\x80\x80\x00"
    at = content.rfind(whole)
    assert at > 0
    (tmp_path / "t.parquet").write_bytes(content[:at] + lie + content[at + 4 :])
    with limited(SMALL), pytest.raises((GapvizError, ValueError, pa.ArrowException)):
        refuse_large_columns(tmp_path / "t.parquet", ["image_vector"])


def test_a_footer_that_would_end_the_process_is_one_sentence(tmp_path):
    table = pa.table({"image_vector": [[1.0, 2.0]] * 5, "text_vector": [[1.0, 2.0]] * 5})
    parquet.write_table(table, tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    # The part of a list that repeats is said to be there once; Arrow throws where nobody catches.
    repeated, once = b"\x35\x04\x18\x04list", b"\x35\x00\x18\x04list"
    assert repeated in content
    (tmp_path / "t.parquet").write_bytes(content.replace(repeated, once))
    with pytest.raises(GapvizError):
        read(str(tmp_path / "t.parquet"))


@pytest.mark.parametrize("seed", range(6))
def test_damaged_pages_raise_what_readers_expect(tmp_path, seed):
    rng = np.random.default_rng(seed)
    table = pa.table({"image": ["a.png"] * 50, "text": [f"text {n}" for n in range(50)]})
    parquet.write_table(table, tmp_path / "whole.parquet")
    whole = np.frombuffer((tmp_path / "whole.parquet").read_bytes(), np.uint8)
    for _ in range(20):
        broken = whole.copy()
        broken[rng.integers(len(broken), size=3)] = rng.integers(256, size=3)
        (tmp_path / "t.parquet").write_bytes(broken.tobytes())
        with contextlib.suppress(GapvizError, ValueError, OSError, pa.ArrowException):
            refuse_large_columns(tmp_path / "t.parquet", ["image", "text"])


def test_an_archive_of_zeros_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "zeros.npz", image=np.zeros((1_000, 2_000)), text=np.eye(3))
    assert (tmp_path / "zeros.npz").stat().st_size < 50_000
    refused(tmp_path / "zeros.npz")


def test_many_empty_texts_are_refused(tmp_path):
    np.savez_compressed(tmp_path / "texts.npz", image=np.eye(3), ids=np.full(100_000, "a"))
    refused(tmp_path / "texts.npz")


def header(shape, dtype="<f4"):
    buffer = io.BytesIO()
    described = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((2, 10**9, 512), "<f4"), ((2, 3, 10**18), "<f8"), ((10**12,), "<U0"), ((2, 10**6, 1), "|S0")],
)
def test_a_header_that_declares_more_than_there_is_is_refused(tmp_path, shape, dtype):
    (tmp_path / "lie.npy").write_bytes(header(shape, dtype) + bytes(64))
    refused(tmp_path / "lie.npy", OWN_FILES, "declares")
    with zipfile.ZipFile(tmp_path / "lie.npz", "w") as archive:
        archive.writestr("image.npy", header(shape, dtype) + bytes(64))
    refused(tmp_path / "lie.npz", OWN_FILES, "declares")


def test_an_archive_of_very_many_arrays_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(MOST_ARRAYS + 1):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(GapvizError, match="holds 10,001 arrays"):
        read(str(tmp_path / "many.npz"))


@pytest.mark.parametrize("shape", [(2**40, 4), (4, 4), (2**62, 2**62), (-1, 4)])
def test_tensors_that_lie_about_their_place_are_refused(tmp_path, shape):
    text = (
        f'{{"image":{{"dtype":"F32","shape":[{shape[0]},{shape[1]}],"data_offsets":[0,{2**45}]}}}}'
    ).encode()
    (tmp_path / "t.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(64))
    refused(tmp_path / "t.safetensors", OWN_FILES, "is damaged or cut short")
    whole = save({"image": np.eye(4, dtype=np.float32)})
    (tmp_path / "t.safetensors").write_bytes(struct.pack("<Q", 2**60) + whole[8:])
    refused(tmp_path / "t.safetensors", OWN_FILES, "is damaged or cut short")


def test_a_picture_of_too_many_pixels_is_left_out_by_its_header(tmp_path):
    buffer = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(buffer, "PNG")
    (tmp_path / "bomb.png").write_bytes(buffer.getvalue())
    (tmp_path / "good.png").write_bytes(picture("red"))
    reading = read(str(tmp_path))
    assert [one.what for one in reading.skipped] == ["bomb.png"]
    assert "pixels" in reading.skipped[0].why


def test_a_limit_holds_for_what_is_read_inside_it_only():
    with limited(UPLOADS):
        with pytest.raises(GapvizError, match=r"more than the 1.0 GB allowed.*gapviz serve"):
            refuse_over(1.1e9, 10**9, "file")
        with limited(OWN_FILES.allowing(2)):
            refuse_over(1.1e9, 10, "file")
    refuse_over(1.1e9, 10**9, "file")


def test_whoever_trusts_a_file_says_how_much_it_may_unpack_to():
    with pytest.raises(GapvizError, match="--max-unpacked"):
        refuse_over(1e12, 10**12, "file")
    for nothing in (0, -1, float("nan")):
        with pytest.raises(GapvizError, match="allows nothing"):
            OWN_FILES.allowing(nothing)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_member_of_a_shard_with_an_endless_header_is_not_read(tmp_path, kind):
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        good = tarfile.TarInfo("a.png")
        good.size = len(picture("red"))
        archive.addfile(good, io.BytesIO(picture("red")))
        evil = tarfile.TarInfo("x")
        evil.type, evil.size = kind, 8 * MEGABYTE
        archive.addfile(evil, io.BytesIO(b"9" * evil.size))
    tracemalloc.start()
    reading = read(str(tmp_path / "t.tar"))
    assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    tracemalloc.stop()
    assert reading.collection.n_items == 1
    assert "damaged after byte" in reading.skipped[0].why


def test_a_member_that_declares_more_than_the_shard_holds_is_listed(tmp_path):
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for name in ("a.png", "b.png"):
            member = tarfile.TarInfo(name)
            member.size = len(picture("red"))
            archive.addfile(member, io.BytesIO(picture("red")))
    content = bytearray((tmp_path / "t.tar").read_bytes())
    at = content.find(b"b.png")
    lying = tarfile.TarInfo("b.png")
    lying.size = 2**40
    content[at : at + 512] = lying.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "t.tar").write_bytes(content)
    reading = read(str(tmp_path / "t.tar"))
    assert reading.collection.n_items == 1
    assert reading.skipped[0].why == "is cut short"


def test_vectors_of_far_too_many_dimensions_are_refused(tmp_path):
    np.save(tmp_path / "wide.npy", np.ones((2, 3, MOST_DIMENSIONS + 1), np.float32))
    refused(tmp_path / "wide.npy", OWN_FILES, "has 16,385 dimensions, more than the 16,384 allowed")
