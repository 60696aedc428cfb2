"""`open_run`: which format a run is in, by what it holds; its batches are read one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.sources.files.texts import SAMPLE_BYTES, encoding_of
from gapviz.sources.runs import dictionary, table, trec
from gapviz.sources.runs.batch import RunBatch, RunFormat
from gapviz.storage.files import unreadable

FORMATS: tuple[RunFormat, ...] = (dictionary.FORMAT, trec.FORMAT, table.FORMAT)
LONGEST_NAME = 60
FIRST_LINE = SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run that was recognised, and not read yet."""

    path: Path
    name: str
    """The tag that it names, or else the file."""
    format: RunFormat

    def batches(self) -> Iterator[RunBatch]:
        """Its lines, many at a time.

        Raises:
            GapvizError: a file that cannot be read, or a line that is none of its format.
        """
        try:
            yield from self.format.read(self.path)
        except OSError as error:
            raise unreadable(self.path, error) from error


def open_run(path: Path) -> RunFile:
    """Recognise a run by its first line.

    Raises:
        GapvizError: a file that cannot be read, is empty, or is no run.
    """
    try:
        with path.open("rb") as file:
            encoding = encoding_of(file)
            file.seek(0)
            packed = file.read(2) == b"\x1f\x8b"
        with path.open(encoding=encoding.name, errors=encoding.errors) as text:
            first = text.read(FIRST_LINE).lstrip("\ufeff \t\r\n").partition("\n")[0]
    except OSError as error:
        raise unreadable(path, error) from error
    if packed:
        raise GapvizError("is packed", where=path.name, hint="unpack it first")
    if not first:
        raise GapvizError("is empty", where=path.name, hint="name a file with ranked lists")
    found = next((one for one in FORMATS if one.recognised(first)), None)
    if found is None:
        raise GapvizError(
            "is no run", where=path.name, hint=f"give {'; '.join(one.title for one in FORMATS)}"
        )
    return RunFile(path, one_line(found.tag(first))[:LONGEST_NAME] or path.stem, found)
