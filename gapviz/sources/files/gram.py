"""A matrix of cosines as CSV: vectors that have exactly these cosines.

A Gram matrix G = VVᵀ fixes V up to one rotation, so that the collection is marked as `rotated`:
figures by dimension are left out, and no other depends on it. With G = QΛQᵀ, V = QΛ^½.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_name
from gapviz.core.vectors import Float64
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.named_arrays import USUAL_MODALITIES
from gapviz.sources.files.pairing import VectorRows, reading_of

MAX_ROWS = 6_000
"""Rows of the largest matrix: its eigenvectors take about half a minute."""

ROUNDING = 1e-4
"""How far a cosine may be off, in what is given and in what comes of it."""

DIAGONAL_ROUNDING = 5e-3
"""The same of the diagonal, where half precision squares its error."""

FIRST_LINE_BYTES = 8 * 1024**2


def is_gram_file(path: Path) -> bool:
    """Whether a `.csv` starts with a line of numbers, and so is no table with a header."""
    return has_ending(".csv")(path) and _first_numbers(path) > 1


def read_gram(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A square `.csv` of cosines: image rows first, then their texts, or `options.modalities`.

    Raises:
        GapvizError: not a square matrix of cosines, not symmetric, not positive
            semidefinite beyond rounding, or rows that the modalities cannot share evenly.
    """
    named = tuple(map(modality_name, options.modalities))
    blocks = gram_blocks(path, named or USUAL_MODALITIES)
    return reading_of(path.stem, blocks, encoder=options.encoder or path.stem, rotated=True)


def gram_blocks(path: Path, modalities: Sequence[str]) -> dict[str, VectorRows]:
    """Rows by modality whose cosines are those of the file.

    Raises:
        GapvizError: as `read_gram`.
    """
    gram = _load(path)
    n_blocks = len(set(modalities))
    if n_blocks != len(modalities) or len(gram) % n_blocks:
        raise GapvizError(
            f"{len(gram)} rows cannot be shared evenly by {n_blocks} modalities "
            f"({', '.join(modalities)})",
            where=path.name,
            hint="name each modality of the matrix, in its order",
        )
    vectors = _vectors_of(gram, where=path.name)
    size = len(gram) // n_blocks
    return {
        name: VectorRows(vectors[code * size : (code + 1) * size], where=f"{path.name}, {name}")
        for code, name in enumerate(modalities)
    }


def _load(path: Path) -> Float64:
    n_columns = _first_numbers(path)
    if n_columns > MAX_ROWS:
        raise GapvizError(
            f"holds {n_columns:,} columns of cosines, which is too many to find vectors for",
            where=path.name,
            hint=f"give at most {MAX_ROWS:,}, or the vectors themselves",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a file without rows, which is refused below
            gram = np.loadtxt(path, delimiter=",", ndmin=2, encoding="utf-8", comments=None)
    except (ValueError, OSError, MemoryError) as error:
        raise GapvizError(
            "is not a table of numbers, or is damaged or cut short",
            where=path.name,
            hint="write one row of cosines a line, separated by commas",
        ) from error
    _refuse_other_matrices(gram, where=path.name)
    return (gram + gram.T) / 2


def _refuse_other_matrices(gram: Float64, *, where: str) -> None:
    if gram.shape[0] != gram.shape[1] or not gram.size:
        raise GapvizError(
            f"has {gram.shape[0]} rows of {gram.shape[1]} numbers, so it is no square matrix "
            "of cosines",
            where=where,
            hint="give the whole matrix, or vectors as .npy or .npz",
        )
    if not np.isfinite(gram).all():
        raise GapvizError(
            "holds NaN or infinite cosines, and without them there are no vectors to be found",
            where=where,
            hint="compute the matrix again, or give the vectors as .npy or .npz",
        )
    if np.abs(gram - gram.T).max() > ROUNDING:
        raise GapvizError(
            "is not symmetric, so it holds no cosines of one set with itself",
            where=where,
            hint="give the full matrix of all rows with all rows",
        )
    if np.abs(np.diagonal(gram) - 1).max() > DIAGONAL_ROUNDING:
        raise GapvizError(
            "has other values than 1 on the diagonal, so it holds no cosines",
            where=where,
            hint="normalise the vectors before multiplying them",
        )


def _vectors_of(gram: Float64, *, where: str) -> Float64:
    lengths = np.sqrt(np.diagonal(gram))
    cosines = gram / np.outer(lengths, lengths)
    values, axes = np.linalg.eigh(cosines)
    kept = values > len(gram) * np.finfo(np.float64).eps * values[-1]
    vectors: Float64 = axes[:, kept] * np.sqrt(values[kept])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    off = np.abs((vectors / norms) @ (vectors / norms).T - cosines).max()
    if not off <= ROUNDING:
        raise GapvizError(
            "no vectors have these cosines: the matrix is not positive semidefinite (lowest "
            f"eigenvalue {values[0]:.2g})",
            where=where,
            hint="compute the matrix from vectors, with at least four decimals",
        )
    return vectors


def _first_numbers(path: Path) -> int:
    """Count of the numbers in the first line; 0 where it holds anything else."""
    try:
        with path.open("rb") as file:
            cells = file.readline(FIRST_LINE_BYTES).decode("utf-8-sig").split(",")
        for cell in cells:
            float(cell)
    except (ValueError, OSError):
        return 0
    return len(cells)


FORMAT = Format(
    "gram",
    "a square matrix of cosines (.csv)",
    is_gram_file,
    read_gram,
    priority=22,
    endings=(".csv",),
    hint="write one row of cosines a line, without headings",
    has_columns=False,
)
