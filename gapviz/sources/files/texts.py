"""Texts out of whatever value a file holds: captions, labels, ids and paths."""

from __future__ import annotations

import ast
import codecs
import json
import math
import re
from collections.abc import Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple

from gapviz.core.plain_text import MISSING, plain_text

MAX_TEXT_BYTES = 1 << 20
"""A caption file beside one image holds no more than this."""

SAMPLE_BYTES = 4096

LONGEST_SHOWN = 200


class Encoding(NamedTuple):
    """How to decode a text file, and what was assumed of it, if anything."""

    name: str
    errors: str = "strict"
    assumed: str | None = None


UTF_8 = Encoding("utf-8")
LATIN_1 = Encoding("latin-1", assumed="is not UTF-8, and was read as Latin-1")


CONVERSATION = "conversation"
PYTHON_LIST = "Python-like list"
"""What captions can be taken from by a guess, which is told."""

_ANSWERS = frozenset({"gpt", "assistant", "model", "bot", "chatgpt"})

# One or several quoted texts in brackets; between them, numpy prints no commas.
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_PYTHON_LIST = re.compile(rf"\[\s*{_QUOTED}(?:[\s,]+{_QUOTED})*[\s,]*\]")
_LONGEST_LIST = 100_000


class Captions(NamedTuple):
    """Captions found in a value; `flaw` says in a clause what of it could not be used."""

    found: tuple[str, ...] = ()
    flaw: str | None = None
    guess: str | None = None
    """`CONVERSATION` or `PYTHON_LIST`, where they were taken from one."""


def text_in(value: object) -> str | None:
    """As `plain_text`, and of bytes the text that they are.

    Raises:
        TypeError: a value that is no text.
    """
    return plain_text(decoded(value)[0] if isinstance(value, bytes) else value)


def captions_in(value: object) -> Captions:
    """Captions in a value: a text, a list of texts, or nothing where it is missing.

    A text that is such a list, as JSON or as Python prints it, is several captions. Of a
    conversation (turns with `from` and `value`, or `role` and `content`) the first answer is.
    """
    match value:
        case [{"from": str()} | {"role": str()}, *_]:
            found = _first_answer(value)
        case list() | tuple():
            parts = [captions_in(entry) for entry in value]
            captions = dict.fromkeys(caption for part in parts for caption in part.found)
            flaw = next((part.flaw for part in parts if part.flaw), None)
            guess = next((part.guess for part in parts if part.guess), None)
            found = Captions(tuple(captions), flaw, guess)
        case {"raw": str(text)} | {"caption": str(text)} | {"sentence": str(text)}:
            found = captions_in(text)
        case None | str() | bytes():
            line = text_in(value)
            found = Captions() if line is None else _listed_texts(line) or Captions((line,))
        case float() if math.isnan(value):
            found = Captions()
        case _:
            found = Captions(flaw=f"has a caption that is no text ({type(value).__name__})")
    return found


def _listed_texts(text: str) -> Captions | None:
    """The captions of a list that a text is; None where it is none, or one of other things."""
    if text[0] != "[" or text[-1] != "]" or len(text) > _LONGEST_LIST:
        return None
    try:
        listed, guess = json.loads(text), None
    except (ValueError, RecursionError):
        if not _PYTHON_LIST.fullmatch(text):
            return None
        try:
            listed = [ast.literal_eval(one) for one in re.findall(_QUOTED, text)]
        except (ValueError, SyntaxError):
            return None
        guess = PYTHON_LIST
    found = captions_in(listed)
    return None if found.flaw else found._replace(guess=guess or found.guess)


def _first_answer(turns: Sequence[object]) -> Captions:
    """What the model says first in a conversation."""
    for turn in turns:
        if isinstance(turn, dict) and (turn.get("from") or turn.get("role")) in _ANSWERS:
            said = turn.get("value", turn.get("content"))
            if isinstance(said, list):
                parts = [part.get("text") for part in said if isinstance(part, dict)]
                said = " ".join(part for part in parts if isinstance(part, str))
            answer = text_in(said) if isinstance(said, str) else None
            if answer is not None:
                return Captions((answer,), None, CONVERSATION)
    return Captions(flaw="has a conversation without an answer")


def path_in(value: object) -> str | None:
    """The path in a value: a text, a list of one, or the `path` of an image that is stored."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    named = value.get("path") if isinstance(value, dict) else value
    if not isinstance(named, str) or named.strip() in MISSING:
        return None
    return named.strip()


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
