"""Which column is which, by what the user says or by the names in common use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gapviz.core.errors import GapvizError
from gapviz.sources.files.reading import ReadOptions
from gapviz.sources.files.words import Words, captions_in, label_in

IMAGE_NAMES = (
    "file_name", "image", "image_path", "path", "file_path", "filepath", "filename", "file",
    "image_file", "image_file_name", "image_filename", "image_name", "img", "img_path", "photo",
)  # fmt: skip
CAPTION_NAMES = (
    "caption", "captions", "text", "texts", "sentence", "sentences", "sentences_raw", "comment",
    "description", "prompt", "alt_text", "title",
)  # fmt: skip
LABEL_NAMES = ("label", "label_name", "class", "class_name", "category", "cls")

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class ImageColumns:
    """The columns of a table that an item is made of."""

    image: str
    captions: tuple[str, ...]
    label: str | None
    id: str | None

    @property
    def all(self) -> list[str]:
        """Each of them once."""
        named = (self.image, *self.captions, self.label, self.id)
        return list(dict.fromkeys(name for name in named if name is not None))


def image_columns(columns: Sequence[str], options: ReadOptions, *, where: str) -> ImageColumns:
    """Choose the columns of a table.

    Raises:
        GapvizError: a column that the options name is missing, or none holds images.
    """
    chosen = (options.image_column, *options.caption_columns, options.label_column)
    for name in (*chosen, options.id_column):
        if name is not None and name not in columns:
            raise GapvizError(
                f"has no column {name!r}", where=where, hint=f"choose among {_listed(columns)}"
            )
    image = options.image_column or usual_name(columns, IMAGE_NAMES)
    if image is None:
        raise GapvizError(
            "has no column of images",
            where=where,
            hint=f"name one 'file_name', or say which it is among {_listed(columns)}",
        )
    return ImageColumns(
        image=image,
        captions=options.caption_columns or _usual_captions(columns),
        label=options.label_column or usual_name(columns, LABEL_NAMES),
        id=options.id_column,
    )


def usual_name(columns: Iterable[str], names: Sequence[str]) -> str | None:
    """The column that bears the first of `names` there is, in any case."""
    known = {_plain(column): column for column in reversed(list(columns))}
    return next((known[name] for name in names if name in known), None)


def fields_in(value: object, options: ReadOptions) -> tuple[Words, str | None]:
    """Captions and label of a JSON object that describes one image.

    Raises:
        ValueError: not an object.
    """
    if not isinstance(value, dict):
        raise ValueError("not an object")
    columns = [key for key in value if isinstance(key, str)]
    names = options.caption_columns or _usual_captions(columns)
    label = options.label_column or usual_name(columns, LABEL_NAMES)
    return captions_of(value, names), label_in(value.get(label)) if label else None


def captions_of(row: Mapping[str, object], columns: Sequence[str]) -> Words:
    """The captions of a row, from all its caption columns."""
    return captions_in([row.get(column) for column in columns])


def _usual_captions(columns: Sequence[str]) -> tuple[str, ...]:
    for name in CAPTION_NAMES:
        numbered = re.compile(rf"{name}_?[0-9]{{0,3}}")
        found = tuple(column for column in columns if numbered.fullmatch(_plain(column)))
        if found:
            return found
    return ()


def _plain(column: str) -> str:
    return re.sub(r"[\s-]+", "_", column.strip().lower())


def _listed(columns: Sequence[str]) -> str:
    names = ", ".join(repr(column[:60]) for column in columns[:MOST_LISTED]) or "none"
    return (
        names if len(columns) <= MOST_LISTED else f"{names} and {len(columns) - MOST_LISTED} more"
    )
