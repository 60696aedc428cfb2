"""Every direction as a heat map: who asks down the side, who is searched along the foot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_figure
from gapviz.core.wording import figure, interval
from gapviz.figures.lines import HEIGHT, Axis, Panel, frame
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go
from gapviz.measures.directions import FIGURES, Direction, Way

MOST_WITH_INTERVALS = 3
"""Modalities; of more, the cells have no room for an interval."""

# Where the colours of Viridis become light, as a share of the scale.
LIGHT = 0.6
DARK_INK, LIGHT_INK = "#000000", "#FFFFFF"


def direction_panels(
    names: Sequence[str], directions: Mapping[Way, Direction], answers: Mapping[str, str]
) -> tuple[Panel, ...]:
    """One map a figure, all of them from 0 to the largest figure of its own.

    Args:
        names: the modalities, in order.
        directions: of every two of them, and of each with itself.
        answers: what answers a query, in words, by `Direction.relevant`.
    """
    return tuple(
        Panel(
            f"{title} (higher is better)",
            _map(names, directions, answers, key, title),
            _alt(directions, key, title),
        )
        for key, title in FIGURES.items()
    )


def _map(
    names: Sequence[str],
    directions: Mapping[Way, Direction],
    answers: Mapping[str, str],
    key: str,
    title: str,
) -> go.Figure:
    values = np.array(
        [[_value(directions[source, target], key) for target in names] for source in names]
    )
    known = values[~np.isnan(values)]
    top = float(known.max(initial=0.0)) or 1.0
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [in_figure(_short(name)) for name in names],
        "showgrid": False,
        "constrain": "domain",
    }
    drawn = go.Figure(
        go.Heatmap(
            z=[[None if isnan(value) else value for value in row] for row in values],
            zmin=0,
            zmax=top,
            colorscale="Viridis",
            showscale=False,
            xgap=2,
            ygap=2,
            customdata=[
                [_hover(directions[source, target], answers, key, title) for target in names]
                for source in names
            ],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=True,
        ),
        layout=frame(Axis("searched"), Axis("query"), HEIGHT, legend=False),
    )
    drawn.update_layout(hovermode="closest")
    drawn.update_xaxes(**ticks)
    drawn.update_yaxes(autorange="reversed", scaleanchor="x", constraintoward="top", **ticks)
    for row, source in enumerate(names):
        for column, target in enumerate(names):
            found = directions[source, target].figures.get(key)
            drawn.add_annotation(
                x=column,
                y=row,
                text=_words(found, len(names)),
                showarrow=False,
                font={"color": _ink(found, top), "size": 13},
            )
    return drawn


def _value(one: Direction, key: str) -> float:
    found = one.figures.get(key)
    return float("nan") if found is None else found.value


def _words(found: Estimate | None, n_names: int) -> str:
    if found is None or isnan(found.value):
        return "none"
    words = f"<b>{figure(found.value)}</b>"
    if n_names > MOST_WITH_INTERVALS or isnan(found.low):
        return words
    return f"{words}<br><span style='font-size:10px'>{interval(found.low, found.high, 2)}</span>"


def _ink(found: Estimate | None, top: float) -> str:
    if found is None or isnan(found.value):
        return NEUTRAL
    return DARK_INK if found.value > LIGHT * top else LIGHT_INK


def _hover(one: Direction, answers: Mapping[str, str], key: str, title: str) -> str:
    way = in_figure(f"{one.source} → {one.target}")
    found = one.figures.get(key)
    if found is None:
        return f"{way}: not measured. {in_figure(one.why)}"
    return (
        f"{way}: {title} {found}<br>{one.n_queries:,} queries, {one.n_indexed:,} entries, "
        f"answered by {answers[one.relevant]}"
    )


def _alt(directions: Mapping[Way, Direction], key: str, title: str) -> str:
    told = [
        f"{source} → {target} {figure(_value(one, key))}"
        for (source, target), one in directions.items()
    ]
    return f"Heat map of {title}, query modality → modality searched: {'; '.join(told)}"


def _short(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:15]}…"
