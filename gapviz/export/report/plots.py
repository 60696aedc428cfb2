"""Plots as small SVG: no script, no network, and legible in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.scoreboard.rows import Scoreboard
from gapviz.core.foreign import in_html
from gapviz.core.vectors import Float64
from gapviz.figures.modality_style import style_of
from gapviz.measures.measurement import Measurement
from gapviz.measures.projection.layout import Layout

WIDTH, HEIGHT = 460, 320
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 12, 46
BINS = 60


@dataclass(frozen=True, slots=True)
class _Axes:
    """From data to pixels."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = np.interp(x, self.x, (LEFT, WIDTH - RIGHT))
        return float(across), float(np.interp(y, self.y, (HEIGHT - BOTTOM, TOP)))

    def frame(self, x_title: str, y_title: str) -> str:
        """Axes with three ticks each, and their titles."""
        base = HEIGHT - BOTTOM
        parts = [
            f'<path class="axis" d="M{LEFT} {TOP}V{base}H{WIDTH - RIGHT}"/>',
            f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{in_html(x_title)}</text>",
            f'<text transform="translate(13 {(TOP + base) / 2:.0f}) rotate(-90)" '
            f'text-anchor="middle">{in_html(y_title)}</text>',
        ]
        for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
            x, y = (low + share * (high - low) for low, high in (self.x, self.y))
            across, up = self.at(x, y)
            parts.append(
                f'<text x="{across:.0f}" y="{base + 16}" text-anchor="{anchor}">{x:.2g}</text>'
                f'<text x="{LEFT - 5}" y="{up + 4:.0f}" text-anchor="end">{y:.2g}</text>'
            )
        return "".join(parts)


def cones_svg(layout: Layout, title: str) -> str:
    """Both clouds: circles for text, diamonds for images, as everywhere in gapviz."""
    axes = _Axes(*(_span(layout.points[:, axis].astype(np.float64)) for axis in (0, 1)))
    parts = [axes.frame(*layout.axis_titles)]
    for name in layout.modalities:
        style = style_of(name, layout.modalities)
        where = [axes.at(x, y) for x, y in layout.points_of(name).tolist()]
        if style.symbol == "circle":
            path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in where)
            look = f'fill="none" stroke="{style.color}" stroke-width="4" stroke-linecap="round"'
        else:
            path = "".join(f"M{x:.1f} {y - 2.6:.1f}l2.6 2.6-2.6 2.6-2.6-2.6z" for x, y in where)
            look = f'fill="{style.color}"'
        parts.append(f'<path d="{path}" {look} opacity=".6"/>')
    return _svg("".join(parts), title)


def scores_svg(measurement: Measurement) -> str:
    """How often each cosine occurs, by pair type."""
    scores, (first, second) = measurement.geometry.scores, measurement.pair
    kinds = {
        f"{first}–{second} matched": (scores.matched, "var(--matched)", ""),
        f"{first}–{second} mismatched": (scores.mismatched, "var(--quiet)", "6 3"),
        f"{first}–{first}": (scores.within_x, style_of(first, measurement.pair).color, "2 3"),
        f"{second}–{second}": (scores.within_y, style_of(second, measurement.pair).color, ""),
    }
    known = {name: one for name, one in kinds.items() if one[0].size}
    if not known:
        return ""
    span = _span(np.concatenate([values for values, _, _ in known.values()]))
    edges = np.linspace(*span, BINS + 1)
    heights = {n: np.histogram(v, edges, density=True)[0] for n, (v, _, _) in known.items()}
    axes = _Axes(span, (0.0, max(float(height.max()) for height in heights.values()) * 1.05))
    parts = [axes.frame("cosine (−1 to 1)", "density of pairs")]
    for row, (name, (_, color, dash)) in enumerate(known.items()):
        steps = [axes.at(float(x), float(h)) for x, h in zip(edges[1:], heights[name], strict=True)]
        line = "".join(f"H{x:.1f}V{y:.1f}" for x, y in steps)
        look = f'fill="none" stroke="{color}" stroke-width="1.8" stroke-dasharray="{dash}"'
        start = axes.at(span[0], 0.0)
        parts.append(f'<path d="M{start[0]:.1f} {start[1]:.1f}{line}" {look}/>')
        y = TOP + 12 + 16 * row
        parts.append(f'<path d="M{WIDTH - 190} {y - 4}h24" {look}/>')
        parts.append(f'<text x="{WIDTH - 160}" y="{y}">{in_html(name)}</text>')
    return _svg("".join(parts), "Scores by pair type")


def pareto_svg(board: Scoreboard) -> str:
    """Bias against match rank; the front is drawn filled. Numbers stand in the table."""
    rows = [
        (number, row)
        for number, row in enumerate(board.rows, start=1)
        if not np.isnan([row.imbalance.value, row.mean_ndcg.value]).any()
    ]
    if not rows:
        return ""
    axes = _Axes(
        _span(np.array([0.0, *(row.imbalance.value for _, row in rows)])),
        _span(np.array([0.0, *(row.mean_ndcg.value for _, row in rows)])),
    )
    neutral = axes.at(0.0, axes.y[0])
    parts = [
        axes.frame("bias imbalance@10 (0 is neutral)", "NDCG@10, mixed (higher is better)"),
        f'<path class="axis" stroke-dasharray="4 4" d="M{neutral[0]:.1f} {TOP}V{neutral[1]:.1f}"/>',
    ]
    for number, row in rows:
        x, y = axes.at(row.imbalance.value, row.mean_ndcg.value)
        fill = "currentColor" if row.pareto else "none"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="currentColor">'
            f"<title>{in_html(row.title)}</title></circle>"
            f'<text x="{x + 8:.1f}" y="{y + 4:.1f}">{number}</text>'
        )
    return _svg("".join(parts), "Bias against match rank, by strategy")


def _span(values: Float64) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = max((high - low) * 0.05, 1e-3)
    return low - margin, high + margin


def _svg(parts: str, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{in_html(title)}">'
        f"<title>{in_html(title)}</title>{parts}</svg>"
    )


def legend(modalities: Sequence[str]) -> str:
    """Which mark is which modality, as HTML."""
    return " ".join(
        f'<span style="color:{style_of(name, modalities).color}">'
        f"{style_of(name, modalities).glyph}</span> {in_html(name)}"
        for name in modalities
    )
