"""NumPy's own files, opened without ever unpickling anything; a stack of modalities as `.npy`."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_name
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.item_metadata import find_metadata
from gapviz.sources.files.named_arrays import USUAL_MODALITIES, unused_columns
from gapviz.sources.files.numpy_size import refuse_large_arrays
from gapviz.sources.files.pairing import VectorRows, reading_of

# What zipfile raises on archives that were cut short, altered, encrypted or never theirs.
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
)

# The same of numpy, which reads archives by zipfile.
DAMAGE = (
    *ZIP_DAMAGE,
    MemoryError,
    TypeError,
    LookupError,
    ArithmeticError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
)


def load_array(path: Path) -> npt.NDArray[np.generic]:
    """The array of one `.npy` file.

    Raises:
        GapvizError: no such file, not a NumPy file, an archive, or Python objects inside.
    """
    array = load_numpy(path)
    if not isinstance(array, np.ndarray):
        raise GapvizError("is an .npz archive", where=path.name, hint="rename it to .npz")
    return array


def load_numpy(path: Path) -> npt.NDArray[np.generic] | np.lib.npyio.NpzFile:
    """The array of an `.npy`, or the archive of an `.npz`, of which nothing is read yet.

    Raises:
        GapvizError: no such file, not a NumPy file, Python objects inside, or more than is
            allowed.
    """
    try:
        refuse_large_arrays(path)
        loaded: npt.NDArray[np.generic] | np.lib.npyio.NpzFile = np.load(path, allow_pickle=False)
        return loaded
    except GapvizError:
        raise
    except FileNotFoundError as error:
        raise GapvizError(
            "there is no such file", where=str(path), hint="check the path"
        ) from error
    except IsADirectoryError as error:
        raise GapvizError("is a folder", where=str(path), hint="name a file in it") from error
    except DAMAGE as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> GapvizError:
    """What to say of a file where NumPy raised `error`, one of `DAMAGE`."""
    # numpy takes whatever it does not recognise for a pickle; a real one starts with 0x80.
    pickled = "pickled" in str(error) and path.read_bytes()[:1] == b"\x80"
    if pickled or "Object arrays" in str(error):
        return GapvizError(
            "is not a plain array of numbers (it would have to be unpickled)",
            where=path.name,
            hint="save numbers with np.save or np.savez, without Python objects",
        )
    return GapvizError(
        "is not a NumPy file, or is cut short",
        where=path.name,
        hint="save it again with np.save or np.savez",
    )


def read_stacked(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A `.npy` of shape (M, n, dim), row i of each matrix one item's.

    Two matrices are image and text unless `options.modalities` names them; more have to be
    named, and so has a single one, of shape (n, dim). Ids, captions, labels and image paths
    may be given in a table `<stem>.csv`, `.tsv`, `.jsonl` or `.parquet` beside it.

    Raises:
        GapvizError: not a NumPy file, Python objects inside, another shape, or bad rows.
    """
    array = load_array(path)
    if array.ndim == 2 and len(options.modalities) == 1:
        array = array[None]
    if array.ndim != 3 or 0 in array.shape:
        raise GapvizError(
            f"has shape {array.shape} instead of (2, rows, dimensions)",
            where=path.name,
            hint="stack the image rows and the text rows: np.stack([image, text])",
        )
    names = tuple(map(modality_name, options.modalities)) or USUAL_MODALITIES
    if len(names) != array.shape[0] or len(set(names)) != len(names):
        raise GapvizError(
            f"stacks {array.shape[0]} matrices of {array.shape[1]} rows, but "
            f"{len(set(names))} modalities are named ({', '.join(names)})",
            where=path.name,
            hint="name each modality of the stack, in its order",
        )
    blocks = {
        name: VectorRows(array[code], where=f"{path.name}, {name}")
        for code, name in enumerate(names)
    }
    metadata = find_metadata(path.parent, path.stem, options)
    return reading_of(
        path.stem,
        blocks,
        metadata,
        encoder=options.encoder,
        root=options.image_folder or path.parent,
        skipped=unused_columns(options) if metadata is None else (),
        options=options,
    )


FORMAT = Format(
    "npy",
    "a stacked .npy of shape (modalities, rows, dimensions)",
    has_ending(".npy"),
    read_stacked,
    priority=12,
    endings=(".npy",),
)
