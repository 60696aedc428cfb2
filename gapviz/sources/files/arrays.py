"""NumPy files: a stacked `.npy`, or an `.npz` of named modalities."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.sources.files.named_arrays import ENCODER_NAME, reading_of_arrays
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.files.rows import Rows, reading_of
from gapviz.sources.files.sidecar import sidecar_facts

# What numpy and zipfile raise on files that were cut short, altered or never theirs.
DAMAGE = (
    ValueError,
    EOFError,
    OSError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    LookupError,
    ArithmeticError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)

USUAL_MODALITIES = ("image", "text")


def read_stacked(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A `.npy` of shape (M, n, dim), row i of each matrix one item's.

    Two matrices are image and text unless `options.modalities` names them; more have to be
    named. Ids, captions, labels and image paths may stand in `<stem>.csv`, `.jsonl` or
    `.parquet` beside it.

    Raises:
        GapvizError: not a NumPy file, Python objects inside, another shape, or bad rows.
    """
    array = load_array(path)
    if array.ndim != 3 or 0 in array.shape:
        raise GapvizError(
            f"has shape {array.shape} instead of (2, rows, dimensions)",
            where=path.name,
            hint="stack the image rows and the text rows: np.stack([image, text])",
        )
    names = options.modalities or USUAL_MODALITIES
    if len(names) != array.shape[0] or len(set(names)) != len(names):
        raise GapvizError(
            f"stacks {array.shape[0]} matrices of {array.shape[1]} rows, but "
            f"{len(set(names))} modalities are named ({', '.join(names)})",
            where=path.name,
            hint="name each modality of the stack, in its order",
        )
    blocks = {
        name: Rows(array[code], where=f"{path.name}, {name}") for code, name in enumerate(names)
    }
    facts = sidecar_facts(path.parent, [path.stem], options)
    root = options.image_folder or path.parent
    return reading_of(path.stem, blocks, facts, encoder=options.encoder, root=root)


def read_named(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """An `.npz` with one (n, dim) array a modality, under the modality's name.

    Row i of every modality belongs to item i; a modality with fewer rows leaves the later
    items without a vector. Lists beside them say more: `ids`, `captions`, `labels`,
    `image_paths`, and `<modality>_ids`, the item of each row of that modality; one text,
    `encoder`, what made the vectors. Without such lists they are looked for in
    `<stem>.csv`, `.jsonl` or `.parquet`.

    Raises:
        GapvizError: not an archive, Python objects inside, no arrays, a list that is no
            fact, or bad rows.
    """
    archive = _load(path)
    if isinstance(archive, np.ndarray):
        raise GapvizError("is a single array", where=path.name, hint="rename it to .npy")
    try:
        with archive:
            arrays = {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise _damage_told(path, error) from error
    if not arrays:
        raise GapvizError("holds no arrays", where=path.name, hint="save one array a modality")
    encoder = arrays.get(ENCODER_NAME)
    if isinstance(encoder, np.ndarray) and encoder.ndim == 0 and encoder.dtype.kind == "U":
        del arrays[ENCODER_NAME]
    else:
        encoder = None
    return reading_of_arrays(
        path,
        {name: np.asarray(array) for name, array in arrays.items()},
        options,
        root=options.image_folder or path.parent,
        facts=sidecar_facts(path.parent, [path.stem], options),
        encoder=None if encoder is None else str(encoder),
    )


def load_array(path: Path) -> npt.NDArray[np.generic]:
    """The array of one `.npy` file.

    Raises:
        GapvizError: no such file, not a NumPy file, an archive, or Python objects inside.
    """
    array = _load(path)
    if not isinstance(array, np.ndarray):
        raise GapvizError("is an .npz archive", where=path.name, hint="rename it to .npz")
    return array


def _load(path: Path) -> npt.NDArray[np.generic] | np.lib.npyio.NpzFile:
    try:
        loaded: npt.NDArray[np.generic] | np.lib.npyio.NpzFile = np.load(path, allow_pickle=False)
        return loaded
    except FileNotFoundError as error:
        raise GapvizError(
            "there is no such file", where=str(path), hint="check the path"
        ) from error
    except IsADirectoryError as error:
        raise GapvizError("is a folder", where=str(path), hint="name a file in it") from error
    except DAMAGE as error:
        raise _damage_told(path, error) from error


def _damage_told(path: Path, error: Exception) -> GapvizError:
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
