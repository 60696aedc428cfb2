"""Texts out of whatever value a file holds: captions, labels, ids and paths."""

from __future__ import annotations

import ast
import codecs
import json
import math
from datetime import date, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO, NamedTuple
from uuid import UUID

MAX_TEXT_BYTES = 1 << 20
"""A caption file beside one image holds no more than this."""

# How a missing value comes out of tables that went through pandas.
MISSING = frozenset({"", "nan", "NaN", "<NA>"})

SAMPLE_BYTES = 4096

LONGEST_SHOWN = 200


class Encoding(NamedTuple):
    """How to decode a text file, and what was assumed of it, if anything."""

    name: str
    errors: str = "strict"
    assumed: str | None = None


UTF_8 = Encoding("utf-8")
LATIN_1 = Encoding("latin-1", assumed="is not UTF-8, and was read as Latin-1")


class Captions(NamedTuple):
    """Captions found in a value; `flaw` says in a clause what of it could not be used."""

    found: tuple[str, ...] = ()
    flaw: str | None = None


def text_in(value: object) -> str | None:
    """A text, a number, a truth value or a date as one line of text; None where it is missing.

    Raises:
        TypeError: any other value.
    """
    match value:
        case bytes():
            line = one_line(decoded(value)[0])
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


def captions_in(value: object) -> Captions:
    """Captions in a value: a text, a list of texts, or nothing where it is missing."""
    match value:
        case list() | tuple():
            parts = [captions_in(entry) for entry in value]
            captions = dict.fromkeys(caption for part in parts for caption in part.found)
            flaws = [part.flaw for part in parts if part.flaw]
            return Captions(tuple(captions), flaws[0] if flaws else None)
        case str() if (listed := list_in(value)) is not None:
            found = captions_in(listed.values)
            return found if found.flaw else Captions(found.found, listed.flaw)
        case None | str() | bytes():
            text = text_in(value)
            return Captions() if text is None else Captions((text,))
        case float() if math.isnan(value):
            return Captions()
        case _:
            return Captions(flaw=f"has a caption that is no text ({type(value).__name__})")


class Listed(NamedTuple):
    """A list that is written into a text; `flaw` says in a clause what was assumed."""

    values: list[object]
    flaw: str | None = None


def list_in(text: str) -> Listed | None:
    """The list of texts that a text is, as a cell of a table may hold it; None where it is none.

    JSON is meant as a list. So is what Python prints, but there a quote in a text may have
    cut it, and that is said.
    """
    written = text.strip()
    if not (written.startswith("[") and written.endswith("]")) or len(written) > MAX_TEXT_BYTES:
        return None
    flaw = None
    try:
        values = json.loads(written)
    except (ValueError, RecursionError):
        try:
            values = ast.literal_eval(written)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
        flaw = "holds a list as Python prints it, which was taken apart"
    wanted = isinstance(values, list) and all(isinstance(one, str | None) for one in values)
    return Listed(values, flaw) if wanted else None


def path_in(value: object) -> str | None:
    """The path in a value: a text, or the `path` of an image that is stored with its name."""
    named = value.get("path") if isinstance(value, dict) else value
    if not isinstance(named, str) or named.strip() in MISSING:
        return None
    return named.strip()


def one_line(text: str) -> str:
    """The text on one line, without what cannot be stored as UTF-8."""
    return " ".join(text.replace("\0", " ").encode("utf-8", "replace").decode().split())


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """A name as it can be printed: valid, on one line and not endless."""
    line = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return line if len(line) <= longest else f"{line[:longest]}…"


def is_utf8(text: str) -> bool:
    """Whether every character can be written: half of a surrogate pair cannot."""
    return text == text.encode(errors="ignore").decode()


def json_in(content: bytes) -> object:
    """The value of a JSON text.

    Raises:
        ValueError: no JSON, or nested too deeply; the message is a clause.
    """
    try:
        return json.loads(decoded(content)[0])
    except (ValueError, RecursionError) as error:
        raise ValueError("is not a JSON object") from error


def decoded(content: bytes) -> tuple[str, Encoding]:
    """The text of a small file, and how it was decoded."""
    encoding = encoding_of(BytesIO(content))
    return content.decode(encoding.name, encoding.errors), encoding


def encoding_of(file: BinaryIO) -> Encoding:
    """How to decode a text of any size, which is read through once in blocks."""
    encoding = _by_mark(file.read(SAMPLE_BYTES))
    if encoding is not None:
        return encoding
    file.seek(0)
    try:
        for _ in codecs.iterdecode(iter(lambda: file.read(MAX_TEXT_BYTES), b""), "utf-8"):
            pass
    except UnicodeDecodeError:
        return LATIN_1
    return UTF_8


def _by_mark(sample: bytes) -> Encoding | None:
    """The encoding that a byte order mark, or UTF-16's zero bytes, give away."""
    if sample.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8-sig", "replace")
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", "replace")
    for name, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if len(high) > 2 and high.count(0) > len(high) * 0.6:
            return Encoding(name, "replace", f"has no byte order mark, and was read as {name}")
    return None
