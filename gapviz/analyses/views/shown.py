"""A saved view as a section: its note, what it is of, whether that is still so, its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gapviz.analyses.analysis import Finding
from gapviz.analyses.changes import neutral_share
from gapviz.analyses.measure import ITEM_PROTOCOL, marked
from gapviz.analyses.views.subject import Measures, Opens, measured, opened, subject_of
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, no_progress
from gapviz.core.table import Cell, Column, Table
from gapviz.core.wording import counted, figure, too_few
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.storage.saved_views import VIEW, SavedView
from gapviz.strategies import STRATEGIES

LONGEST_VALUE = 120
"""Characters of a setting that are shown."""

_OF_QUERIES = ("query", "item", "query id")
_TITLES = {"q": "query"}
_FIRST = ("collection", "encoder", "compare", "pair", "strategy")


@dataclass(frozen=True, slots=True)
class FigureOfView:
    """One figure that is shown of every view."""

    title: str
    better: str
    key: tuple[str, ...]
    """As of `Measurement.estimate`; `("gap",)` of the gap."""
    cell: Cell


def warnings_of(view: SavedView, opens: Opens = opened) -> list[str]:
    """Why a view cannot be shown as it was kept, a sentence each; none where it can."""
    try:
        collection = opens(subject_of(view))
    except GapvizError as error:
        return [f"What this view shows is gone. {_capital(error.sentence)}"]
    if view.content_hash and collection.content_hash != view.content_hash:
        return [
            f"The collection has changed since this view was kept ({view.day}): the page and the "
            "figures are those of today."
        ]
    return []


def settings_of(view: SavedView) -> dict[str, str]:
    """What the address of a view sets, by its name for people; the page first."""
    told: dict[str, str] = {"page": view.page.replace("_", " ").capitalize()}
    said: dict[str, list[str]] = {}
    for name, value in view.params:
        if name != VIEW:
            said.setdefault(name, []).append(value)
    first = [name for name in _FIRST if name in said]
    for name in [*first, *(name for name in said if name not in first)]:
        told[_TITLES.get(name, name.replace("_", " "))] = _shown(name, said[name])
    return told


def figures_of(measurement: Measurement) -> list[FigureOfView]:
    """The gap; bias and rank of the match of each query modality; recall each way."""
    one, gap = measurement, measurement.geometry.gap
    pair = "–".join(one.pair)
    found = [
        FigureOfView(f"Gap ‖Δ‖, {pair}", "lower", ("gap",), Estimate(gap.gap, gap.low, gap.high))
    ]
    for name in one.mixed:
        aim = f"nearer {figure(neutral_share(one, name), 2)}"
        key = ("bias", name)
        found.append(FigureOfView(f"bias rate, {name} queries", aim, key, one.estimate(*key)))
    for name in one.mixed:
        key = ("ndcg", name)
        found.append(FigureOfView(f"NDCG@10, {name} queries", "higher", key, marked(one, *key)))
    for a, b in one.recall:
        recall = (f"recall@{DEPTH}", a, b)
        title = f"R@{DEPTH}, {a} → {b}"
        found.append(FigureOfView(title, "higher", recall, marked(one, *recall)))
    return found


def view_finding(
    view: SavedView, *, opens: Opens = opened, measures: Measures = measured
) -> Finding:
    """A view as a section of a report: what was noted, what is shown, the figures today."""
    warnings, tables = warnings_of(view, opens), []
    try:
        found = measures(subject_of(view))
        tables.append(figures_table({"value": found}))
        warnings += filter(None, [too_few(found.collection.n_items)])
        warnings += [ITEM_PROTOCOL] * found.strategy.spec.ranks_items
    except GapvizError as error:
        # What is gone has been told already.
        warnings = warnings or [f"There are no figures of it. {_capital(error.sentence)}"]
    return Finding(
        title=view.name,
        warnings=warnings,
        readings=[*note_lines(view), _facts(view)],
        tables=tables,
        figures=view.to_json() | {"warnings": warnings},
    )


def views_finding(
    views: Sequence[SavedView],
    *,
    opens: Opens = opened,
    measures: Measures = measured,
    progress: Progress = no_progress,
) -> Finding:
    """All views as one section, in their order."""
    parts = {}
    for number, view in enumerate(views):
        progress(number / len(views), f"The saved view “{view.name}”")
        parts[view.id] = view_finding(view, opens=opens, measures=measures)
    return Finding(
        title="Findings",
        readings=[f"{counted(len(views), 'saved view')}, in the order in which they are presented."]
        if views
        else ["No view is saved."],
        parts=parts,
    )


def figures_table(measurements: Mapping[str, Measurement]) -> Table:
    """The figures of some measurements side by side, by the title of their column."""
    rows: dict[tuple[str, ...], list[Cell]] = {}
    titles: dict[tuple[str, ...], FigureOfView] = {}
    for place, one in enumerate(measurements.values()):
        for found in figures_of(one):
            titles.setdefault(found.key, found)
            rows.setdefault(found.key, [None] * len(measurements))[place] = found.cell
    return Table(
        "",
        [
            Column("figure", "figure", text=True),
            *(Column(f"value {n}", title) for n, title in enumerate(measurements)),
            Column("better", "better is", text=True),
        ],
        [[titles[key].title, *cells, titles[key].better] for key, cells in rows.items()],
    )


def note_lines(view: SavedView) -> list[str]:
    """The lines of a note that say something."""
    return [line.strip() for line in view.note.splitlines() if line.strip()]


def _facts(view: SavedView) -> str:
    """What is to be known beside the note; its link sets the rest."""
    asked = STRATEGIES[view.param("strategy") or "raw"] if _known(view) else None
    own = [one.name.replace("_", " ") for one in asked.parameters] if asked else []
    told = ", ".join(
        f"{name}: {value}"
        for name, value in settings_of(view).items()
        if name in ("page", *_FIRST, *_OF_QUERIES, *own)
    )
    selected = ""
    if view.n_selected:
        few = f", of which {len(view.items)} are kept" * (len(view.items) < view.n_selected)
        selected = f" {counted(view.n_selected, 'item')} selected{few}."
    return f"Kept {view.day}. {_capital(told)}.{selected}"


def _known(view: SavedView) -> bool:
    return (view.param("strategy") or "raw") in STRATEGIES


def _shown(name: str, values: Sequence[str]) -> str:
    if name == "strategy" and values[-1] in STRATEGIES:
        return STRATEGIES[values[-1]].title
    words = ", ".join(values)
    return words if len(words) <= LONGEST_VALUE else f"{words[: LONGEST_VALUE - 2]} …"


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
