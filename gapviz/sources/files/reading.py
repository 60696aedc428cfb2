"""What every reader returns, and the options that all of them take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError

IndexedCaptions = Literal["first", "all"]
"""Whether an item's captions after the first are indexed too, or only ask."""

DEFAULT_TEMPLATE = "a picture of {label}"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person says of a source where its files do not say it themselves.

    Raises:
        GapvizError: a caption template without `{label}`, or an unknown choice.
    """

    id_column: str | None = None
    """Column (or array) that says which item a row belongs to."""
    image_column: str | None = None
    caption_columns: tuple[str, ...] = ()
    label_column: str | None = None
    """Of tables; None takes the usual names."""
    image_folder: Path | None = None
    """Where the images of a COCO file or a table lie; None takes the file's own folder."""
    template: str = DEFAULT_TEMPLATE
    """Caption of an item that has a label only, as in class folders."""
    modalities: tuple[str, ...] = ()
    """Names for arrays that come without any, in their order."""
    encoder: str | None = None
    """What made the vectors, where the files do not say."""
    left_out: frozenset[str] = frozenset()
    """Files that were taken out of the source, and listed, before it is read: what names them
    is not listed again."""

    def __post_init__(self) -> None:
        if "{label}" not in self.template:
            raise GapvizError(
                f"the caption template {self.template[:80]!r} has no {{label}}",
                hint="write for instance 'a picture of {label}'",
            )


@dataclass(frozen=True, slots=True)
class Skipped:
    """One thing of a source that did not become part of the collection."""

    what: str
    """The file or row, relative to the source."""
    why: str
    """In a clause: `is cut short`."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A source that was read."""

    collections: tuple[Collection, ...]
    """The same items as each encoder saw them; one without vectors where none has yet."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def collection(self) -> Collection:
        """The first of `collections`."""
        return self.collections[0]

    def encoded_by(self, encoder: str | None) -> Collection:
        """The collection of one encoder; the first where none is named.

        Raises:
            GapvizError: no vectors by that encoder.
        """
        if encoder is None:
            return self.collection
        for collection in self.collections:
            if collection.encoder == encoder:
                return collection
        known = ", ".join(collection.encoder for collection in self.collections)
        raise GapvizError(
            f"holds no vectors by {encoder[:80]!r}",
            where=self.collection.name,
            hint=f"choose one of {known}",
        )
