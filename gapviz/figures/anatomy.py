"""The anatomy of a gap as figures: dimensions, heat map, hubs, spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from gapviz.analyses.anatomy.parts import Dimensions, HeatMaps, Hubs
from gapviz.core.foreign import in_figure
from gapviz.core.vectors import Float64, Indices
from gapviz.core.wording import interval
from gapviz.figures.curves import STRATEGY_STYLES
from gapviz.figures.lines import Axis, Line, Mark, Panel, frame, line_figure
from gapviz.figures.modality_style import NEUTRAL, style_of
from gapviz.figures.plotly_objects import go
from gapviz.measures.geometry.spectrum import Spectrum

# Dimensions that get a bar; further ones hold little and would be thinner than a pixel.
BARS = 64

# An eigenvalue under this share of the variance is rounding.
SMALLEST_SHARE = 1e-7

# Of lines without markers.
DASHES = ("solid", "dash")


def dimension_panels(found: Dimensions, pair: tuple[str, str]) -> tuple[Panel, ...]:
    """Shares by dimension, their sum, and gap and recall without the largest."""
    shares, ablation = found.shares, found.ablation
    count = min(BARS, shares.shares.size)
    rank = np.arange(1, count + 1)
    across = Axis(f"dimensions by falling share (the first {count} of {shares.shares.size})")
    bars = go.Figure(
        go.Bar(
            x=rank,
            y=shares.shares[:count],
            customdata=shares.order[:count],
            marker={"color": STRATEGY_STYLES[1]["color"]},
            hovertemplate="dimension %{customdata}: %{y:.2%}<extra></extra>",
        ),
        layout=frame(across, Axis("share of ‖Δ‖²", percent=True), 300, legend=False),
    )
    summed = line_figure(
        rank,
        [Line("cumulative", np.cumsum(shares.shares)[:count], STRATEGY_STYLES[1]["color"])],
        x_axis=across,
        y_axis=Axis("cumulative share of ‖Δ‖²", range=(0, 1.02), percent=True),
        height=300,
    ).update_traces(mode="lines")
    over_removed = partial(
        line_figure,
        ablation.removed.astype(str),
        x_axis=Axis("dimensions removed, largest |Δd| of the calibrate split first", words=True),
        height=300,
    )
    x, y = pair
    gaps = over_removed(
        [
            Line("largest removed", ablation.gap, STRATEGY_STYLES[1]["color"], symbol="square"),
            Line("as many at random", ablation.control_gap, NEUTRAL, dash="dot"),
        ],
        y_axis=Axis("gap ‖Δ‖ (0 = closed)", range=(0, _top(ablation.gap, ablation.control_gap))),
    )
    recalls = over_removed(
        [
            Line(f"{x} → {y}", ablation.recall_x_to_y, **style_of(x, pair).look),
            Line(f"{y} → {x}", ablation.recall_y_to_x, **style_of(y, pair).look),
            Line(f"{x} → {y}, at random", ablation.control_recall_x_to_y, NEUTRAL, dash="dot"),
            Line(f"{y} → {x}, at random", ablation.control_recall_y_to_x, NEUTRAL, dash="dash"),
        ],
        y_axis=Axis(
            "recall@1 (higher is better)",
            range=(0, _top(ablation.recall_x_to_y, ablation.recall_y_to_x)),
        ),
    )
    return tuple(
        Panel(title, figure, f"{kind}: {title}")
        for title, figure, kind in (
            ("How much of the squared gap each dimension holds", bars, "Bar chart"),
            ("How many dimensions hold it together", summed, "Line chart"),
            ("The gap without its largest dimensions", gaps, "Line chart"),
            ("Recall@1 without them", recalls, "Line chart"),
        )
    )


def heat_map_panels(found: HeatMaps) -> tuple[Panel, ...]:
    """One map a strategy, on one scale of colours."""
    cells = np.concatenate([one.cosines.ravel() for one in found.by_strategy.values()])
    low, high = np.quantile(cells, [0.01, 0.99])
    return tuple(
        Panel(
            title,
            _heat_map(one.cosines, found.pair, (float(low), float(high))),
            f"Heat map of {len(one.pairs)} {found.pair[0]} and as many {found.pair[1]} rows, "
            f"{title}, like beside like",
        )
        for title, one in found.by_strategy.items()
    )


def hub_panels(hubs: Hubs) -> tuple[Panel, ...]:
    """One panel a direction: share of entries that stand in n lists or more, by strategy."""
    directions = list(next(iter(hubs.by_strategy.values())))
    panels = []
    for source, target in directions:
        by_title = {title: one[source, target] for title, one in hubs.by_strategy.items()}
        most = max(int(hub.occurrences.max()) for hub in by_title.values())
        lines = [
            Line(title, _at_least(hub.occurrences, most), style["color"], dash=dash)
            for (title, hub), style, dash in zip(
                by_title.items(), STRATEGY_STYLES, DASHES, strict=False
            )
        ]
        hub = next(iter(by_title.values()))
        figure = line_figure(
            np.arange(most + 1),
            lines,
            x_axis=Axis(f"lists of {hub.k} that an entry stands in, at least"),
            y_axis=Axis(f"share of the {target} entries (log)", log=True, percent=True),
            at_x=[Mark(float(hub.occurrences.mean()), "mean")],
            height=360,
        )
        figure.update_traces(mode="lines", line_shape="hv", selector={"mode": "lines+markers"})
        title = f"{source} → {target}: the longer the tail, the fewer answer everything"
        panels.append(Panel(title, figure, f"k-occurrence of {target} rows: {title}"))
    return tuple(panels)


def spectrum_panels(
    spectra: Mapping[str, Mapping[str, Spectrum]], modalities: Sequence[str]
) -> tuple[Panel, ...]:
    """One panel a strategy: eigenvalues of each modality, falling."""
    return tuple(
        Panel(
            title,
            spectrum_figure(
                {name: one.shares for name, one in by_modality.items()},
                [style_of(name, modalities).color for name in by_modality],
                "share of the variance (log)",
            ),
            f"Line chart of eigenvalues by modality, {title}",
        )
        for title, by_modality in spectra.items()
    )


def spectrum_figure(
    shares: Mapping[str, Float64], colors: Sequence[str], y_title: str
) -> go.Figure:
    """Shares of eigenvalues, falling, a line each by its name; the second is dashed."""
    lines = [
        Line(name, np.where(one > SMALLEST_SHARE, one, np.nan), color, dash=dash)
        for (name, one), color, dash in zip(shares.items(), colors, DASHES, strict=False)
    ]
    return line_figure(
        np.arange(1, next(iter(shares.values())).size + 1),
        lines,
        x_axis=Axis("principal component"),
        y_axis=Axis(y_title, log=True, percent=True),
        height=360,
    ).update_traces(mode="lines", selector={"mode": "lines+markers"})


def _at_least(occurrences: Indices, most: int) -> Float64:
    """Share of the entries that stand in 0, 1, … `most` lists or more; NaN for none."""
    counts = np.bincount(occurrences, minlength=most + 1)
    shares = counts[::-1].cumsum()[::-1] / occurrences.size
    shares[shares == 0] = np.nan
    return np.asarray(shares)


def _heat_map(cosines: Any, pair: tuple[str, str], scale: tuple[float, float]) -> go.Figure:
    n = len(cosines) // 2
    names = {
        "tickmode": "array",
        "tickvals": [n / 2 - 0.5, 3 * n / 2 - 0.5],
        "ticktext": [in_figure(name) for name in pair],
    }
    figure = go.Figure(
        go.Heatmap(
            z=cosines,
            zmin=scale[0],
            zmax=scale[1],
            colorscale="Viridis",
            colorbar={
                "title": {"text": f"cosine, clipped to<br>{interval(*scale, 2)}"},
                "thickness": 12,
            },
            hovertemplate="cosine %{z:.3f}<extra></extra>",
        ),
        layout=frame(Axis("clustered order, twice"), Axis(""), 420, legend=False),
    )
    square = {"showgrid": False, "constrain": "domain", **names}
    figure.update_xaxes(**square)
    figure.update_yaxes(autorange="reversed", scaleanchor="x", **square)
    figure.update_layout(hovermode="closest", margin_t=24)
    line = {"color": "#FFFFFF", "width": 2}
    figure.add_vline(n - 0.5, line=line)
    figure.add_hline(n - 0.5, line=line)
    return figure


def _top(*values: Any) -> float:
    highest = np.concatenate(values)
    return float(np.nanmax(highest) * 1.12) if not np.isnan(highest).all() else 1.0
