"""Captions and labels out of whatever a file holds where they should stand."""

from __future__ import annotations

import codecs
import json
import math
from pathlib import Path
from typing import NamedTuple

MAX_TEXT_BYTES = 1 << 20
"""A caption file beside one image holds no more than this."""

# How a missing value comes out of tables that went through pandas.
MISSING = frozenset({"", "nan", "NaN", "<NA>"})

SAMPLE_BYTES = 4096


class Encoding(NamedTuple):
    """How to decode a text file, and what was assumed of it, if anything."""

    name: str
    errors: str = "strict"
    assumed: str | None = None


class Words(NamedTuple):
    """Captions found in a value; `flaw` says in a clause what of it could not be used."""

    captions: tuple[str, ...] = ()
    flaw: str | None = None


def captions_in(value: object) -> Words:
    """Captions in a value: a text, a list of texts, or nothing where it is missing."""
    match value:
        case None:
            return Words()
        case float() if math.isnan(value):
            return Words()
        case bytes():
            return captions_in(decoded(value)[0])
        case str():
            line = one_line(value)
            return Words() if line in MISSING else Words((line,))
        case list() | tuple():
            found = [captions_in(entry) for entry in value]
            captions = [caption for words in found for caption in words.captions]
            flaws = [words.flaw for words in found if words.flaw]
            return Words(tuple(dict.fromkeys(captions)), flaws[0] if flaws else None)
        case _:
            return Words(flaw=f"has a caption that is no text ({type(value).__name__})")


def captions_in_lines(text: str) -> tuple[str, ...]:
    """One caption a line, without empty and repeated ones."""
    return tuple(dict.fromkeys(c for line in text.splitlines() for c in captions_in(line).captions))


def label_in(value: object) -> str | None:
    """A label out of a text, a whole number or a truth value; None for anything else."""
    match value:
        case str() | bytes():
            return next(iter(captions_in(value).captions), None)
        case bool() | int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return None


def one_line(text: str) -> str:
    """The text on one line, without what cannot be stored as UTF-8."""
    return " ".join(text.replace("\0", " ").encode("utf-8", "replace").decode().split())


def json_in(content: bytes) -> object:
    """The value of a JSON text.

    Raises:
        ValueError: no JSON, or nested too deeply.
    """
    try:
        return json.loads(decoded(content)[0])
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def decoded(content: bytes) -> tuple[str, Encoding]:
    """The text of a small file, and how it was decoded."""
    encoding = _by_mark(content[:SAMPLE_BYTES])
    if encoding is None:
        try:
            return content.decode("utf-8"), Encoding("utf-8")
        except UnicodeDecodeError:
            encoding = LATIN_1
    return content.decode(encoding.name, encoding.errors), encoding


def encoding_of(path: Path) -> Encoding:
    """How to decode a text file of any size, which is read through once in blocks."""
    with path.open("rb") as file:
        block = file.read(SAMPLE_BYTES)
        encoding = _by_mark(block)
        if encoding is not None:
            return encoding
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block:
                decoder.decode(block)
                block = file.read(MAX_TEXT_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return LATIN_1
    return Encoding("utf-8")


LATIN_1 = Encoding("latin-1", assumed="is not UTF-8, and was read as Latin-1")


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
