"""What of a store's collection is which modality, and which payload says what.

Either each vector field is a modality and an entry is an item; or entries are single vectors, and
payload says of which modality and of which item each is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import ALIASES, modality_name, modality_names
from gapviz.sources.files.columns import (
    NAMES,
    NOTHING,
    Columns,
    Fields,
    choose_columns,
    fields_of,
    is_named,
    listed,
    usual_names,
)
from gapviz.sources.files.format import ReadOptions, Skipped
from gapviz.sources.files.named_arrays import chosen_modalities, other_sizes
from gapviz.sources.files.texts import shown, text_in
from gapviz.sources.files.vector_tables import ITEM_COLUMNS, MODALITY_COLUMNS, MOST_MODALITIES
from gapviz.sources.stores.store import Metric, StoreSchema, VectorField

Payload = Mapping[str, Any]

METRIC_WORDS: Mapping[Metric, str] = {
    "dot": "the inner product",
    "euclidean": "the Euclidean distance",
}
"""What a field is searched by, where that is not the cosine."""


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """How a collection of a store is read."""

    fields: tuple[tuple[str, VectorField], ...]
    """Modality and field of each; of entries that name their modality the one field."""
    columns: Columns
    """Payload that describes items; its `id` names the item of an entry."""
    modality_column: str | None = None
    wanted: tuple[str, ...] = ()
    """Modalities that were named; empty takes all."""
    notes: tuple[Skipped, ...] = ()
    """What is not read, or read otherwise."""

    @property
    def field_names(self) -> tuple[str, ...]:
        """Vector fields that are read."""
        return tuple(field.name for _, field in self.fields)

    @property
    def payload(self) -> tuple[str, ...]:
        """Names of the payload that is read."""
        column = [self.modality_column] if self.modality_column is not None else []
        return tuple(dict.fromkeys([*self.columns.all, *column]))

    @property
    def brief(self) -> StoreLayout:
        """The same that reads of an item only which it is, and its label."""
        return replace(self, columns=Columns(id=self.columns.id, label=self.columns.label))

    def value_of(self, payload: Payload) -> str:
        """The text under which an entry names its modality; empty where it is none."""
        value = None if self.modality_column is None else payload.get(self.modality_column)
        return value if isinstance(value, str) else ""

    def described(self, payload: Payload) -> Fields:
        """What the payload of an entry says of its item."""
        return fields_of(payload, self.columns) if self.columns.all else NOTHING

    def item_of(self, entry: str, payload: Payload) -> str | None:
        """The item of an entry; None where nothing says it."""
        return entry if self.columns.id is None else self.brief.described(payload).id

    def modality_of(self, payload: Payload) -> str | None:
        """The modality that an entry names, where it is read; None where it names none."""
        found = None if self.modality_column is None else _modality(payload, self.modality_column)
        return found if not self.wanted or found in self.wanted else None


def layout_of(
    schema: StoreSchema, peeked: Sequence[Payload], options: ReadOptions, *, where: str
) -> StoreLayout:
    """How a collection is to be read.

    Args:
        schema: of the collection.
        peeked: payload of some entries.
        options: may name modalities and payload.
        where: what to call the collection in an error.

    Raises:
        GapvizError: no vectors, a single modality, or a name that is not there.
    """
    if not schema.fields:
        raise GapvizError("holds no vectors", where=where, hint="name another collection")
    payload = list(dict.fromkeys([*schema.payload, *(name for one in peeked for name in one)]))
    if len(schema.fields) == 1:
        layout = _of_one_field(schema.fields[0], payload, peeked, options, where)
    else:
        layout = _of_fields(schema.fields, payload, options, where)
    notes = list(layout.notes)
    for _, field in layout.fields:
        if words := METRIC_WORDS.get(field.metric):
            notes.append(
                Skipped(
                    _field_words(field.name),
                    f"is searched by {words}; what is measured are cosines, of its vectors scaled "
                    "to length 1",
                )
            )
    unread = [name for name in payload if name not in layout.payload]
    if unread:
        notes.append(Skipped(f"the payload {listed(unread)}", "is not read"))
    return replace(layout, notes=tuple(notes))


def _of_fields(
    fields: Sequence[VectorField], payload: Sequence[str], options: ReadOptions, where: str
) -> StoreLayout:
    """Each field a modality, each entry an item."""
    by_name = {field.name: field for field in fields}
    out = other_sizes({field.name: field.dim for field in fields}, options)
    named = modality_names([name for name in by_name if name not in out])
    found = {modality: name for name, modality in named.items()}
    chosen = chosen_modalities(found, options, where=where)
    if len(chosen) < 2 and not options.modalities:
        raise GapvizError(
            f"has one vector field that is a modality ({next(iter(chosen.values()))})",
            where=where,
            hint=f"name the fields to read in --modalities, of {listed(list(by_name))}",
        )
    notes = [Skipped(_field_words(name), why) for name, why in out.items()]
    notes += [
        Skipped(_field_words(name), "was not named, and is not read")
        for name in named
        if name not in chosen.values()
    ]
    columns = choose_columns(payload, options, where=where)
    taken = tuple((modality, by_name[name]) for modality, name in chosen.items())
    return StoreLayout(taken, columns, notes=tuple(notes))


def _of_one_field(
    field: VectorField,
    payload: Sequence[str],
    peeked: Sequence[Payload],
    options: ReadOptions,
    where: str,
) -> StoreLayout:
    """Entries that name their modality; or one modality alone, where it is named."""
    column = _modality_column(payload, peeked, options)
    if column is None:
        if len(options.modalities) != 1:
            raise GapvizError(
                "has one vector field, and no payload that names the modality of each entry, so "
                "that there is no gap to measure",
                where=where,
                hint="give a collection with a vector field for each modality, or entries with the "
                "payload 'modality' and 'item'; or name the one modality in --modalities",
            )
        columns = choose_columns(payload, options, where=where)
        return StoreLayout(((options.modalities[0], field),), columns)
    columns = choose_columns(payload, options, where=where, only_named=[column])
    item = columns.id if options.id_column else _item_column(payload, peeked, column)
    if item is None:
        raise GapvizError(
            f"names the modality of each entry ({shown(column, 60)}), but no item, so that nothing "
            "says which entries are of one item",
            where=where,
            hint=f"name the payload that says it in --id-column, of {listed(payload)}",
        )
    wanted = tuple(modality_name(name) for name in options.modalities)
    return StoreLayout((("", field),), replace(columns, id=item), column, wanted)


def _modality_column(
    payload: Sequence[str], peeked: Sequence[Payload], options: ReadOptions
) -> str | None:
    """The payload that names the modality of each entry."""
    free = [
        name for name in payload if not any(is_named([name], one) for one in options.named_columns)
    ]
    for name in usual_names(free, MODALITY_COLUMNS):
        values = {_modality(one, name) for one in peeked} - {None}
        if 0 < len(values) <= MOST_MODALITIES and (
            name.lower().startswith("modality") or values <= set(ALIASES)
        ):
            return name
    return None


def _item_column(payload: Sequence[str], peeked: Sequence[Payload], said: str) -> str | None:
    """The payload under which entries of two modalities meet; else the first that may be it."""
    candidates = usual_names([n for n in payload if n != said], (*ITEM_COLUMNS, *NAMES["id"]))
    for name in candidates:
        met: dict[str, set[str | None]] = {}
        for one in peeked:
            if one.get(name) is not None:
                met.setdefault(str(one[name]), set()).add(_modality(one, said))
        if any(len(modalities) > 1 for modalities in met.values()):
            return name
    return next(iter(candidates), None)


def _modality(payload: Payload, column: str) -> str | None:
    try:
        text = text_in(payload.get(column))
    except TypeError:
        return None
    return None if text is None else modality_name(text)


def _field_words(name: str) -> str:
    return f"the vector field {shown(name, 60)!r}" if name else "the vector field"
