"""What other libraries hold, as NumPy arrays and as values of Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError

Numbers = npt.NDArray[Any]


def of_library(value: object, library: str) -> bool:
    """Whether an object is of that library, which need not be imported for it."""
    return type(value).__module__.partition(".")[0] == library


def is_tensor(value: object) -> bool:
    """Whether an object is a tensor as PyTorch has them, wherever it lies."""
    return hasattr(value, "detach") and hasattr(value, "cpu")


def is_arrow(value: object) -> bool:
    """Whether an object gives its columns by the Arrow PyCapsule protocol, and is no pandas."""
    speaks = hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")
    return speaks and not of_library(value, "pandas")


def array_of_tensor(tensor: Any) -> Numbers:
    """A tensor as an array: without its gradient, off the GPU, bfloat16 as float32."""
    plain = tensor.detach().cpu()
    if getattr(plain, "is_sparse", False):
        plain = plain.to_dense()
    try:
        found = plain.numpy()
    except (TypeError, RuntimeError):
        # NumPy has no bfloat16, and no lazily conjugated or negated numbers.
        found = plain.float().numpy()
    return np.asarray(found)


def is_missing(value: object) -> bool:
    """Whether a value stands for none: None, NaN, and the marks of pandas."""
    if value is None:
        return True
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return type(value).__name__ in ("NAType", "NaTType")


def plain_value(value: Any) -> Any:
    """A value as Python's own: scalars and arrays of NumPy and tensors too; None where missing."""
    if is_tensor(value):
        value = array_of_tensor(value)
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(one) for one in value]
    return None if is_missing(value) else value


def plain_values(values: Any, *, where: str) -> list[Any]:
    """The values of a column, whatever holds it, one a row; None where one is missing.

    Raises:
        GapvizError: no column at all.
    """
    if not hasattr(values, "__iter__") or isinstance(values, str | bytes | Mapping):
        raise GapvizError(
            f"is {kind_of(values)} instead of one value a row", where=where, hint="give a list"
        )
    try:
        found = _listed(values)
    except Exception as error:  # whatever a foreign object raises
        raise unread(values, error, where=where) from error
    return [plain_value(one) for one in found]


def _listed(values: Any) -> Iterable[Any]:
    if is_tensor(values):
        values = array_of_tensor(values)
    if is_arrow(values) and hasattr(values, "to_pylist"):
        found: Iterable[Any] = values.to_pylist()
    elif hasattr(values, "tolist") or hasattr(values, "to_list"):
        # A categorical column of pandas gives its categories so, and not their codes.
        found = values.tolist() if hasattr(values, "tolist") else values.to_list()
    else:
        found = list(values)
    return found if isinstance(found, list | tuple) else [found]


def unread(values: object, error: Exception, *, where: str) -> GapvizError:
    """That an object of another library could not be read, with what it said."""
    if isinstance(error, GapvizError):
        return error
    told = " ".join(str(error).split())[:200] or type(error).__name__
    return GapvizError(
        f"is {kind_of(values)} that cannot be read ({told})",
        where=where,
        hint="give a list or a NumPy array",
    )


def kind_of(value: object) -> str:
    """What an object is, in words: `one text`, `a mapping`."""
    known = {str: "one text", bytes: "bytes", type(None): "None"}
    if type(value) in known:
        return known[type(value)]
    if isinstance(value, Mapping):
        return "a mapping"
    return f"an object of the type {type(value).__name__}"
