"""Vectors stored in fewer bits are measured as what they mean, or refused."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from safetensors.numpy import save_file

from gapviz import GapvizError
from gapviz.core.quantised import stored_kind
from gapviz.sources.files import ReadOptions, read

N, DIM = 24, 32


@pytest.fixture(scope="module")
def floats():
    """`(2, N, DIM)`: image and text rows with a gap."""
    rows = np.random.default_rng(0).standard_normal((2, N, DIM))
    rows[0, :, 0] += 3
    return rows


def folder_of(folder, image, text):
    np.save(folder / "image.npy", image)
    np.save(folder / "text.npy", text)
    return folder


def cosines(rows, unit):
    return unit(rows[0]) @ unit(rows[1]).T


def read_cosines(path, options=ReadOptions()):  # noqa: B008 - frozen
    collection = read(str(path), options).collection
    return collection.modality("image").vectors @ collection.modality("text").vectors.T


def affine(rows):
    """Unsigned bytes of 255 steps a dimension, with their scale and zero point."""
    low, high = rows.min(axis=(0, 1)), rows.max(axis=(0, 1))
    scale = (high - low) / 255
    return np.round((rows - low) / scale).astype(np.uint8), scale, -low / scale


def symmetric(rows):
    return np.round(rows / np.abs(rows).max() * 127).astype(np.int8)


def test_signed_bytes_around_0_are_read_and_that_is_told(tmp_path, floats, unit):
    path = folder_of(tmp_path, *symmetric(floats))
    np.testing.assert_allclose(read_cosines(path), cosines(floats, unit), atol=0.05)
    why = {note.why.partition(", ")[2] for note in read(str(path)).skipped}
    assert why == {"which were read as multiples of one scale around 0"}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32])
def test_unsigned_bytes_are_refused_until_their_zero_point_is_said(
    tmp_path, floats, unit, refusal, dtype
):
    bytes_ = (symmetric(floats).astype(np.int64) + 128).astype(dtype)
    path = folder_of(tmp_path, *bytes_)
    sentence = refusal(path)
    assert "none of them negative, and no zero point is known" in sentence
    assert "uint8:ZERO" in sentence
    said = ReadOptions(quantisation="uint8")
    np.testing.assert_allclose(read_cosines(path, said), cosines(floats, unit), atol=0.05)
    shifted = ReadOptions(quantisation="uint8:100")
    assert read_cosines(path, shifted).mean() > read_cosines(path, said).mean() + 0.05


@pytest.mark.parametrize(
    ("kind", "lowest", "dtype"), [("ubinary", 0, np.uint8), ("binary", -128, np.int8)]
)
def test_packed_bits_are_refused_until_said_and_then_unpacked(
    tmp_path, unit, refusal, kind, lowest, dtype
):
    signs = np.random.default_rng(1).standard_normal((2, N, 256)) > 0.3
    packed = (np.packbits(signs, axis=2).astype(np.int64) + lowest).astype(dtype)
    path = folder_of(tmp_path, *packed)
    assert "in 32 columns, as bits packed by eights do; say how" in refusal(path)
    assert kind in refusal(path)
    found = read_cosines(path, ReadOptions(quantisation=kind))
    np.testing.assert_allclose(found, cosines(signs * 2.0 - 1, unit), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64])
def test_bits_may_be_signs_or_counts(tmp_path, floats, unit, refusal, dtype):
    path = folder_of(tmp_path, *(floats > 0).astype(dtype))
    assert "bits (0 is −1) or none" in refusal(path)
    found = read_cosines(path, ReadOptions(quantisation="bits"))
    np.testing.assert_allclose(found, cosines(np.where(floats > 0, 1.0, -1.0), unit), atol=1e-6)


def test_signs_are_vectors_as_they_are(tmp_path, floats, unit):
    signs = np.where(floats > 0, 1, -1).astype(np.int8)
    path = folder_of(tmp_path, *signs)
    assert read(str(path)).skipped == ()
    np.testing.assert_allclose(read_cosines(path), cosines(signs, unit), atol=1e-6)


def write_npz(folder, **arrays):
    np.savez(folder / "x.npz", **arrays)
    return folder / "x.npz"


def write_safetensors(folder, **arrays):
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(arrays, folder / "x.safetensors")
    return folder / "x.safetensors"


def write_folder(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize("write", [write_npz, write_safetensors, write_folder])
def test_scale_and_zero_point_beside_the_numbers_say_what_they_mean(tmp_path, floats, unit, write):
    whole, scale, zero = affine(floats)
    parts = {f"{name}_{part}": value for name in ("image", "text")
             for part, value in (("scale", scale), ("zero_point", zero))}  # fmt: skip
    path = write(tmp_path, image=whole[0], text=whole[1], **parts)
    reading = read(str(path))
    assert reading.skipped == () and reading.collection.modality_names == ("image", "text")
    np.testing.assert_allclose(read_cosines(path), cosines(floats, unit), atol=0.02)


@pytest.mark.parametrize("offset", [0, -128])
def test_ranges_of_the_dimensions_say_it_too(tmp_path, floats, unit, offset):
    whole, _, _ = affine(floats)
    ranges = np.stack([floats.min(axis=(0, 1)), floats.max(axis=(0, 1))])
    kept = (whole.astype(np.int64) + offset).astype(np.int8 if offset else np.uint8)
    path = write_npz(tmp_path, image=kept[0], text=kept[1], ranges=ranges)
    np.testing.assert_allclose(read_cosines(path), cosines(floats, unit), atol=0.02)


def test_one_scale_a_row_or_for_all_and_an_offset_are_taken(tmp_path, floats, unit):
    whole, scale, zero = affine(floats)
    path = write_npz(tmp_path, image=whole[0], text=whole[1], scale=scale, offset=-zero * scale)
    np.testing.assert_allclose(read_cosines(path), cosines(floats, unit), atol=0.02)
    rows = symmetric(floats)
    path = write_npz(tmp_path, image=rows[0], text=rows[1], scale=np.linspace(1, 2, N))
    np.testing.assert_allclose(read_cosines(path), cosines(floats, unit), atol=0.05)


def test_parts_that_do_not_fit_are_refused(tmp_path, floats, refusal):
    whole, scale, _ = affine(floats)
    path = write_npz(tmp_path, image=whole[0], scale=scale)
    assert "with a scale and without a zero point" in refusal(path)
    path = write_npz(tmp_path, image=whole[0], scale=scale[:5], zero_point=3)
    assert "its scale has shape (5,) of float64, which does not go with (24, 32)" in refusal(path)


@pytest.mark.parametrize("said", ["quantisation", "quantization", "precision"])
def test_the_source_may_say_how_its_vectors_are_stored(tmp_path, floats, unit, said):
    packed = np.packbits(floats > 0, axis=2)
    expected = cosines(np.where(floats > 0, 1.0, -1.0), unit)
    path = write_npz(tmp_path, image=packed[0], text=packed[1], **{said: "ubinary"})
    np.testing.assert_allclose(read_cosines(path), expected, atol=1e-6)
    path = write_npz(tmp_path, image_ubinary=packed[0], text_emb_ubinary=packed[1])
    np.testing.assert_allclose(read_cosines(path), expected, atol=1e-6)


def test_bfloat16_is_widened_from_what_numpy_writes_of_it(tmp_path, floats, unit):
    bits = (floats.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    path = folder_of(tmp_path, *bits.view("V2"))
    np.testing.assert_allclose(read_cosines(path), cosines(floats, unit), atol=0.01)
    path = folder_of(tmp_path, *bits)
    said = ReadOptions(quantisation="bfloat16")
    np.testing.assert_allclose(read_cosines(path, said), cosines(floats, unit), atol=0.01)


def test_float8_as_bytes_has_to_be_said(tmp_path, floats, unit, refusal):
    import torch

    codes = torch.from_numpy(floats).to(torch.float8_e5m2).view(torch.uint8).numpy()
    path = folder_of(tmp_path, *codes.view("V1"))
    assert "float8_e4m3 or float8_e5m2" in refusal(path)
    found = read_cosines(path, ReadOptions(quantisation="float8_e5m2"))
    np.testing.assert_allclose(found, cosines(floats, unit), atol=0.1)


def test_whole_numbers_in_a_table_are_told_apart_in_the_same_way(tmp_path, floats, refusal):
    column = [row.tolist() for row in symmetric(floats)[0].astype(int) + 128]
    parquet.write_table(pa.table({"image_emb": column}), tmp_path / "x.parquet")
    assert "x.parquet, image_emb: holds whole numbers from" in refusal(tmp_path / "x.parquet")


@pytest.mark.parametrize("text", ["int4", "uint8:x", "int8:3", ""])
def test_a_quantisation_that_there_is_not_is_refused(text):
    with pytest.raises(GapvizError, match="there is no quantisation"):
        stored_kind(text)
    with pytest.raises(GapvizError, match="there is no quantisation"):
        ReadOptions(quantisation=text)


def test_numbers_that_cannot_be_of_the_kind_that_is_said_are_refused(tmp_path, floats, refusal):
    path = folder_of(tmp_path, *np.round(floats * 1000).astype(np.int64))
    for kind in ("uint8", "binary", "bits"):
        assert "holds whole numbers from" in refusal(path, ReadOptions(quantisation=kind))


def test_the_first_dimensions_alone_may_be_taken(tmp_path, floats, unit, refusal):
    path = folder_of(tmp_path, *floats)
    found = read_cosines(path, ReadOptions(dims=8))
    np.testing.assert_allclose(found, cosines(floats[:, :, :8], unit), atol=1e-6)
    reading = read(str(path), ReadOptions(dims=8, encoder="mine"))
    assert reading.encoded_by("mine").encoder == "mine (first 8 of 32 dimensions)"
    assert read(str(path), ReadOptions(dims=32, encoder="mine")).collection.encoder == "mine"
    assert "has 32 dimensions, fewer than the 33 wanted" in refusal(path, ReadOptions(dims=33))
    with pytest.raises(GapvizError, match="0 dimensions are none"):
        ReadOptions(dims=0)


def test_a_matrix_of_cosines_has_no_first_dimensions(tmp_path, floats, unit, refusal):
    rows = unit(floats.reshape(2 * N, DIM))
    np.savetxt(tmp_path / "x.csv", rows @ rows.T, delimiter=",")
    assert "has no first dimensions" in refusal(tmp_path / "x.csv", ReadOptions(dims=8))
