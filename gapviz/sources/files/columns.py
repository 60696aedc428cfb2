"""Which column is which: one list of names for all tables, beside images or beside vectors."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose
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

QUERY_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "document": ("text", "txt", "contents", "content", "passage", "body", "document", "caption"),
    "document_id": (
        "_id", "corpus_id", "doc_id", "docid", "docno", "did", "document_id", "passage_id", "pid",
        "product_id", "id", "item_id", "item", "doc",
    ),
    "ranked_document": ("document",),
    "query": ("query_text", "query", "query_txt", "question", "search_query"),
    "query_id": ("query_id", "qid", "q_id", "queryid", "topic_id", "topic"),
    "query_image": ("query_image", "query_img_path", "query_image_path"),
    "query_modality": ("query_modality", "modality", "modality_name"),
    "asked_modality": (
        "asked_modality", "target_modality", "answer_modality", "wanted_modality", "asked",
    ),
    "grade": (
        "grade", "relevance", "rel", "score", "judgment", "judgement", "rating", "gain", "label",
    ),
    "similarity": ("score", "similarity", "sim", "cosine"),
    "rank": ("rank", "position", "place"),
}  # fmt: skip
"""The same of documents, queries, judgments and runs, told apart by where their tables stand."""

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
    """The first of its labels."""
    image: str | None = None
    flaw: str | None = None
    """The first value that could not be used, in a clause."""
    guess: str | None = None
    """What the captions were taken from by a guess: see `Captions`."""
    other_labels: tuple[str, ...] = ()
    """Those after the first."""
    stored: str | None = None
    """The reference to a picture that lies in a cell of the row itself."""

    def joined(self, other: Fields) -> Fields:
        """What both say of one item, without flaws; the labels of the first that has any."""
        labelled = self if self.label else other
        return Fields(
            captions=self.captions + other.captions,
            label=labelled.label,
            guess=self.guess or other.guess,
            other_labels=labelled.other_labels,
        )


NOTHING = Fields()


def choose_columns(
    names: Sequence[str],
    options: ReadOptions,
    *,
    where: str,
    needs_image: bool = False,
    only_named: Collection[str] = (),
) -> Columns:
    """The columns that the options name, else those under the usual names.

    Args:
        names: of all columns.
        options: may name some, in any case where no two differ in it alone.
        where: what to call the table in an error.
        needs_image: whether there has to be a column of images.
        only_named: columns of other things, taken only where the options name them.

    Raises:
        GapvizError: the options name a column that is not there, or no column is of images
            where one is needed.
    """
    named = partial(_named, names, where=where)
    usual = [name for name in names if name not in only_named]
    columns = Columns(
        id=named(options.id_column) or usual_name(usual, "id"),
        captions=tuple(filter(None, map(named, options.caption_columns))) or _usual_captions(usual),
        label=named(options.label_column) or usual_name(usual, "label"),
        image=named(options.image_column) or usual_name(usual, "image"),
    )
    if needs_image and columns.image is None:
        raise GapvizError(
            "has no column of images",
            where=where,
            hint=f"name one 'file_name', or say which it is among {listed(names)}",
        )
    return columns


def is_named(names: Sequence[str], name: str | None) -> bool:
    """Whether the options' `name` is that of a column."""
    return name is not None and _found(names, name) is not None


def usual_name(names: Iterable[str], kind: str) -> str | None:
    """The column with the first of `NAMES[kind]`, or of `QUERY_NAMES[kind]`, there is.

    Case, spaces and dashes do not count: `Image Path` is `image_path`.
    """
    known = {_plain(name): name for name in reversed(list(names))}
    wanted = NAMES[kind] if kind in NAMES else QUERY_NAMES[kind]
    return next((known[usual] for usual in wanted if usual in known), None)


def usual_names(names: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """Every column that is called one of `wanted`, in their order, as `usual_name` compares."""
    return [name for usual in wanted for name in names if _plain(name) == usual]


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
    labels, no_label = _labels(row, columns.label, class_names)
    return Fields(
        id=item_id,
        captions=captions.found,
        label=labels[0] if labels else None,
        image=path_in(row.get(columns.image)) if columns.image else None,
        flaw=captions.flaw or no_id or no_label,
        guess=captions.guess,
        other_labels=labels[1:],
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


def _named(names: Sequence[str], name: str | None, *, where: str) -> str | None:
    """The column that the options name; None where they name none.

    Raises:
        GapvizError: no such column.
    """
    found = None if name is None else _found(names, name)
    if name is not None and found is None:
        raise GapvizError(
            f"has no column {shown(name, 80)!r}",
            where=where,
            hint=choose(shown(name, 80), [shown(one, 80) for one in names]),
        )
    return found


def _found(names: Sequence[str], name: str) -> str | None:
    """The column of that name, else the one whose name differs in case and spaces alone."""
    if name in names:
        return name
    alike = [one for one in names if _plain(one) == _plain(name)]
    return alike[0] if len(alike) == 1 else None


def _text(row: Mapping[str, object], name: str | None, kind: str) -> tuple[str | None, str | None]:
    """The text of a cell, and what is wrong with it."""
    if name is None:
        return None, None
    value = row.get(name)
    try:
        return text_in(value), None
    except TypeError:
        return None, f"has {kind} that is no text ({type(value).__name__})"


def _labels(
    row: Mapping[str, object], name: str | None, class_names: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], str | None]:
    """The labels of a cell, each once: of a list, each of its entries; and what is wrong."""
    if name is None:
        return (), None
    value = row.get(name)
    if isinstance(value, str):
        # A text that is a list is one for labels as it is for captions.
        return captions_in(value).found, None
    known = class_names.get(name, ())
    labels: dict[str, None] = {}
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, int) and 0 <= one < len(known):
            labels[known[one]] = None
            continue
        try:
            label = text_in(one)
        except TypeError:
            return (), f"has a label that is no text ({type(one).__name__})"
        if label is not None:
            labels[label] = None
    return tuple(labels), None


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
