"""The ways to make a `Collection` of what lies in memory: arrays by modality, or a data frame."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, Self

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.described import given_ids
from gapviz.core.in_memory.frames import Frame, frame_of
from gapviz.core.in_memory.given import Described, Given, parts_of
from gapviz.core.in_memory.rows import GivenRows, given_rows
from gapviz.core.in_memory.values import is_tensor, kind_of, plain_values
from gapviz.core.item import items_of_rows
from gapviz.core.modality_names import modality_names
from gapviz.core.nearest import nearest
from gapviz.core.plain_text import one_line

USUAL_NAME = "in memory"
"""Of a collection that was given none."""


class FromMemory:
    """Makes a collection of vectors that lie in memory."""

    @classmethod
    def _of_parts(cls, given: Given, *, name: str, encoder: str | None) -> Self:
        """The collection of its parts; halves are made where no splits are given."""
        raise NotImplementedError

    @classmethod
    def from_arrays(
        cls,
        vectors: Mapping[str, Any] | None = None,
        /,
        *,
        ids: Any = None,
        labels: Any = None,
        captions: Any = None,
        pictures: Any = None,
        folder: str | os.PathLike[str] | None = None,
        splits: Any = None,
        item: Any = None,
        name: str = USUAL_NAME,
        encoder: str | None = None,
        quantisation: str | None = None,
        **modalities: Any,
    ) -> Self:
        """A collection of arrays, one a modality, under whatever names: `image=X, text=Y`.

        Row i of each modality is item i unless `item` says otherwise. A row of None, or of nothing
        but NaN, is one that its item has not.

        >>> import numpy as np
        >>> from gapviz.core.collection import Collection
        >>> rows = np.random.default_rng(0).standard_normal((2, 6, 4))
        >>> Collection.from_arrays(image=rows[0], text=rows[1], name="six pairs")
        <Collection 'six pairs': 6 items; image 6 × 4, text 6 × 4; 3 calibrate, 3 evaluate>

        Args:
            vectors: by modality, for names that Python does not take as arguments.
            ids: `(n_items,)`, anything that can be written as text; else the numbers of the rows.
            labels: `(n_items,)`, a text, a number or several of them an item.
            captions: `(n_items,)`, a text or a list of texts an item.
            pictures: `(n_items,)`, paths of files.
            folder: that holds the pictures, and that relative paths start from.
            splits: `(n_items,)` names, or by name positions, ids or a mask: `calibrate` (or
                `train`) is fitted on, `evaluate` (or `test`) is measured. Even halves, copies
                kept together, unless given.
            item: by modality, `(n_rows,)` ids (or places from 0) of the items of its rows, where
                an item has several of them, or the modalities differ in number.
            name: of the collection.
            encoder: what made the vectors, for queries that are typed later.
            quantisation: how whole numbers are stored, as `--quantisation` takes it.
            modalities: `(n_rows, dim)` of any real dtype: of NumPy, PyTorch, pandas, Arrow,
                polars, Hugging Face, or lists.

        Raises:
            GapvizError: what cannot be read or does not fit, in one sentence.
        """
        given = {**_mapping(vectors), **modalities}
        if not given:
            raise GapvizError(
                "there are no vectors", hint="give one array a modality: image=X, text=Y"
            )
        meant = modality_names(map(str, given))
        rows = {
            meant[str(key)]: _modality_rows(str(key), values, quantisation)
            for key, values in given.items()
        }
        described = Described(ids, labels, captions, pictures, folder, splits)
        name = one_line(str(name or "")) or USUAL_NAME
        owners = _owners(item, rows, meant, has_ids=ids is not None)
        parts = parts_of(rows, described, owners, where=name)
        return cls._of_parts(parts, name=name, encoder=encoder)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        /,
        vectors: Mapping[str, str | Sequence[str]] | Sequence[str],
        *,
        ids: str | None = None,
        labels: str | Sequence[str] | None = None,
        captions: str | Sequence[str] | None = None,
        pictures: str | None = None,
        folder: str | os.PathLike[str] | None = None,
        splits: Any = None,
        item: str | None = None,
        name: str = USUAL_NAME,
        encoder: str | None = None,
        quantisation: str | None = None,
    ) -> Self:
        """A collection of a data frame, of pandas, polars, Arrow or Hugging Face, one row an item.

        Args:
            frame: or a mapping of columns, or a list of records.
            vectors: by modality the column of its vectors, or a list of columns of one number
                each; or the names of the columns alone.
            ids: the column of ids; else the numbers of the rows.
            labels: the column of labels, or several.
            captions: the column of captions, texts or lists of them, or several columns.
            pictures: the column of paths of pictures.
            folder: as for `from_arrays`.
            splits: the column of names of splits, or as for `from_arrays`.
            item: the column that says which item a row is of, where several rows are one item:
                their captions and vectors are joined, and an equal vector counts once.
            name: of the collection.
            encoder: what made the vectors, for queries that are typed later.
            quantisation: as for `from_arrays`.

        Raises:
            GapvizError: no such column, or what cannot be read or does not fit, in one sentence.
        """
        table = frame_of(frame)
        rows = {
            modality: _column_rows(table, columns, modality, quantisation)
            for modality, columns in _columns(vectors).items()
        }
        described = Described(
            None if ids is None else table.values(ids, "ids"),
            _joined(table, labels, "labels"),
            _joined(table, captions, "captions"),
            None if pictures is None else table.values(pictures, "pictures"),
            folder,
            table.values(splits, "splits") if isinstance(splits, str) else splits,
        )
        owners: dict[str, Sequence[str]] = {}
        if item is not None:
            described, same = _by_item(table, described, item)
            owners = dict.fromkeys(rows, same)
        name = one_line(str(name or "")) or USUAL_NAME
        return cls._of_parts(
            parts_of(rows, described, owners, where=name), name=name, encoder=encoder
        )


ARGUMENTS = tuple(
    one.name
    for one in signature(FromMemory.from_arrays).parameters.values()
    if one.kind is one.KEYWORD_ONLY
)
"""What `from_arrays` takes by name that is no modality."""

LIKE = 0.75
"""How like one of them a name is that may have been meant for it: `label`, and not `title`."""


def _modality_rows(name: str, values: Any, quantisation: str | None) -> GivenRows:
    try:
        return given_rows(values, where=name, quantisation=quantisation)
    except GapvizError as error:
        meant = nearest(name, ARGUMENTS, most=1, cutoff=LIKE)
        if not meant:
            raise
        hint = f"{error.hint}; where {name} is no modality, write {meant[0]}=…"
        raise GapvizError(error.what, where=error.where, hint=hint) from error


def _mapping(vectors: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if vectors is None:
        return {}
    if not isinstance(vectors, Mapping):
        raise GapvizError(
            f"the vectors are {kind_of(vectors)}, and nothing says which modality they are",
            hint="give one array a modality: image=X, text=Y",
        )
    return vectors


def _owners(
    item: Any, rows: Mapping[str, GivenRows], meant: Mapping[str, str], *, has_ids: bool
) -> dict[str, Sequence[str]]:
    """By modality, the id of the item of each row."""
    if item is None:
        return {}
    if not isinstance(item, Mapping):
        item = dict.fromkeys(rows, item)
    owners: dict[str, Sequence[str]] = {}
    for key, values in item.items():
        modality = meant.get(str(key), str(key))
        if modality not in rows:
            raise GapvizError(
                f"there is no modality {str(key)[:80]!r}",
                where="item",
                hint=f"choose among {', '.join(rows)}",
            )
        owners[modality] = given_ids(plain_values(values, where=f"item, {key}"))
    numbered = [one.n_rows for name, one in rows.items() if name not in owners]
    if numbered and not has_ids:
        # A place names the item that has that number as its id.
        ids = [one.id for one in items_of_rows(numbered[0])]
        by_place = {str(place): one for place, one in enumerate(ids)}
        owners = {name: [by_place.get(one, one) for one in each] for name, each in owners.items()}
    return owners


def _columns(vectors: Any) -> dict[str, str | Sequence[str]]:
    """By modality, the column or the columns of its vectors."""
    if isinstance(vectors, str):
        vectors = [vectors]
    if isinstance(vectors, Mapping):
        meant = modality_names(map(str, vectors))
        found = {meant[str(key)]: columns for key, columns in vectors.items()}
    elif isinstance(vectors, list | tuple) and all(isinstance(one, str) for one in vectors):
        found = {modality: name for name, modality in modality_names(vectors).items()}
    else:
        raise GapvizError(
            f"is {kind_of(vectors)} instead of columns by modality",
            where="vectors",
            hint="write vectors={'image': 'img_emb', 'text': 'txt_emb'}",
        )
    if not found:
        raise GapvizError("names no column", where="vectors", hint="name one a modality")
    return found


def _column_rows(table: Frame, columns: Any, modality: str, quantisation: str | None) -> GivenRows:
    where = f"vectors, {modality}"
    if isinstance(columns, str | int | np.integer):
        column = table.column(str(columns), where)
        return given_rows(column, where=str(columns), quantisation=quantisation)
    if is_tensor(columns) or not isinstance(columns, list | tuple) or not columns:
        raise GapvizError(
            f"is {kind_of(columns)} instead of the name of a column",
            where=where,
            hint="name a column of lists, or a list of columns of numbers",
        )
    cells = [table.values(str(one), where) for one in columns]
    rows = [
        None if all(one is None for one in row) else list(row) for row in zip(*cells, strict=True)
    ]
    return given_rows(rows, where=where, quantisation=quantisation)


def _joined(table: Frame, columns: Any, purpose: str) -> list[Any] | None:
    """The values of one column, or of several in one list a row."""
    if columns is None:
        return None
    if isinstance(columns, str | int | np.integer):
        return table.values(str(columns), purpose)
    if not isinstance(columns, list | tuple):
        raise GapvizError(
            f"is {kind_of(columns)} instead of the name of a column", where=purpose, hint="name one"
        )
    found: list[list[Any]] = [[] for _ in range(table.n_rows)]
    for column in columns:
        for row, value in zip(found, table.values(column, purpose), strict=True):
            row.extend(value if isinstance(value, list) else [] if value is None else [value])
    return found


def _by_item(table: Frame, described: Described, column: str) -> tuple[Described, list[str]]:
    """What is said of each item, from all of its rows; and the item of each row."""
    if described.ids is not None:
        raise GapvizError(
            "both name the items of the rows", where="ids and item", hint="leave ids out"
        )
    same = given_ids(table.values(column, "item"))
    rows: dict[str, list[int]] = {}
    for row, one in enumerate(same):
        rows.setdefault(one, []).append(row)

    def all_of(values: list[Any] | None) -> list[Any] | None:
        if values is None:
            return None
        plain = [value if isinstance(value, list) else [value] for value in values]
        return [
            [one for row in each for one in plain[row] if one is not None] for each in rows.values()
        ]

    def first_of(values: Any) -> Any:
        if not isinstance(values, list):
            return values
        return [
            next((values[row] for row in each if values[row] is not None), None)
            for each in rows.values()
        ]

    return (
        Described(
            list(rows),
            all_of(described.labels),
            all_of(described.captions),
            first_of(described.pictures),
            described.folder,
            first_of(described.splits),
        ),
        same,
    )
