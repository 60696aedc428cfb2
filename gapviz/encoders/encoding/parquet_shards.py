"""Shards of encoded vectors as Parquet files, with a checksum as other shards have it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.storage.cache import CHECKSUM, Arrays, checksum
from gapviz.storage.files import private_folder, write_atomically

_log = logging.getLogger(__name__)

Read = Callable[[str], npt.NDArray[Any]]
COLUMNS = {"digests": "key", "vectors": "vector"}
"""Column of each array of a shard."""


def write_parquet_shard(path: Path, arrays: Arrays) -> None:
    """Write keys `(n, 32)` bytes and vectors `(n, dim)`, whole or not at all.

    Raises:
        OSError: a folder that cannot be written, or a full disk.
    """
    import pyarrow as pa
    from pyarrow import parquet

    digests, vectors = arrays["digests"], arrays["vectors"]
    key = pa.array([row.tobytes() for row in digests], pa.binary(digests.shape[1]))
    rows = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    table = pa.table({"key": key, "vector": rows})
    table = table.replace_schema_metadata({CHECKSUM: checksum(arrays)})
    content = io.BytesIO()
    parquet.write_table(table, content)
    private_folder(path.parent)
    write_atomically(path, content.getvalue(), private=True)


def read_parquet_shard(
    path: Path, wanted: Callable[[Read], bool]
) -> dict[str, npt.NDArray[Any]] | None:
    """What `write_parquet_shard` wrote, or None; a damaged file is removed.

    Args:
        path: of the file.
        wanted: given a function that reads one array by name, unchecked: whether to read the rest.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        # Read whole: pyarrow would hold the file open, and map it.
        file = parquet.ParquetFile(io.BytesIO(path.read_bytes()))

        def read(name: str) -> npt.NDArray[Any]:
            cells = file.read([COLUMNS[name]]).column(0).combine_chunks()
            if name == "digests":
                content = b"".join(cells.to_pylist())
                return np.frombuffer(content, dtype=np.uint8).reshape(len(cells), -1)
            return np.asarray(cells.flatten().to_numpy()).reshape(len(cells), -1)

        if not wanted(read):
            return None
        arrays = {name: read(name) for name in COLUMNS}
        told = (file.schema_arrow.metadata or {}).get(CHECKSUM.encode(), b"").decode()
        if told == checksum(arrays):
            return arrays
        damage = "its checksum differs"
    except FileNotFoundError:
        return None
    except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
        damage = str(error)
    except OSError as error:
        # pyarrow says so of damage, too; the file itself may be whole.
        _log.warning("%s cannot be read (%s) and is passed over", path, error)
        return None
    _log.warning("%s is damaged (%s) and is removed", path, damage)
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return None
