"""The arrays that ship, in a sixth less room, bit for bit.

Signs and exponents of floats repeat and mantissas do not: with the first bytes of all numbers
side by side, then the second ones, deflate finds what there is to save.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

DEFLATED = "deflated"
"""Key of a file's metadata: type and shape of each array that is stored so, by name, as JSON."""


def deflated(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """A safetensors file in which each array is the deflated bytes of `inflated`.

    The same arrays give the same file with the same zlib.
    """
    tensors = {
        name: np.frombuffer(zlib.compress(_bytes_of(array).T.tobytes(), 9), dtype=np.uint8)
        for name, array in arrays.items()
    }
    stored = {name: [arrays[name].dtype.str, arrays[name].shape] for name in sorted(arrays)}
    content: bytes = save(tensors, {DEFLATED: json.dumps(stored)})
    return content


def inflated(tensor: npt.NDArray[np.uint8], kind: str, shape: list[int]) -> npt.NDArray[Any]:
    """The array that `deflated` was given.

    Args:
        tensor: its bytes as stored.
        kind: its type, as numpy writes it.
        shape: its shape.

    Raises:
        ValueError: the bytes are damaged.
    """
    dtype = np.dtype(kind)
    size = math.prod(shape) * dtype.itemsize
    stream = zlib.decompressobj()
    try:
        # One byte more than there should be, so that the checksum at the end is read as well.
        content = stream.decompress(tensor.tobytes(), size + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(content) != size or not stream.eof:
        raise ValueError("the deflated bytes are cut short")
    planes = np.frombuffer(content, dtype=np.uint8).reshape(dtype.itemsize, math.prod(shape))
    return np.ascontiguousarray(planes.T).view(dtype).reshape(shape)


def _bytes_of(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """`(n_numbers, bytes of each)`."""
    return np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8)
