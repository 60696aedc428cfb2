"""`-` for a file: standard input, by what it holds, and standard output.

What comes in is written into a temporary file first, as far as the limits of files allow: readers
look at headers, jump to the end and read twice, which a pipe cannot.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import IO, Any

from gapviz.core.errors import GapvizError

STREAM = "-"
READ = ("source", "vectors", "queries", "judgments", "query_vectors", "runs")
"""Arguments and options whose file may be standard input."""
WORDS = {"search": "text"}
"""Command → the argument whose words may be the lines of standard input."""

_NAME = "standard-input"
_START = 1 << 16
_BLOCK = 1 << 22


def given_streams(options: argparse.Namespace) -> Any:
    """A context in which the option that asks for standard input names a file that holds it.

    Raises:
        GapvizError: standard input is asked for twice, is a terminal, is empty or too large.
    """
    asked = [name for name in READ if _is_stream(getattr(options, name, None))]
    words = WORDS.get(options.command)
    if words and getattr(options, words, None) == STREAM:
        asked.append(words)
    if len(asked) > 1:
        raise GapvizError("standard input can be read once", hint=f"give {STREAM} only once")
    if not asked or asked == [words]:
        return nullcontext()
    return _spooled(options, asked[0])


def input_lines(most: int) -> list[str]:
    """The lines of standard input that hold something, each once.

    Raises:
        GapvizError: it is a terminal, holds no line, no text, or more than `most` lines.
    """
    source = _standard_input()
    try:
        lines = [line.strip() for line in io.TextIOWrapper(source, encoding="utf-8-sig")]
    except UnicodeDecodeError as error:
        raise _refusal("is no text in UTF-8", "give one query a line") from error
    found = list(dict.fromkeys(filter(None, lines)))
    if not found:
        raise _refusal("is empty", "give one query a line")
    if len(found) > most:
        raise _refusal(f"holds {len(found):,} lines", f"give at most {most:,}")
    return found


def is_output(path: Path | None) -> bool:
    """Whether standard output is meant."""
    return path is not None and str(path) == STREAM


def refuse_output_stream(*, as_json: bool) -> None:
    """Refuse to write a file to a terminal, or among JSON.

    Raises:
        GapvizError: so it would be.
    """
    if as_json:
        raise GapvizError("--out - and --json both write to standard output", hint="leave one out")
    if sys.stdout.isatty():
        raise GapvizError(
            "standard output is a terminal, which shows no vectors",
            where="--out -",
            hint="write into a file or a pipe: … --out - > moved.npy",
        )


def write_output_stream(path: Path) -> None:
    """Copy a file to standard output; a reader that has gone is no fault.

    Raises:
        GapvizError: it cannot be written.
    """
    try:
        with path.open("rb") as file:
            copyfileobj(file, sys.stdout.buffer, _BLOCK)
        sys.stdout.buffer.flush()
    except OSError as error:
        drop_output()
        if not isinstance(error, BrokenPipeError):
            raise GapvizError(
                f"cannot be written ({error.strerror})", where="standard output"
            ) from error


def drop_output() -> None:
    """Let what Python still holds for standard output go nowhere: it would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_stream(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_stream, value))
    return isinstance(value, (str, Path)) and str(value) == STREAM


@contextmanager
def _spooled(options: argparse.Namespace, name: str) -> Iterator[None]:
    from gapviz.commands.limits import limits_of

    limits = limits_of(options)
    # What comes through a pipe does not come again.
    options.goes_on = False
    with TemporaryDirectory(prefix="gapviz-") as folder:
        path = _kept(_standard_input(), Path(folder), limits.most_bytes, limits.hint)
        given = getattr(options, name)
        if isinstance(given, (list, tuple)):
            value: Any = [str(path) if _is_stream(one) else one for one in given]
        else:
            value = type(path)(path) if isinstance(given, Path) else str(path)
        setattr(options, name, value)
        try:
            yield
        except GapvizError as error:
            what, where, hint = (
                part.replace(str(path), "standard input").replace(path.name, "standard input")
                for part in (error.what, error.where, error.hint)
            )
            raise GapvizError(what, where=where, hint=hint) from error


def _kept(source: IO[bytes], folder: Path, most: float, hint: str) -> Path:
    """Standard input as a file, whose ending says what it holds."""
    start = _start_of(source)
    if not start:
        raise _refusal("is empty", "pipe a file into it")
    path = folder / f"{_NAME}{ending_of(start)}"
    held = 0
    try:
        with path.open("wb") as file:
            block = start
            while block:
                held += len(block)
                if held > most:
                    raise _refusal(f"holds more than the {most / 1e9:g} GB allowed", hint)
                file.write(block)
                block = source.read(_BLOCK)
    except OSError as error:
        raise _refusal(f"cannot be kept ({error.strerror})", "free some space") from error
    return path


def ending_of(start: bytes) -> str:
    r"""The ending of a file's name by how its content begins.

    >>> ending_of(b"\x93NUMPY\x01\x00"), ending_of(b'{"id": 1}\n{"id": 2}\n'), ending_of(b"a,b\n")
    ('.npy', '.jsonl', '.csv')
    """
    for magic, ending in ((b"\x93NUMPY", ".npy"), (b"PK\x03\x04", ".npz"), (b"PAR1", ".parquet")):
        if start.startswith(magic):
            return ending
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1 << 30:
        return ".safetensors"
    text = start.decode("utf-8-sig", errors="replace").lstrip()
    first, _, more = text.partition("\n")
    if text.startswith(("{", "[")):
        try:
            whole = isinstance(json.loads(first), dict)
        except ValueError:
            whole = False
        return ".jsonl" if whole and (more.strip() or len(start) < _START) else ".json"
    if "\t" in first:
        return ".tsv"
    return ".csv" if "," in first else ".txt"


def _start_of(source: IO[bytes]) -> bytes:
    """The first bytes, however few a pipe gives at once."""
    found = b""
    while len(found) < _START:
        more = source.read(_START - len(found))
        if not more:
            break
        found += more
    return found


def _standard_input() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        raise _refusal("is a terminal", f"pipe a file into it: cat FILE | gapviz … {STREAM}")
    return sys.stdin.buffer


def _refusal(what: str, hint: str) -> GapvizError:
    return GapvizError(what, where="standard input", hint=hint)
