"""The drawings and their names as encoders of one modality see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, read_only, unit_rows
from gapviz.sources.builtin.shipped import shipped_folder, shipped_tensors

DEDICATED_FILE = "dedicated.safetensors"

ENCODERS = {"image": "efficientnet-lite0", "text": "minilm"}
"""By modality, the single-modality encoder as `load_any_encoder` takes it: the tower alone,
without the trained head."""

TITLES = {"image": "EfficientNet-lite0", "text": "all-MiniLM-L6-v2"}

PARTS = ("shape", "present", "values")


@dataclass(frozen=True, eq=False)
class DedicatedVectors:
    """One modality of a whole collection through an encoder made for it alone."""

    modality: str
    title: str
    """Of the encoder, for people."""
    vectors: Float32
    """`(n_items, dim)` unit rows; row i is item i's picture or first caption."""


def dedicated_vectors(modality: str) -> DedicatedVectors:
    """The single-modality vectors of the built-in collection; needs no encoder library.

    They are the features of the frozen towers that the built-in encoder and all its
    variants stand on, so a difference from the joint space is what the head did.

    Args:
        modality: `image` or `text`.

    Raises:
        GapvizError: another modality, or the shipped file is missing or damaged.
    """
    if modality not in ENCODERS:
        raise GapvizError(
            f"there is no dedicated encoder for {modality[:80]!r}",
            where="the built-in collection",
            hint=f"choose {' or '.join(ENCODERS)}",
        )
    path = shipped_folder("builtin") / DEDICATED_FILE
    stored = shipped_tensors(path, [f"{modality}.{part}" for part in PARTS])
    shape, present, values = (stored[f"{modality}.{part}"] for part in PARTS)
    vectors = np.zeros(shape, dtype=np.float32)
    vectors[np.unpackbits(present, count=vectors.size).astype(np.bool_).reshape(shape)] = values
    unit = read_only(unit_rows(vectors, where=str(path)))
    return DedicatedVectors(modality, TITLES[modality], unit)


def packed(vectors: Float32, modality: str) -> dict[str, npt.NDArray[Any]]:
    """What `dedicated_vectors` reads: half of EfficientNet's features are exactly zero, so
    only the others are stored, as float16, with a bit for each that tells which they are.
    """
    shape = np.array(vectors.shape, dtype=np.int64)
    parts = (shape, np.packbits(vectors != 0), vectors[vectors != 0].astype(np.float16))
    return {f"{modality}.{part}": array for part, array in zip(PARTS, parts, strict=True)}
