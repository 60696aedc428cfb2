"""Results as plain values that any JSON reader takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

VERSION = 2
"""Of the JSON: since 2 an estimate is always `{"value", "low", "high"}`."""


class JsonFields:
    """A dataclass that tells its own fields as plain values."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Its fields by name, as `plain_json` writes them; NaN becomes None."""
        plain: dict[str, Any] = plain_json(self)
        return plain


def plain_json(value: Any) -> Any:
    """A result as dicts, lists, strings, numbers and None.

    A dataclass becomes a dict of its fields, an array a list; of a mapping by direction the key
    `("image", "text")` becomes `image->text`. What is no finite number is None, since JSON has
    no NaN.

    >>> plain_json({("image", "text"): np.array([0.5, np.nan])})
    {'image->text': [0.5, None]}
    """
    if is_dataclass(value):
        return {field.name: plain_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_name(key): plain_json(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain_json(value.tolist())
    if isinstance(value, tuple | list):
        return [plain_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def versioned(figures: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as plain values, with the version of its form."""
    return {"version": VERSION, **plain_json(figures)}


def _name(key: Any) -> str:
    return "->".join(map(str, key)) if isinstance(key, tuple) else str(key)


def parsed_json(text: str | bytes) -> Any:
    """The value of a JSON text that came from a file.

    Stricter than Python's own reader, which takes NaN, infinite numbers, and halves of surrogate
    pairs, which nothing can print or write again.

    Raises:
        ValueError: any of these, nested too deeply, or no JSON at all.
    """
    try:
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        escape = b"\\ud" if isinstance(text, bytes) else "\\ud"
        if escape in text.lower():  # type: ignore[operator]
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large")
    return number
