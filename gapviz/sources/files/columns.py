"""Which column is which: one list of names for all tables, beside images or beside vectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from gapviz.core.errors import GapvizError
from gapviz.core.wording import counted
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.files.texts import (
    CONVERSATION,
    MAX_TEXT_BYTES,
    captions_in,
    decoded,
    json_in,
    path_in,
    shown,
    text_in,
)

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "ids", "item_id", "item", "uid", "key", "image_id"),
    "caption": (
        "caption", "captions", "text", "texts", "sentence", "sentences", "sentences_raw",
        "comment", "description", "prompt", "prompts", "alt_text", "title", "raw",
        "conversations", "conversation", "messages",
    ),
    "label": (
        "label", "labels", "label_name", "class", "class_name", "category", "cls",
    ),
    "image": (
        "file_name", "image", "image_path", "image_paths", "path", "paths", "file_path",
        "filepath", "filename", "file", "image_file", "image_file_name", "image_filename",
        "image_name", "img", "img_path", "photo",
    ),
}  # fmt: skip
"""Usual names of each column, the most telling first; `usual_name` says how they are compared."""

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that describe an item; None or empty where there is none."""

    id: str | None = None
    captions: tuple[str, ...] = ()
    label: str | None = None
    image: str | None = None

    @property
    def all(self) -> list[str]:
        """Their names, each once."""
        named = (self.id, *self.captions, self.label, self.image)
        return list(dict.fromkeys(name for name in named if name is not None))


@dataclass(frozen=True, slots=True)
class Fields:
    """What one row says of an item."""

    id: str | None = None
    captions: tuple[str, ...] = ()
    label: str | None = None
    image: str | None = None
    flaw: str | None = None
    """The first value that could not be used, in a clause."""
    guess: str | None = None
    """What the captions were taken from by a guess: see `Captions`."""


NOTHING = Fields()


def choose_columns(
    names: Sequence[str], options: ReadOptions, *, where: str, needs_image: bool = False
) -> Columns:
    """The columns that the options name, else those under the usual names.

    Raises:
        GapvizError: the options name a column that is not there, or no column is of images
            where one is needed.
    """
    for name in (
        options.id_column, *options.caption_columns, options.label_column, options.image_column,
    ):  # fmt: skip
        if name is not None and name not in names:
            raise GapvizError(
                f"has no column {shown(name, 80)!r}",
                where=where,
                hint=f"choose one of {listed(names)}",
            )
    columns = Columns(
        id=options.id_column or usual_name(names, "id"),
        captions=options.caption_columns or _usual_captions(names),
        label=options.label_column or usual_name(names, "label"),
        image=options.image_column or usual_name(names, "image"),
    )
    if needs_image and columns.image is None:
        raise GapvizError(
            "has no column of images",
            where=where,
            hint=f"name one 'file_name', or say which it is among {listed(names)}",
        )
    return columns


def usual_name(names: Iterable[str], kind: str) -> str | None:
    """The column with the first of `NAMES[kind]` there is.

    Case, spaces and dashes do not count: `Image Path` is `image_path`.
    """
    known = {_plain(name): name for name in reversed(list(names))}
    return next((known[usual] for usual in NAMES[kind] if usual in known), None)


def fields_of(
    row: Mapping[str, object],
    columns: Columns,
    class_names: Mapping[str, Sequence[str]] = {},
) -> Fields:
    """What a row says.

    Args:
        row: values by column; columns that are missing count as empty.
        columns: which column is which.
        class_names: of columns whose whole numbers stand for names.
    """
    captions = captions_in([row.get(name) for name in columns.captions])
    item_id, no_id = _text(row, columns.id, "an id")
    label, no_label = _text(row, columns.label, "a label", class_names)
    return Fields(
        id=item_id,
        captions=captions.found,
        label=label,
        image=path_in(row.get(columns.image)) if columns.image else None,
        flaw=captions.flaw or no_id or no_label,
        guess=captions.guess,
    )


def guess_note(guess: str, places: Sequence[str], columns: Columns) -> str:
    """What to say of captions that were taken by a guess, in a clause.

    Args:
        guess: as `Fields.guess` has it.
        places: the rows, at least one.
        columns: of the table.
    """
    held = f"{counted(len(places), guess)} in {listed(columns.captions)}"
    taken = "the texts are captions"
    if guess == CONVERSATION:
        taken = "the first answer is the caption"
    return f"has {held}, of which {taken} (first: {places[0]})"


def fields_beside(suffix: str, file: BinaryIO, options: ReadOptions) -> Fields:
    """What a file beside one image says of it.

    Args:
        suffix: `.json`, an object, or captions; `.cls`, a label; any other, a caption a line.
        file: opened for reading.
        options: may name the keys of the object.
    """
    content = file.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        return Fields(flaw="is too long for a caption")
    if suffix == ".json":
        return _fields_of_json(content, options)
    text, encoding = decoded(content)
    if suffix == ".cls":
        return Fields(label=text_in(text), flaw=encoding.assumed)
    captions = captions_in(text.splitlines())
    return Fields(captions=captions.found, flaw=encoding.assumed, guess=captions.guess)


def _fields_of_json(content: bytes, options: ReadOptions) -> Fields:
    try:
        value = json_in(content)
    except ValueError as error:
        return Fields(flaw=str(error))
    if isinstance(value, str | list) and value:
        found = captions_in(value)
        return Fields(captions=found.found, flaw=found.flaw, guess=found.guess)
    if not isinstance(value, dict):
        return Fields(flaw="is not a JSON object")
    captions = options.caption_columns or _usual_captions(list(value))
    label = options.label_column or usual_name(value, "label")
    return fields_of(value, Columns(captions=captions, label=label))


def _text(
    row: Mapping[str, object],
    name: str | None,
    kind: str,
    class_names: Mapping[str, Sequence[str]] = {},
) -> tuple[str | None, str | None]:
    """The text of a cell, and what is wrong with it."""
    if name is None:
        return None, None
    value = row.get(name)
    known = class_names.get(name, ())
    if isinstance(value, int) and 0 <= value < len(known):
        return known[value], None
    try:
        return text_in(value), None
    except TypeError:
        return None, f"has {kind} that is no text ({type(value).__name__})"


def _usual_captions(names: Sequence[str]) -> tuple[str, ...]:
    """Every column of the first usual name there is: `caption`, or `caption_0`, `caption_1`."""
    for usual in NAMES["caption"]:
        numbered = re.compile(rf"{usual}_?[0-9]{{0,3}}")
        if found := tuple(name for name in names if numbered.fullmatch(_plain(name))):
            return found
    return ()


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def listed(names: Sequence[str]) -> str:
    """Names of columns for people, the first of many."""
    shorter = ", ".join(shown(name, 60) for name in names[:MOST_LISTED]) or "none"
    return (
        shorter if len(names) <= MOST_LISTED else f"{shorter} and {len(names) - MOST_LISTED} more"
    )
