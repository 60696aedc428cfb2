"""A file of vectors through an exported strategy, whole or in pieces, to the same bits."""

import json
import os
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet
from safetensors.numpy import load_file, save_file
from safetensors.torch import save_file as save_torch

from gapviz.core.errors import GapvizError
from gapviz.export import apply as applying
from gapviz.export.apply import apply_file
from gapviz.export.folder import load_exported
from gapviz.sources.files.limits import OWN_FILES, limited
from tests.patience import PATIENCE_SECONDS, until

N, DIM = 9_001, 16


@pytest.fixture(scope="module")
def exported(small_export):
    return load_exported(small_export)


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(3).standard_normal((N, DIM)).astype(np.float32)


@pytest.fixture
def source(tmp_path, vectors):
    np.save(tmp_path / "in.npy", vectors)
    return tmp_path / "in.npy"


def left_over(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith((".", "out"))]


@pytest.mark.parametrize("block_rows", [1, 4_095, 4_096, 5_000, 8_192, 1_000_000])
def test_the_output_does_not_depend_on_the_block_size(
    exported, source, vectors, tmp_path, block_rows
):
    done = apply_file(exported, source, "image", tmp_path / "out.npy", block_rows=block_rows)
    assert (done.n_rows, done.dim, done.dtype, done.resumed_from) == (N, DIM, "float32", 0)
    np.testing.assert_array_equal(
        np.load(tmp_path / "out.npy"), exported.transform(vectors, "image")
    )
    assert left_over(tmp_path) == ["out.npy"]


def written(path, vectors):
    if path.suffix == ".npy":
        np.save(path, vectors)
    elif path.suffix == ".npz":
        np.savez_compressed(path, rows=vectors)
    elif path.suffix == ".safetensors":
        save_file({"rows": vectors}, path)
    else:
        parquet.write_table(pa.table({"id": range(len(vectors)), "rows": list(vectors)}), path,
                            row_group_size=2_500)  # fmt: skip
    return path


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("ending", ["npy", "npz", "safetensors", "parquet"])
def test_every_format_is_read_and_half_precision_kept(exported, vectors, tmp_path, ending, dtype):
    given = vectors.astype(dtype)
    path = written(tmp_path / f"in.{ending}", given)
    done = apply_file(exported, path, "text", tmp_path / "out.safetensors", block_rows=4_096)
    out = load_file(tmp_path / "out.safetensors")["vectors"]
    kept = np.float16 if dtype == np.float16 else np.float32
    assert out.dtype == kept == np.dtype(done.dtype)
    np.testing.assert_array_equal(out, exported.transform(given, "text").astype(kept))


def test_a_stored_archive_and_columns_of_fixed_size_are_read(exported, vectors, tmp_path):
    np.savez(tmp_path / "in.npz", rows=vectors, labels=np.zeros(3))
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIM)
    parquet.write_table(pa.table({"rows": fixed}), tmp_path / "in.parquet")
    for name in ("in.npz", "in.parquet"):
        apply_file(exported, tmp_path / name, "image", tmp_path / "out.npy", array="rows")
        np.testing.assert_array_equal(
            np.load(tmp_path / "out.npy"), exported.transform(vectors, "image")
        )


def test_a_file_of_any_size_is_streamed_but_none_that_unpacks_far_beyond_its_own(
    exported, vectors, tmp_path
):
    zeros = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(DIM * 50_000, np.float32)), DIM)
    parquet.write_table(pa.table({"rows": zeros}), tmp_path / "bomb.parquet")
    np.savez_compressed(tmp_path / "bomb.npz", rows=np.zeros((50_000, DIM)))
    tight = replace(OWN_FILES, most_bytes=1_000, small_bytes=1 << 16)
    with limited(tight):
        for ending in ("npy", "npz", "safetensors", "parquet"):
            path = written(tmp_path / f"in.{ending}", vectors)
            assert apply_file(exported, path, "image", tmp_path / "out.npy").n_rows == N
        for name in ("bomb.parquet", "bomb.npz"):
            with pytest.raises(GapvizError, match="times what it holds"):
                apply_file(exported, tmp_path / name, "image", tmp_path / "out.npy")


def stopped_after(blocks):
    told = []

    def progress(share, stage):
        told.append(share)
        if len(told) == blocks:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("ending", ["npy", "npz", "safetensors", "parquet"])
