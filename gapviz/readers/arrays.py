"""NumPy files: a stacked `.npy`, or an `.npz` of named modalities."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gapviz.collection import Collection, ModalityVectors, alternate_splits, items_of_rows
from gapviz.errors import GapvizError

# What numpy and zipfile raise on files that were cut short, altered or never theirs.
DAMAGE = (
    ValueError,
    EOFError,
    OSError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_stacked(path: Path) -> Collection:
    """A `.npy` of shape (2, n, dim): `[0]` image, `[1]` text, row i of each one pair.

    Raises:
        GapvizError: not a NumPy file, Python objects inside, another shape, or bad rows.
    """
    array = _load(path)
    if not isinstance(array, np.ndarray):
        raise GapvizError("is an .npz archive", where=path.name, mend="rename it to .npz")
    if array.ndim != 3 or array.shape[0] != 2:
        raise GapvizError(
            f"has shape {array.shape} instead of (2, rows, dimensions)",
            where=path.name,
            mend="stack the image rows and the text rows: np.stack([image, text])",
        )
    return _collection(path, {"image": array[0], "text": array[1]})


def read_named(path: Path) -> Collection:
    """An `.npz` with one (n, dim) array a modality, under the modality's name.

    Row i of every modality belongs to item i; a modality with fewer rows leaves the later
    items without a vector.

    Raises:
        GapvizError: not an archive, Python objects inside, no arrays, or bad rows.
    """
    archive = _load(path)
    if isinstance(archive, np.ndarray):
        raise GapvizError("is a single array", where=path.name, mend="rename it to .npy")
    try:
        with archive:
            arrays = {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise _damage_told(path, error) from error
    if not arrays:
        raise GapvizError("holds no arrays", where=path.name, mend="save one array a modality")
    return _collection(path, arrays)


def _collection(path: Path, arrays: dict[str, npt.NDArray[np.generic]]) -> Collection:
    modalities = {
        name: ModalityVectors.of(rows, where=f"{path.name}, {name}")
        for name, rows in arrays.items()
    }
    n_items = max(block.n_rows for block in modalities.values())
    return Collection(
        name=path.stem,
        items=items_of_rows(n_items),
        modalities=modalities,
        splits=alternate_splits(n_items),
        encoder="unknown",
    )


def _load(path: Path) -> npt.NDArray[np.generic] | np.lib.npyio.NpzFile:
    try:
        loaded: npt.NDArray[np.generic] | np.lib.npyio.NpzFile = np.load(path, allow_pickle=False)
        return loaded
    except FileNotFoundError as error:
        raise GapvizError(
            "there is no such file", where=str(path), mend="check the path"
        ) from error
    except IsADirectoryError as error:
        raise GapvizError("is a folder", where=str(path), mend="name a file in it") from error
    except DAMAGE as error:
        raise _damage_told(path, error) from error


def _damage_told(path: Path, error: Exception) -> GapvizError:
    # numpy takes whatever it does not recognise for a pickle; a real one starts with 0x80.
    pickled = "pickled" in str(error) and path.read_bytes()[:1] == b"\x80"
    if pickled or "Object arrays" in str(error):
        return GapvizError(
            "is not a plain array of numbers (it would have to be unpickled)",
            where=path.name,
            mend="save numbers with np.save or np.savez, without Python objects",
        )
    return GapvizError(
        "is not a NumPy file, or is cut short",
        where=path.name,
        mend="save it again with np.save or np.savez",
    )
