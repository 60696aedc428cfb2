"""Images of a folder, described by tables that name them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.caption_tables import image_column, open_caption_table
from gapviz.sources.files.class_folders import class_labels
from gapviz.sources.files.columns import (
    NOTHING,
    Columns,
    Fields,
    choose_columns,
    listed,
    usual_name,
)
from gapviz.sources.files.folders import folder_files, source_name, whole_images
from gapviz.sources.files.format import Reading, ReadOptions
from gapviz.sources.files.named_paths import NOT_FETCHED, PathFinder, is_web_address
from gapviz.sources.files.sidecar_text import said_beside
from gapviz.sources.files.tables import SourceTable
from gapviz.sources.files.texts import shown
from gapviz.sources.files.unread import BESIDE
from gapviz.sources.images.references import path_reference


@dataclass
class DescribedImages:
    """The images of a folder, to which one table after the other adds what it says of them.

    Args:
        root: the folder.
        options: how to read it.

    Raises:
        GapvizError: no folder, or it may not be read.
    """

    root: Path
    options: ReadOptions
    builder: CollectionBuilder = field(default_factory=CollectionBuilder)

    def __post_init__(self) -> None:
        self.names = folder_files(self.root, self.builder)
        self.images = set(whole_images(self.root, self.names, self.builder))
        self._broken = {one.what for one in self.builder.skipped} | self.options.left_out
        self._tables: list[str] = []
        self._has_labels = False
        self._has_captions = False

    def add(self, name: str) -> GapvizError | None:
        """Add what a table says; what is wrong with it as a whole is listed, and comes back."""
        try:
            table = open_caption_table(self.root / name, name)
            columns = image_columns(table, self.options)
        except GapvizError as error:
            self.builder.skip(name, error.what)
            return error
        self._take(table, columns, self._rows(table, columns))
        return None

    def add_if_it_fits(self, name: str) -> bool:
        """The same, but for a table of which no row names an image of the folder."""
        try:
            table = open_caption_table(self.root / name, name)
            columns = image_columns(table, self.options)
        except GapvizError as error:
            self.builder.skip(name, f"was not read: it {error.what}")
            return False
        part = self._rows(table, columns)
        if part.is_empty:
            self.builder.skip(name, "was not read: it names no image of this folder")
            return False
        self._take(table, columns, part)
        return True

    def reading(self) -> Reading:
        """Every image with what was added.

        Where no table gave captions, files beside the images do; where none gave labels, the
        folders of classes do.

        Raises:
            GapvizError: no image that can be read.
        """
        self.builder.captions_from = listed(self._tables) if self._has_captions else ""
        labels = {} if self._has_labels else class_labels(self.images)
        images = [name for name in self.names if name in self.images]
        beside: dict[str, Fields] = {}
        if not self._has_captions:
            beside = said_beside(self.root, self.names, images, self.builder, self.options)
            if any(said.captions for said in beside.values()):
                self.builder.captions_from = BESIDE
        for name in images:
            said = beside.get(name, NOTHING)
            said = replace(said, label=said.label or labels.get(name))
            if name not in self.builder or said != NOTHING:
                self.builder.add(name, path_reference(name), said, where=name)
        return self.builder.reading(source_name(self.root), self.root, self.options)

    def _take(self, table: SourceTable, columns: Columns, part: CollectionBuilder) -> None:
        self.builder.take(part)
        self._tables.append(table.name)
        self._has_labels |= columns.label is not None
        self._has_captions |= bool(columns.captions)

    def _rows(self, table: SourceTable, columns: Columns) -> CollectionBuilder:
        """What the rows of a table say; where no path fits as a whole, the ends of paths count."""
        part = self._rows_by(table, columns, PathFinder(lambda: self.images))
        if part.is_empty:
            part = self._rows_by(table, columns, PathFinder(lambda: self.images, lenient=True))
        return part

    def _rows_by(
        self, table: SourceTable, columns: Columns, finder: PathFinder
    ) -> CollectionBuilder:
        """The same by one finder; paths count from the table's folder first."""
        part = CollectionBuilder()
        folder = posixpath.dirname(table.name)
        for place, _, fields in part.rows(table, columns):
            if fields.image is None:
                part.skip(place, "names no file")
                continue
            if is_web_address(fields.image):
                part.skip(place, f"names {shown(fields.image)!r}, which {NOT_FETCHED}")
                continue
            image = posixpath.normpath(posixpath.join(folder, fields.image))
            why = None
            if image not in self.images and image not in self._broken:
                found, why = finder.find(fields.image)
                image = found or image
            if image in self.images:
                part.add(image, path_reference(image), fields, where=place)
            elif image not in self._broken:
                part.skip(
                    place, f"names {shown(fields.image)!r}, which {why or _why_absent(image)}"
                )
        for note in finder.notes():
            part.skip(table.name, note)
        return part


def image_columns(table: SourceTable, options: ReadOptions) -> Columns:
    """The columns of a table beside images; an id names the image where nothing else does.

    Raises:
        GapvizError: as `choose_columns`.
    """
    names = table.columns
    if options.image_column is None and usual_name(names, "image") is None:
        named = image_column(names) or options.id_column or usual_name(names, "id")
        options = replace(options, image_column=named)
    return choose_columns(names, options, where=table.name, needs_image=True)


def _why_absent(image: str) -> str:
    if image.startswith(("/", "../")) or image == "..":
        return "lies outside the folder"
    return "is not there, or is no image"