def test_a_stopped_run_goes_on_to_the_same_bits(exported, vectors, tmp_path, ending):
    path, out = written(tmp_path / f"in.{ending}", vectors), tmp_path / "out.npy"
    with pytest.raises(KeyboardInterrupt):
        apply_file(exported, path, "image", out, block_rows=1, progress=stopped_after(1))
    assert not out.exists()
    with (tmp_path / ".out.npy.partial").open("ab") as partial:
        partial.write(b"half a row")
    done = apply_file(exported, path, "image", out, block_rows=20_000)
    assert done.resumed_from == 4_096
    np.testing.assert_array_equal(np.load(out), exported.transform(vectors, "image"))
    assert left_over(tmp_path) == ["out.npy"]


def test_two_runs_with_one_output_do_not_mix(exported, source, vectors, tmp_path):
    out, refused = tmp_path / "out.npy", []

    def second_run(share, stage):
        np.save(tmp_path / "other.npy", -vectors)
        with pytest.raises(GapvizError, match="being written by another run") as caught:
            apply_file(exported, tmp_path / "other.npy", "image", out, block_rows=1)
        refused.append(caught.value)

    apply_file(exported, source, "image", out, block_rows=1, progress=second_run)
    assert len(refused) == 3
    np.testing.assert_array_equal(np.load(out), exported.transform(vectors, "image"))
    apply_file(exported, tmp_path / "other.npy", "image", out)
    np.testing.assert_array_equal(np.load(out), exported.transform(-vectors, "image"))
    assert left_over(tmp_path) == ["out.npy"]


@pytest.mark.parametrize("change", ["source", "modality", "dtype", "progress", "cut"])
def test_what_another_run_left_is_not_gone_on_with(exported, source, vectors, tmp_path, change):
    out = tmp_path / "out.npy"
    with pytest.raises(KeyboardInterrupt):
        apply_file(exported, source, "text", out, block_rows=1, progress=stopped_after(2))
    modality = "image" if change == "modality" else "text"
    if change == "source":
        vectors = -vectors
        np.save(source, vectors)
    elif change == "dtype":
        vectors = vectors.astype(np.float16)
        np.save(source, vectors)
    elif change == "progress":
        (tmp_path / ".out.npy.progress.json").write_text("[")
    elif change == "cut":
        (tmp_path / ".out.npy.partial").write_bytes(b"short")
    done = apply_file(exported, source, modality, out)
    assert done.resumed_from == 0
    expected = exported.transform(vectors, modality).astype(done.dtype)
    np.testing.assert_array_equal(np.load(out), expected)


