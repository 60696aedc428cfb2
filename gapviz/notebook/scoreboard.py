"""`gapviz.scoreboard`: every strategy against every other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gapviz.core.item_sample import MOST_ITEMS
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.notebook.answer import Answer
from gapviz.notebook.asking import ask
from gapviz.notebook.chosen import chosen_strategies
from gapviz.notebook.frames import Record, figure_rows, flat_record
from gapviz.notebook.given import Source
from gapviz.notebook.in_python import in_python

if TYPE_CHECKING:
    import plotly.graph_objects as go


ASIDE = frozenset({"ties_carry", "chance_v_measure"})
"""Of a row in JSON, what does not stand in the frame."""


@in_python
def scoreboard(
    source: Source,
    strategies: Iterable[str] | str | None = None,
    *,
    task: str | None = None,
    find: str | None = None,
    protocol: str | None = None,
    runs: Sequence[str | os.PathLike[str]] = (),
    most_items: int = MOST_ITEMS,
    seed: int = DEFAULT_SEED,
    encoder: str | None = None,
) -> Answer:
    """Measure every strategy, as the command `gapviz scoreboard` does: bias, quality and cost.

    What was measured is kept on disk, and a run that was stopped goes on.

    Args:
        source: a collection, arrays `(n_items, dim)` by modality, or the name of a source.
        strategies: which, by name; all but compositions unless given.
        task: best first for `one-way`, `mixed`, `within` or `scores`.
        find: with `one-way` and `within`, the modality that is found.
        protocol: `judged` or `paired`; judged where the collection has judgments.
        runs: files of rankings that other systems made.
        most_items: of more items a sample of so many is measured, and that is said; 0 for all.
        seed: of samples and intervals.
        encoder: the model whose vectors to take, where a named source holds several.

    Returns:
        Answer: its frame has a row a strategy, each estimate `x` with `x_low` and `x_high`; with
            `long=True` a row a figure. `figure()` draws bias against quality.

    Raises:
        GapvizError: no such strategy, or a collection that cannot be measured.
    """
    names = None
    if strategies is not None:
        names = ",".join(one.name for one in chosen_strategies(strategies))
    finding, _ = ask(
        "scoreboard",
        source,
        values={
            "strategies": names,
            "task": task,
            "find": find,
            "protocol": protocol,
            "runs": [os.fspath(one) for one in runs],
        },
        seed=seed,
        most_items=most_items,
        encoder=encoder,
    )

    def draw() -> go.Figure:
        from gapviz.figures.any_ground import on_any_ground
        from gapviz.figures.pareto import pareto_figure

        return on_any_ground(pareto_figure(finding.result))

    return Answer(finding, _rows, _long_rows, draw)


def _rows(figures: dict[str, Any]) -> list[Record]:
    return [
        flat_record({key: one for key, one in row.items() if key not in ASIDE})
        for row in figures["rows"]
    ]


def _long_rows(figures: dict[str, Any]) -> list[Record]:
    return [
        one
        for row in figures["rows"]
        for one in figure_rows(row, {"model": row["model"], "strategy": row["strategy"]})
    ]
