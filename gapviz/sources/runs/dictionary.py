"""Runs of ranx and ir_measures as JSON: `{query: {item: score}}`, read a list at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float64
from gapviz.sources.files.texts import encoding_of, shown
from gapviz.sources.runs.batch import RunBatch, RunFormat, absent, strings

SHAPE = "{query: {item: score}}"
BATCH_ENTRIES = 200_000
BLOCK = 1 << 20
LONGEST_LIST = 1 << 28
"""Characters of one query's list that are tried."""

# Names that stand twice in one list must be counted, so that pairs are kept.
_decoder = json.JSONDecoder(object_pairs_hook=list)


def _read(path: Path) -> Iterator[RunBatch]:
    with path.open("rb") as file:
        encoding = encoding_of(file)
    queries: list[str] = []
    documents: list[str] = []
    scores: list[Float64] = []
    with path.open(encoding=encoding.name, errors=encoding.errors) as text:
        for query, entries in _lists(_Stream(text, path.name)):
            queries += [query] * len(entries)
            documents += [name for name, _ in entries]
            scores.append(_scores(entries, query, path.name))
            if len(queries) >= BATCH_ENTRIES:
                yield _batch(queries, documents, scores)
                queries, documents, scores = [], [], []
    if queries:
        yield _batch(queries, documents, scores)


def _batch(queries: list[str], documents: list[str], scores: list[Float64]) -> RunBatch:
    score = np.concatenate(scores)
    return RunBatch(strings(queries), strings(documents), score, absent(score.size))


def _scores(entries: list[tuple[str, Any]], query: str, where: str) -> Float64:
    """`(n,)`; NaN for null."""
    try:
        found = np.array([score for _, score in entries], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        found = np.zeros((0, 0))
    if found.ndim != 1:
        raise GapvizError(
            f"has a score of query {shown(query, 40)!r} that is no number", where=where,
            hint=f"write {SHAPE}",
        )  # fmt: skip
    return found


def _lists(stream: _Stream) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Every query with its entries."""
    stream.expect("{")
    if stream.next() == "}":
        return
    while True:
        query = stream.value()
        stream.expect(":")
        if not isinstance(query, str) or stream.next() != "{":
            raise stream.refusal()
        yield query, stream.value()
        if stream.next() == "}":
            return
        stream.expect(",")


class _Stream:
    """A JSON text that is read on as far as its next value needs."""

    def __init__(self, file: TextIO, where: str) -> None:
        self._file, self._where = file, where
        self._text, self._at, self._gone = "", 0, 0

    def next(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n\ufeff":
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def expect(self, character: str) -> None:
        """Step over a character.

        Raises:
            GapvizError: another one stands there.
        """
        if self.next() != character:
            raise self.refusal()
        self._at += 1

    def value(self) -> Any:
        """The next value, of any kind; objects as lists of pairs.

        Raises:
            GapvizError: no JSON.
        """
        self.next()
        while True:
            try:
                found, self._at = _decoder.raw_decode(self._text, self._at)
                return found
            except (ValueError, RecursionError):
                if len(self._text) > LONGEST_LIST or not self._more():
                    raise self.refusal() from None

    def refusal(self) -> GapvizError:
        """That the text is none here."""
        place = self._gone + self._at + 1
        return GapvizError(
            f"is not {SHAPE} near character {place:,}", where=self._where, hint="write it again"
        )

    def _more(self) -> bool:
        """Read on, more the longer the value is; whether there was more."""
        block = self._file.read(max(BLOCK, len(self._text) - self._at))
        self._gone += self._at
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)


FORMAT = RunFormat(f"JSON of ranx or ir_measures ({SHAPE})", lambda first: first[0] == "{", _read)
