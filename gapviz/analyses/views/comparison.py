"""Two saved views side by side: what differs in their settings, and in their figures."""

from __future__ import annotations

from math import nan

import numpy as np

from gapviz.analyses.analysis import Finding
from gapviz.analyses.changes import change_of, gap_change
from gapviz.analyses.measure import ITEM_PROTOCOL
from gapviz.analyses.views.shown import figures_of, figures_table, settings_of, warnings_of
from gapviz.analyses.views.subject import Measures, Opens, measured, opened, subject_of
from gapviz.core.errors import GapvizError
from gapviz.core.table import Cell, Column, Table
from gapviz.core.wording import too_few
from gapviz.measures.measurement import Measurement
from gapviz.storage.saved_views import SavedView

NOT_SET = "not set"
INTERVALS = "95 % intervals; those of a difference are of the same items under both"


def compare_views(
    first: SavedView, second: SavedView, *, opens: Opens = opened, measures: Measures = measured
) -> Finding:
    """What differs between two views: settings, notes apart, and figures with their difference.

    Where both measure the same items, a difference has an interval of its own, in which what both
    have in common does not vary.
    """
    warnings, found = [], []
    for view in (first, second):
        told = warnings_of(view, opens)
        try:
            found.append(measures(subject_of(view)))
        except GapvizError as error:
            told = told or [error.sentence]
        warnings += [f"{view.name}: {words}" for words in told]
    settings = settings_table(first, second)
    tables = [settings] if settings.rows else []
    readings = [_settings_reading(settings)]
    if len(found) == 2:
        before, after = found
        warnings += filter(None, [too_few(min(one.collection.n_items for one in found))])
        together = _comparable(before, after)
        tables.append(_figures(first, second, before, after, together=together))
        if not together:
            readings.append(
                "They measure different items, so that no difference has an interval of its own."
            )
        elif subject_of(first) == subject_of(second):
            readings.append("Both measure the same, so that all figures are equal.")
    return Finding(
        title=f"{first.name} | {second.name}",
        warnings=warnings,
        readings=readings,
        tables=tables,
        figures={
            "first": first.to_json(),
            "second": second.to_json(),
            "settings": [list(row) for row in settings.rows],
            "figures": [one.to_json() for one in found],
        },
    )


def settings_table(first: SavedView, second: SavedView) -> Table:
    """The settings in which two views differ; of two pages, those that both have."""
    one, other = settings_of(first), settings_of(second)
    both = first.page == second.page
    rows: list[list[Cell]] = [
        [name, one.get(name, NOT_SET), other.get(name, NOT_SET)]
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name) and (both or {name} <= one.keys() & other.keys())
    ]
    heads = ("setting", *_titles(first, second))
    columns = [Column(f"column {n}", head, text=True) for n, head in enumerate(heads)]
    return Table("What differs", columns, rows)


def _settings_reading(settings: Table) -> str:
    names = [str(row[0]) for row in settings.rows]
    if not names:
        return "Both have the same settings."
    return f"They differ in {', '.join(names)}."


def _figures(
    first: SavedView,
    second: SavedView,
    before: Measurement,
    after: Measurement,
    *,
    together: bool,
) -> Table:
    table = figures_table(dict(zip(_titles(first, second), (before, after), strict=True)))
    if not together:
        return table
    keys = [one.key for one in figures_of(before)]
    # Of what its difference is of, or the two would not add up.
    pair = "–".join(before.pair)
    gaps = [one.geometry.gap.debiased for one in (before, after)]
    shown: dict[tuple[str, ...], list[Cell]] = {("gap",): [f"Gap without noise, {pair}", *gaps]}
    rows = [
        [*shown.get(key, row[:-1]), *_change(before, after, key), row[-1]]
        for key, row in zip(keys, table.rows, strict=True)
    ]
    columns = [
        *table.columns[:-1],
        Column("change", "difference", signed=True, missing="not comparable"),
        Column("verdict", "the second is", text=True),
        table.columns[-1],
    ]
    note = ITEM_PROTOCOL if _protocols_differ(before, after) else ""
    return Table("Figures", columns, rows, note=note, intervals=INTERVALS)


def _change(before: Measurement, after: Measurement, key: tuple[str, ...]) -> list[Cell]:
    """What a figure gained, and whether that is more than chance."""
    if _protocols_differ(before, after) and len(key) == 2:
        return [nan, "another protocol"]
    if key == ("gap",):
        change, words = (
            after.geometry.gap.change_from(before.geometry.gap),
            gap_change(before, after),
        )
    else:
        change, words = after.change(before, *key), change_of(before, after, *key)
    few = too_few(before.collection.n_items) is not None
    return [change, "too few items" if few else words]


def _protocols_differ(before: Measurement, after: Measurement) -> bool:
    return before.strategy.spec.ranks_items != after.strategy.spec.ranks_items


def _comparable(before: Measurement, after: Measurement) -> bool:
    """Whether both are of the same rows of the same items, whoever encoded them."""
    one, other = before.collection, after.collection
    if (before.pair, before.seed, before.fit) != (after.pair, after.seed, after.fit):
        return False
    if one.modality_names != other.modality_names or one.n_items != other.n_items:
        return False
    if [item.id for item in one.items] != [item.id for item in other.items]:
        return False
    return all(
        np.array_equal(one.modality(name).item_index, other.modality(name).item_index)
        and np.array_equal(one.modality(name).query_only, other.modality(name).query_only)
        for name in one.modality_names
    )


def _titles(first: SavedView, second: SavedView) -> tuple[str, str]:
    """Their names as heads of columns, told apart where they are the same."""
    if first.name != second.name:
        return first.name, second.name
    return f"{first.name} (1)", f"{second.name} (2)"
