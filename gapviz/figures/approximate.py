"""What an approximate index finds: recall over its cost, and over the ways of storing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gapviz.analyses.approximate.found import StrategyCurves, StrategyLosses
from gapviz.core.foreign import in_figure
from gapviz.core.vectors import Float64
from gapviz.figures.lines import HEIGHT, Axis, Line, Panel, add_band, frame, line_panel
from gapviz.figures.modality_style import style_of
from gapviz.figures.plotly_objects import go
from gapviz.measures.retrieval.approximate_recall import DEPTH, EffortCurve, Indexed
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.stored_recall import StorageLoss
from gapviz.retrieval.approximate import STORAGES

COST_AXIS = "distance computations a query (log)"
RECALL_AXIS = f"recall@{DEPTH} (higher is better)"
TICKS = tuple(digit * 10.0**power for power in range(8) for digit in (1, 2, 5))


def effort_panels(
    found: Sequence[StrategyCurves], modalities: Sequence[str], effort: str, seed: int
) -> tuple[Panel, ...]:
    """A panel a strategy and index, a line a query modality: recall over distance computations.

    All panels share their axes, so that they can be held against each other.

    Args:
        found: by strategy.
        modalities: all of the collection, for their colours.
        effort: what the effort is called, which is told at each point.
        seed: of the intervals.
    """
    every = [curve for one in found for curve in one.curves]
    costs = np.concatenate([curve.distances.mean(axis=0) for curve in every])
    lowest = min(float(curve.recall.mean(axis=0).min()) for curve in every)
    ends = (float(costs.min()) * 0.9, float(costs.max()) * 1.1)
    ticks = tuple(tick for tick in TICKS if ends[0] <= tick <= ends[1])
    x_axis = Axis(COST_AXIS, log=True, range=ends, ticks=ticks)
    y_axis = Axis(RECALL_AXIS, range=(max(-0.02, lowest - 0.03), 1.02))
    panels = []
    for one in found:
        for target in dict.fromkeys(curve.target for curve in one.curves):
            curves = [curve for curve in one.curves if curve.target == target]
            title = f"{one.options.spec.title}: {_searched(target)}"
            panels.append(
                Panel(
                    title,
                    _effort_figure(curves, modalities, effort, seed, x_axis, y_axis),
                    f"Line chart of recall over distance computations: {title}; "
                    f"{', '.join(f'{curve.source} queries' for curve in curves)}",
                )
            )
    return tuple(panels)


def _searched(target: Indexed) -> str:
    return "the mixed index" if target is None else f"{target} entries alone"


def _effort_figure(
    curves: Sequence[EffortCurve],
    modalities: Sequence[str],
    effort: str,
    seed: int,
    x_axis: Axis,
    y_axis: Axis,
) -> go.Figure:
    figure = go.Figure(layout=frame(x_axis, y_axis, HEIGHT))
    # Every line has a cost of its own, so that no place across is shared by both.
    figure.update_layout(hovermode="closest")
    for curve in curves:
        style = style_of(curve.source, modalities)
        cost, (recall, low, high) = curve.distances.mean(axis=0), curve.band(seed)
        add_band(figure, cost, low, high, color=style.color, group=curve.source)
        figure.add_scatter(
            x=cost,
            y=recall,
            name=in_figure(f"{curve.source} queries"),
            legendgroup=curve.source,
            mode="lines+markers",
            line={"color": style.color, "width": 2, "dash": "dash" if curve.crosses else "solid"},
            marker={"symbol": style.symbol, "size": 6},
            customdata=list(curve.efforts),
            hovertemplate=f"{effort} %{{customdata}}: recall %{{y:.3f}} at %{{x:,.0f}}",
        )
    return figure


def storage_panels(
    found: Sequence[StrategyLosses], modalities: Sequence[str], seed: int
) -> tuple[Panel, ...]:
    """A panel a strategy: recall by the way of storing, a line a direction of single modalities."""
    panels = []
    for one in found:
        alone = [loss for loss in one.losses if loss.target is not None]
        ways = dict.fromkeys((loss.source, loss.target) for loss in alone)
        lines = [
            _storage_line([loss for loss in alone if (loss.source, loss.target) == way], seed)
            for way in ways
        ]
        panels.append(
            line_panel(
                f"{one.options.spec.title}: the list as it comes",
                [
                    Line(
                        f"{source} → {target}",
                        values[0],
                        style_of(source, modalities).color,
                        "solid" if source == target else "dash",
                        style_of(source, modalities).symbol,
                        values[1],
                        values[2],
                    )
                    for (source, target), values in zip(ways, lines, strict=True)
                ],
                Axis(RECALL_AXIS, range=(-0.02, 1.02)),
                x=np.array(list(STORAGES.values())),
                x_axis=Axis("stored as", words=True),
                alt="Line chart by the way of storing vectors",
            )
        )
    return tuple(panels)


def _storage_line(losses: Sequence[StorageLoss], seed: int) -> tuple[Float64, Float64, Float64]:
    values, low, high = np.array(list(_ends(losses, seed))).T
    return values, low, high


def _ends(losses: Sequence[StorageLoss], seed: int) -> Iterator[tuple[float, float, float]]:
    by_storage = {loss.storage: loss for loss in losses}
    for storage in STORAGES:
        loss = by_storage[storage]
        estimate = bootstrap_mean(loss.recall, loss.items, seed=seed)
        yield estimate.value, estimate.low, estimate.high
