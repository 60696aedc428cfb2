"""Lists of images and captions as data sets bring them, opened as tables.

`.csv`, `.tsv`, `.jsonl` and `.parquet` are tables already. Beside these, a `.txt` or `.token` may
be a table with headings (Flickr8k's `captions.txt`) or name a picture and a caption on each line
(Flickr30k's `results.token`), and a `.json` may list them (`caption_json`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from gapviz.core.errors import GapvizError
from gapviz.sources.files.caption_json import open_caption_json, speaks_of_pictures
from gapviz.sources.files.columns import usual_name
from gapviz.sources.files.tables import TABLE_ENDINGS, Flaw, Row, SourceTable, open_table
from gapviz.sources.files.texts import MAX_TEXT_BYTES, encoding_of, shown
from gapviz.sources.images.decoding import IMAGE_SUFFIXES
from gapviz.storage.files import unreadable

LINE_ENDINGS = (".txt", ".token")
JSON_ENDING = ".json"
CAPTION_ENDINGS = (*TABLE_ENDINGS, JSON_ENDING, *LINE_ENDINGS)

IMAGES = "images"

SAMPLED_LINES = 20
LONGEST_HEADING = 1000

_ENDING = "|".join(re.escape(ending) for ending in sorted(IMAGE_SUFFIXES, reverse=True))
_LINE = re.compile(
    rf""""?(?P<image>[^\t"]*?(?:{_ENDING}))"?(?:\#\d+)?"?(?:\s*[\t,;|]\s*|\s+)(?P<caption>\S.*)""",
    re.IGNORECASE | re.DOTALL,
)
"""A picture, perhaps the number of its caption (`1000.jpg#0`), and the caption."""


# Flickr8k's judgements name a picture, then another picture's caption by its number.
_PICTURE = re.compile(rf"\S+(?:{_ENDING})(?:#\d+)?(?:\s|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CaptionLines(SourceTable):
    """A text file that names a picture and a caption on each line, without headings."""

    def rows(
        self, columns: Sequence[str], flaw: Flaw, *, paths_only: bool = False
    ) -> Iterator[Row]:
        """Every line that names both; the others go to `flaw`."""
        with self.path.open(encoding=self.encoding.name, errors=self.encoding.errors) as file:
            for number, line in enumerate(_lines(file), start=1):
                match = _LINE.match(line.strip())
                if match is not None:
                    caption = match["caption"].strip().strip('"')
                    values = {"image": match["image"], "caption": caption}
                    yield Row(number - 1, f"line {number}", values)
                elif line.strip():
                    flaw(f"line {number}", "does not name a picture and a caption")


def open_caption_table(path: Path, name: str) -> SourceTable:
    """Open a list of images and captions.

    Args:
        path: a file with one of `CAPTION_ENDINGS`.
        name: what to call it in errors.

    Raises:
        GapvizError: the file is missing, empty or damaged, or lists no images.
    """
    suffix = path.suffix.lower()
    if suffix == JSON_ENDING:
        return open_caption_json(path, name)
    if suffix in (".jsonl", ".parquet"):
        return open_table(path, name)
    try:
        with path.open("rb") as file:
            encoding = encoding_of(file)
        with path.open(encoding=encoding.name, errors=encoding.errors) as text:
            lines = [line for line in islice(_lines(text), SAMPLED_LINES) if line.strip()]
    except OSError as error:
        raise unreadable(shown(name), error) from error
    if _are_captions(lines):
        return CaptionLines(path, name, ("image", "caption"), encoding)
    if suffix in TABLE_ENDINGS:
        return open_table(path, name)
    if lines and len(lines[0]) < LONGEST_HEADING:
        table = open_table(path, name)
        if len(table.columns) > 1 and usual_name(table.columns, "image") is not None:
            return table
    raise GapvizError(
        "lists no pictures with their captions",
        where=shown(name),
        hint="write a picture and a caption on each line, with a tab between them",
    )


def _are_captions(lines: Sequence[str]) -> bool:
    """Whether each line names a picture and a caption, rather than another picture."""
    found = [_LINE.match(line.strip()) for line in lines]
    captions = [match["caption"] for match in found if match is not None]
    return 0 < len(found) == len(captions) and not all(map(_PICTURE.match, captions))


def _lines(text: TextIO) -> Iterator[str]:
    return iter(lambda: text.readline(MAX_TEXT_BYTES), "")


def may_list_images(path: Path, stems: Iterable[str] = ()) -> bool:
    """Whether a file looks like a list of images and captions; a little of it is read.

    Args:
        path: the file.
        stems: names without ending of some images that it may list, where they are known.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == JSON_ENDING:
            return speaks_of_pictures(path, stems)
        if suffix in (".jsonl", ".parquet"):
            columns = open_table(path, path.name, peek=True).columns
        elif suffix in CAPTION_ENDINGS:
            columns = open_caption_table(path, path.name).columns
        else:
            return False
    except (GapvizError, OSError):
        return False
    by_id = stems and usual_name(columns, "id") and usual_name(columns, "caption")
    return bool(image_column(columns) or by_id)


def image_column(columns: Iterable[str]) -> str | None:
    """The column of images: one with a usual name, else `images`, which may hold a list of one."""
    names = list(columns)
    return usual_name(names, "image") or next((one for one in names if one == IMAGES), None)
