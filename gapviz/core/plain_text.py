"""Texts out of values of Python: ids, labels and captions, one line each."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from uuid import UUID

MISSING = frozenset({"", "nan", "NaN", "<NA>"})
"""How a missing value comes out of tables that went through pandas."""


def plain_text(value: object) -> str | None:
    """A text, a number, a truth value or a date as one line of text; None where it is missing.

    >>> plain_text("  a\\n dog "), plain_text(3.0), plain_text(float("nan"))
    ('a dog', '3', None)

    Raises:
        TypeError: any other value.
    """
    match value:
        case str():
            line = one_line(value)
        case float() if value.is_integer():
            line = str(int(value))
        case Decimal() if value.is_finite():
            line = f"{value.normalize():f}"
        case date() | time() | timedelta() | UUID() | Decimal():
            line = str(value)
        case None | bool() | int() | float():
            line = "" if value is None else str(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no text")
    return None if line in MISSING else line


def one_line(text: str) -> str:
    """The text on one line, without what cannot be stored as UTF-8."""
    return " ".join(text.replace("\0", " ").encode("utf-8", "replace").decode().split())
