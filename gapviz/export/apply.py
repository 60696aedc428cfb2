"""A vectors file of any size through an exported strategy, in bounded memory, resumable."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import parsed_json
from gapviz.core.progress import Progress, no_progress
from gapviz.export.folder import Exported
from gapviz.export.vector_files import open_vectors
from gapviz.storage.files import alone, unwritable, write_atomically
from gapviz.strategies.base import BLOCK_ROWS, refuse_unseen

DEFAULT_BLOCK = 16_384
ENDINGS = (".npy", ".safetensors")
TENSOR = "vectors"
"""Name of the tensor in a safetensors file that is written."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written."""

    out: Path
    n_rows: int
    dim: int
    dtype: str
    modality: str
    resumed_from: int
    """Rows that an earlier run had left done."""


def apply_file(
    exported: Exported,
    source: Path,
    modality: str,
    out: Path,
    *,
    queries: bool = False,
    array: str | None = None,
    block_rows: int = DEFAULT_BLOCK,
    progress: Progress = no_progress,
) -> Applied:
    """Move every row of a file, and write them as `.npy` or `.safetensors`.

    Rows are moved in tiles of 4,096 counted from the first row, as `Exported.transform` moves
    them, so that the output is the same, bit for bit, whatever the block size and wherever a
    run was stopped. float16 stays float16; everything else becomes float32.

    Args:
        exported: as `load_exported` gives it.
        source: as `open_vectors` takes it.
        modality: of all rows.
        out: the file to write; what stood there is replaced at the end.
        queries: whether the rows ask, instead of being indexed.
        array: the array, tensor or column, where there are several.
        block_rows: rows in memory at once, rounded up to whole tiles.
        progress: told after every block; raising there stops the run, which then goes on
            from that block when it is started again.

    Raises:
        GapvizError: bad vectors, a modality or dimension that was not exported, or a disk
            that is full; then nothing is left of the output. Another run that writes it: then
            that one goes on.
    """
    if block_rows < 1:
        raise GapvizError(f"a block of {block_rows} rows is too small", hint="give 1 or more")
    refuse_unseen(modality, dict.fromkeys(exported.card.modalities))
    vectors = open_vectors(source, array)
    exported.refuse_other(vectors.dim, source.name)
    _refuse_bad_output(out, source)
    dtype = np.dtype(np.float16 if vectors.dtype == np.float16 else np.float32)
    header = _header(out, (vectors.n_rows, vectors.dim), dtype)
    stat = source.stat()
    work = {
        "export": hashlib.sha256(exported.card.to_json().encode()).hexdigest(),
        "source": [str(source.absolute()), stat.st_size, stat.st_mtime_ns],
        "array": array,
        "modality": modality,
        "queries": queries,
        "header": hashlib.sha256(header).hexdigest(),
    }
    partial = _Partial(out, work)
    move = exported.transform_queries if queries else exported.transform
    tiles = -(-block_rows // BLOCK_ROWS)
    with _sole_writer(out):
        try:
            done = resumed = partial.rows_done()
            with partial.opened(header, done * vectors.dim * dtype.itemsize) as file:
                for block in vectors.blocks(done, tiles * BLOCK_ROWS):
                    where = source.name if done == 0 else f"{source.name}, counted from row {done}"
                    moved = move(block, modality, where=where)
                    file.write(np.ascontiguousarray(moved, dtype=dtype).data)
                    done += len(block)
                    partial.note(file, done)
                    progress(done / vectors.n_rows, f"{done:,} of {vectors.n_rows:,} rows")
            partial.finish()
        except (OSError, GapvizError) as error:
            partial.remove()
            if isinstance(error, OSError):
                raise unwritable(out, error) from error
            raise
    return Applied(out, vectors.n_rows, vectors.dim, str(dtype), modality, resumed)


@contextmanager
def _sole_writer(out: Path) -> Iterator[None]:
    """Its unfinished file belongs to one run; another one at the same time is refused."""
    with ExitStack() as held:
        try:
            held.enter_context(alone(out))
        except OSError as error:
            raise unwritable(out, error) from error
        yield


class _Partial:
    """The unfinished output beside its place, and how far it is; `work` tells runs apart."""

    def __init__(self, out: Path, work: Mapping[str, Any]) -> None:
        self._out = out
        self._content = out.with_name(f".{out.name}.partial")
        self._progress = out.with_name(f".{out.name}.progress.json")
        self._work = dict(work)

    def rows_done(self) -> int:
        """Rows that an earlier run of the very same work has written."""
        try:
            told = parsed_json(self._progress.read_text("utf-8"))
            size = self._content.stat().st_size
            if told["work"] == self._work and size >= told["bytes"]:
                return int(told["rows"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return 0

    def opened(self, header: bytes, n_bytes: int) -> IO[bytes]:
        """The file, cut to what is done and positioned there."""
        if not n_bytes:
            self._progress.unlink(missing_ok=True)
            self._content.write_bytes(header)
        file = self._content.open("r+b")
        file.truncate(len(header) + n_bytes)
        file.seek(len(header) + n_bytes)
        return file

    def note(self, file: IO[bytes], rows: int) -> None:
        """Put what is written onto the disk, and only then say so."""
        file.flush()
        os.fsync(file.fileno())
        told = {"work": self._work, "rows": rows, "bytes": file.tell()}
        write_atomically(self._progress, json.dumps(told).encode())

    def finish(self) -> None:
        """Put the whole file in its place."""
        os.replace(self._content, self._out)
        self._progress.unlink(missing_ok=True)

    def remove(self) -> None:
        """Leave nothing."""
        self._content.unlink(missing_ok=True)
        self._progress.unlink(missing_ok=True)


def _refuse_bad_output(out: Path, source: Path) -> None:
    if out.suffix.lower() not in ENDINGS:
        raise GapvizError(
            "is neither .npy nor .safetensors", where=out.name, hint=f"name {out.stem}.npy"
        )
    if out.is_dir():
        raise GapvizError("is a folder", where=str(out), hint="name a file")
    if not out.absolute().parent.is_dir():
        raise GapvizError("the folder does not exist", where=str(out.parent), hint="make it first")
    if out.exists() and out.samefile(source):
        raise GapvizError("is the file that is read", where=str(out), hint="write to another file")


def _header(out: Path, shape: tuple[int, int], dtype: np.dtype[Any]) -> bytes:
    if out.suffix.lower() == ".npy":
        buffer = io.BytesIO()
        like = np.broadcast_to(np.zeros((), dtype), shape)
        described = np.lib.format.header_data_from_array_1_0(like)
        np.lib.format.write_array_header_1_0(buffer, described)
        return buffer.getvalue()
    name = "F16" if dtype == np.float16 else "F32"
    end = shape[0] * shape[1] * dtype.itemsize
    told = {TENSOR: {"dtype": name, "shape": list(shape), "data_offsets": [0, end]}}
    text = json.dumps(told).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
