"""Rows of a table as documents or queries: an id, a text, a picture, a modality."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.core.collection import IMAGE, TEXT
from gapviz.core.evaluation import JudgedQuery
from gapviz.core.item import Item
from gapviz.core.modality_names import modality_name
from gapviz.sources.files.columns import usual_name
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.sources.files.tables import Row, SourceTable
from gapviz.sources.files.texts import captions_in, path_in, text_in
from gapviz.sources.images.decoding import MISSING
from gapviz.sources.images.parquet import stored_bytes
from gapviz.sources.images.references import path_reference

_BETWEEN = re.compile(r"\s*(?:[,+&/|;]|\band\b)\s*")

NO_PICTURE_HERE = "names a picture, and pictures beside this source have no folder"
PICTURE_MISSING = "names a picture that is not there"


@dataclass(frozen=True, slots=True)
class Content:
    """One document or query."""

    id: str
    texts: tuple[str, ...] = ()
    image: str | None = None
    """As of an `Item`."""
    modality: str | None = None
    """Said by its row, as `combined_modality` writes it; None where nothing says it."""
    asked_modality: str | None = None

    @property
    def shown_modality(self) -> str:
        """The modality that is said, else that of what is there."""
        has = [name for name, there in ((TEXT, self.texts), (IMAGE, self.image)) if there]
        return self.modality or "+".join(has) or TEXT

    def item(self) -> Item:
        """The document as an item; one of text and picture has both."""
        return Item(self.id, captions=self.texts, image=self.image)

    def query(self) -> JudgedQuery:
        """The query, its texts as one."""
        return JudgedQuery(
            self.id,
            self.shown_modality,
            " ".join(self.texts),
            self.image,
            self.asked_modality,
        )


@dataclass(frozen=True, slots=True)
class ContentColumns:
    """Which column is which; None where there is none."""

    id: str | None
    text: str | None
    title: str | None = None
    image: str | None = None
    modality: str | None = None
    asked_modality: str | None = None

    @property
    def all(self) -> list[str]:
        """Their names, each once."""
        named = (self.id, self.text, self.title, self.image, self.modality, self.asked_modality)
        return list(dict.fromkeys(name for name in named if name is not None))


def document_columns(names: Sequence[str]) -> ContentColumns:
    """The columns of a table of documents."""
    return ContentColumns(
        id=usual_name(names, "document_id"),
        text=usual_name(names, "document"),
        title=usual_name(names, "title"),
        image=usual_name(names, "image"),
        modality=usual_name(names, "query_modality"),
    )


def query_columns(names: Sequence[str]) -> ContentColumns:
    """The columns of a table of queries."""
    found = usual_name(names, "query_id") or usual_name(names, "document_id")
    rest = [name for name in names if name != found]
    return ContentColumns(
        id=found,
        text=usual_name(rest, "query") or usual_name(rest, "document"),
        image=usual_name(names, "query_image") or usual_name(names, "image"),
        modality=usual_name(names, "query_modality"),
        asked_modality=usual_name(names, "asked_modality"),
    )


def contents_of(
    table: SourceTable,
    columns: ContentColumns,
    pictures: RowPictures | None,
    told: Told,
) -> Iterator[Content]:
    """Every row with an id, in order; of rows with one id the first.

    A row without an id column is called after its text, else after its picture. A picture that
    cannot be used is left out and counted, and the row stays.

    Args:
        table: that was opened.
        columns: which column is which.
        pictures: finds them; None where none can be shown.
        told: gathers what is left out.
    """
    if table.encoding.assumed:
        told.lost(table.name, table.encoding.assumed)
    seen: set[str] = set()
    # Without a place to read pictures from, only their names are read.
    rows = table.rows(
        columns.all, lambda at, why: told.flaw(table.name, at, why), paths_only=pictures is None
    )
    for row in rows:
        found = _content(row, table, columns, pictures, told)
        if found is None:
            continue
        if found.id in seen:
            told.flaw(table.name, row.place, "has an id that an earlier row has, which counts")
            continue
        seen.add(found.id)
        yield found


def combined_modality(value: object) -> str | None:
    """The name of one modality, or of several that make up one thing: `image,text` → `text+image`.

    None where nothing is named.
    """
    try:
        named = text_in(value)
    except TypeError:
        return None
    parts = [modality_name(part) for part in _BETWEEN.split(named or "") if part]
    usual = [name for name in (TEXT, IMAGE) if name in parts]
    return "+".join(dict.fromkeys(usual + parts)) or None


def _content(
    row: Row,
    table: SourceTable,
    columns: ContentColumns,
    pictures: RowPictures | None,
    told: Told,
) -> Content | None:
    def cell(name: str | None) -> Any:
        return None if name is None else row.values.get(name)

    try:
        row_id = text_in(cell(columns.id))
    except TypeError:
        told.flaw(table.name, row.place, "has an id that is no text")
        return None
    modality = combined_modality(cell(columns.modality))
    texts: tuple[str, ...] = ()
    image = None
    if modality != IMAGE:
        found = captions_in(cell(columns.text))
        if found.flaw:
            told.flaw(table.name, row.place, found.flaw)
        title = captions_in(cell(columns.title)).found if columns.title != columns.text else ()
        texts = _under(title[0], found.found) if title else found.found
    if modality != TEXT:
        image = _image(row, table, columns.image, pictures, told)
    name = row_id if columns.id else (texts[0] if texts else image)
    if name is None:
        told.flaw(table.name, row.place, "has no id" if columns.id else "is empty")
        return None
    asked = combined_modality(cell(columns.asked_modality))
    return Content(name, texts, image, modality, asked)


def _under(title: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The first text after its title, as benchmarks encode a document."""
    return (f"{title} {texts[0]}", *texts[1:]) if texts else (title,)


def _image(
    row: Row, table: SourceTable, column: str | None, pictures: RowPictures | None, told: Told
) -> str | None:
    value = None if column is None else row.values.get(column)
    stored, named = stored_bytes(value), path_in(value)
    if column is None or (stored is None and named is None):
        return None
    if pictures is None:
        told.flaw(table.name, row.place, NO_PICTURE_HERE)
        return None
    if stored is not None:
        reference, flaw = pictures.stored(stored, row, table, column)
    else:
        name, flaw = pictures.named(str(named), posixpath.dirname(table.name))
        reference = path_reference(name)
        if flaw is not None and flaw.endswith(MISSING):
            flaw = PICTURE_MISSING
    if flaw is None:
        return reference
    told.flaw(table.name, row.place, flaw)
    return None
