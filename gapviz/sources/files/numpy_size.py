"""What a `.npy` or `.npz` takes in memory, from its headers."""

from __future__ import annotations

import math
import warnings
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.sources.files.limits import ROW_BYTES, refuse_many, refuse_over

MAGIC = b"\x93NUMPY"
ZIP = b"PK\x03\x04"


def refuse_large_arrays(path: Path) -> None:
    """Refuse NumPy's file where an array declares more than there is, or than is allowed.

    A file of neither kind passes: whoever reads it says what is wrong.

    Raises:
        GapvizError: as `refuse_over`, or a header that declares more than the file holds.
        OSError, ValueError, zipfile.BadZipFile: the file cannot be read, or is damaged.
    """
    stored = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
        file.seek(0)
        if start == MAGIC:
            refuse_over(_array_bytes(file, stored, path.name), stored, path.name)
        elif start.startswith(ZIP):
            _refuse_archive(file, stored, path.name)


def _refuse_archive(file: IO[bytes], stored: int, where: str) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        refuse_many(len(members), where)
        refuse_over(sum(member.file_size for member in members), stored, where)
        total = 0
        for member in members:
            with archive.open(member) as content:
                total += _array_bytes(content, member.file_size, f"{where}, {member.filename}")
        refuse_over(total, stored, where)


def _array_bytes(content: IO[bytes], size: int, where: str) -> int:
    """Bytes in memory of one array, with what its rows cost as objects; `size` on disk."""
    if content.read(len(MAGIC)) != MAGIC:
        return size
    content.seek(0)
    shape, _, dtype = npy_header(content)
    if not all(length >= 0 for length in shape):
        raise ValueError(f"the shape {shape} is none")
    count = math.prod(shape)
    declared = count * dtype.itemsize
    # Values of no bytes, such as empty texts, would cost nothing and still fill a list.
    if count * max(dtype.itemsize, 1) > size - content.tell() and not dtype.hasobject:
        raise GapvizError(
            f"is damaged or cut short: it declares {'×'.join(map(str, shape))} values of "
            f"{dtype} ({declared:,} bytes) in {size:,} bytes",
            where=where,
            hint="save it again",
        )
    of_rows = shape[:-1] if len(shape) > 1 and dtype.kind not in "US" else shape
    return declared + ROW_BYTES * math.prod(of_rows)


def npy_header(content: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether it is stored column by column, and type; the numbers come next.

    Raises:
        ValueError: the header is damaged.
    """
    version = np.lib.format.read_magic(content)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape, by_columns, dtype = read(content)
    return shape, by_columns, dtype