def test_memory_does_not_grow_with_the_file(exported, tmp_path):
    peaks = []
    for n in (40_000, 400_000):
        np.save(tmp_path / "in.npy", np.ones((n, DIM), np.float32))
        tracemalloc.start()
        apply_file(exported, tmp_path / "in.npy", "image", tmp_path / "out.npy", block_rows=4_096)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(exported, source, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(applying.os, "fsync", full)
    with pytest.raises(GapvizError, match=r"cannot be written \(No space left on device\)"):
        apply_file(exported, source, "image", tmp_path / "out.npy")
    assert left_over(tmp_path) == []


def test_a_row_that_points_nowhere_is_named_and_nothing_is_left(
    exported, source, vectors, tmp_path
):
    bad = vectors.copy()
    bad[5_000] = np.nan
    np.save(source, bad)
    with pytest.raises(GapvizError, match=r"counted from row 4096, first at row 904: .*NaN"):
        apply_file(exported, source, "image", tmp_path / "out.npy", block_rows=4_096)
    assert left_over(tmp_path) == []


def damage(name, tmp_path):
    path = tmp_path / name
    if name == "cut.npy":
        np.save(path, np.ones((50, DIM)))
        path.write_bytes(path.read_bytes()[:-100])
    elif name == "objects.npy":
        np.save(path, np.array([{}], dtype=object))
    elif name == "two.npz":
        np.savez(path, a=np.ones((2, DIM)), b=np.ones((2, DIM)))
    elif name == "cut.npz":
        np.savez(path, a=np.ones((5_000, DIM)))
        path.write_bytes(path.read_bytes()[:3_000])
    elif name == "columns.npz":
        np.savez(path, a=np.asfortranarray(np.ones((5, DIM))))
    elif name == "changed.npz":
        np.savez(path, a=np.ones((5_000, DIM)))
        content = bytearray(path.read_bytes())
        content[9_000] ^= 1
        path.write_bytes(content)
    elif name == "ragged.parquet":
        rows = [[1.0] * DIM, [1.0] * 3]
        parquet.write_table(pa.table({"rows": rows}), path)
    elif name == "null.parquet":
        parquet.write_table(pa.table({"rows": [[1.0] * DIM, None]}), path)
    elif name == "none.parquet":
        parquet.write_table(pa.table({"id": [1]}), path)
    elif name == "stack.npy":
        np.save(path, np.ones((2, 5, DIM)))
    elif name == "wide.npy":
        np.save(path, np.ones((5, 3)))
    else:
        path.write_bytes(b"nothing of the kind")
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut.npy", "is damaged or cut short"),
        ("objects.npy", "is damaged or cut short, or not what"),
        ("two.npz", "holds 2 arrays; name one with --array: a, b"),
        ("cut.npz", "is damaged or cut short"),
        ("changed.npz", "is damaged or cut short"),
        ("columns.npz", "column by column"),
        ("ragged.parquet", "row 1: has 3 numbers instead of 16"),
        ("null.parquet", "row 1: has 0 numbers instead of 16"),
        ("none.parquet", "holds 0 vector columns"),
        ("stack.npy", r"has shape \(2, 5, 16\)"),
        ("wide.npy", "has 3 dimensions, and the export 16"),
        ("words.safetensors", "is damaged"),
        ("words.parquet", "is damaged"),
        ("words.csv", "is no file of vectors that can be streamed"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(exported, tmp_path, name, words):
    path = damage(name, tmp_path)
    with pytest.raises(GapvizError, match=words):
        apply_file(exported, path, "image", tmp_path / "out.npy")
    assert left_over(tmp_path) == []


def test_vectors_in_fewer_bits_are_refused(exported, vectors, tmp_path):
    np.save(tmp_path / "in.npy", (vectors * 100).astype(np.int8))
    with pytest.raises(GapvizError, match="zero point and packing are not known"):
        apply_file(exported, tmp_path / "in.npy", "image", tmp_path / "out.npy")
    narrow = torch.from_numpy(vectors[:8]).to(torch.bfloat16)
    save_torch({"image": narrow}, tmp_path / "in.safetensors")
    with pytest.raises(GapvizError, match="holds BF16, which cannot be streamed"):
        apply_file(exported, tmp_path / "in.safetensors", "image", tmp_path / "out.npy")


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("out.parquet", "neither .npy nor .safetensors"),
        ("none/out.npy", "the folder does not exist"),
        ("in.npy", "is the file that is read"),
        ("there.npy", "is a folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_work(exported, source, tmp_path, out, words):
    (tmp_path / "there.npy").mkdir()
    with pytest.raises(GapvizError, match=words):
        apply_file(exported, source, "image", tmp_path / out)
    with pytest.raises(GapvizError, match="has not seen the modality 'audio'"):
        apply_file(exported, source, "audio", tmp_path / "out.npy")
    with pytest.raises(GapvizError, match="too small"):
        apply_file(exported, source, "image", tmp_path / "out.npy", block_rows=0)


@pytest.fixture
def slow_command(small_export, tmp_path):
    """A run of two hundred blocks, and its output."""
    rows = np.random.default_rng(4).standard_normal((200 * 4_096, DIM)).astype(np.float16)
    np.save(tmp_path / "in.npy", rows)
    out = tmp_path / "out.npy"
    command = [sys.executable, "-m", "gapviz", "apply", small_export, tmp_path / "in.npy",
               "--modality", "image", "--out", out, "--block-rows", "1"]  # fmt: skip
    return command, out, rows


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_command_goes_on_to_the_same_bits(exported, slow_command, tmp_path, how):
    command, out, rows = slow_command
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until((tmp_path / ".out.npy.progress.json").exists)
    os.kill(process.pid, how)
    told, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert told == "" and not out.exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert complaint == "gapviz: stopped; the same command goes on from here.\n"
    again = subprocess.run(
        [*command[:-1], "100000", "--json"], capture_output=True, text=True, check=True
    )
    assert 0 < json.loads(again.stdout)["resumed_from"] < len(rows)
    expected = exported.transform(rows, "image").astype(np.float16)
    np.testing.assert_array_equal(np.load(out), expected)
    assert left_over(tmp_path) == ["out.npy"]


def test_an_archive_is_no_place_to_hide_a_name(exported, vectors, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.npz", "w") as archive:
        archive.writestr("../evil.npy", b"x")
    with pytest.raises(GapvizError, match="is damaged"):
        apply_file(exported, tmp_path / "in.npz", "image", tmp_path / "out.npy")
