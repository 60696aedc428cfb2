"""What each label gains from a dedicated encoder: one dot a label, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.analyses.within import FEW_ITEMS, FIGURES, label_figures
from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_figure
from gapviz.figures.clear_ground import clear_ground, level_legend, whiskers
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go
from gapviz.measures.retrieval.within import LabelDelta

# Okabe & Ito 2008.
DEDICATED_COLOR = "#009E73"
JOINT_COLOR = "#CC79A7"

_ROW_HEIGHT, _FRAME_HEIGHT = 22, 130
_LONGEST_NAME = 28


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    n_items: int
    joint: float
    dedicated: float
    delta: Estimate

    @property
    def clear(self) -> int:
        """1 or −1 where the interval keeps off 0, on the side of which encoder; else 0."""
        return int(self.delta.low > 0) - int(self.delta.high < 0)


def label_delta_figure(
    parts: Sequence[LabelDelta],
    names: Mapping[int, str],
    figure: str = "map",
    *,
    most: int | None = None,
) -> go.Figure:
    """Dedicated minus joint by label, the largest gain on top.

    Green where the interval is above 0 (the dedicated encoder is better), pink where it is
    below, grey where it holds 0; hollow where the label has few items.

    Args:
        parts: `WithinComparison.by_label`.
        names: label code → name.
        figure: one of `FIGURES`.
        most: labels shown, half from each end; all unless given.
    """
    rows = _sorted_rows(parts, names, figure)
    if most is not None and len(rows) > most:
        rows = rows[: most - most // 2] + rows[-(most // 2) :]
    traces = [
        _dots(rows, side, title, color)
        for side, title, color in (
            (1, "dedicated encoder better", DEDICATED_COLOR),
            (0, "no clear difference", NEUTRAL),
            (-1, "joint tower better", JOINT_COLOR),
        )
    ]
    return go.Figure([t for t in traces if len(t.x)], _frame([_tick(row) for row in rows], figure))


def label_delta_alt_text(
    parts: Sequence[LabelDelta], names: Mapping[int, str], figure: str = "map"
) -> str:
    """What the figure shows, in a sentence for those who do not see it."""
    rows = _sorted_rows(parts, names, figure)
    sides = [row.clear for row in rows]
    head = (
        f"Difference in {FIGURES[figure]}, dedicated minus joint, of {len(rows)} labels: "
        f"{sides.count(1)} clearly positive, {sides.count(-1)} clearly negative."
    )
    if not rows:
        return head
    return (
        f"{head} From {rows[0].name} ({rows[0].delta.value:+.2f}) down to "
        f"{rows[-1].name} ({rows[-1].delta.value:+.2f})."
    )


def _sorted_rows(parts: Sequence[LabelDelta], names: Mapping[int, str], figure: str) -> list[_Row]:
    rows = [
        _Row(names.get(one.label, str(one.label)), one.n_items, *label_figures(one, figure))
        for one in parts
    ]
    return sorted(rows, key=lambda row: (-row.delta.value, row.name))


def _tick(row: _Row) -> str:
    name = row.name if len(row.name) <= _LONGEST_NAME else f"{row.name[: _LONGEST_NAME - 1]}…"
    return f"{in_figure(name)} ({row.n_items})"


def _dots(every: Sequence[_Row], side: int, title: str, color: str) -> go.Scatter:
    places = [place for place, row in enumerate(every) if row.clear == side]
    rows = [every[place] for place in places]
    few = [row.n_items < FEW_ITEMS for row in rows]
    return go.Scatter(
        x=[row.delta.value for row in rows],
        y=places,
        error_x=whiskers([row.delta for row in rows], thickness=1.5, width=3, color=color),
        text=[
            f"<b>{in_figure(row.name)}</b>, {row.n_items} items<br>"
            f"joint {row.joint:.3f}, dedicated {row.dedicated:.3f}<br>"
            f"difference {row.delta.value:+.3f} ({row.delta.low:+.3f} to {row.delta.high:+.3f})"
            f"{f'<br>fewer than {FEW_ITEMS} items' if is_few else ''}"
            for row, is_few in zip(rows, few, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        name=title,
        marker={
            "color": color,
            "size": 9,
            "symbol": ["circle-open" if is_few else "circle" for is_few in few],
            "line": {"width": 2, "color": color},
        },
    )


def _frame(ticks: Sequence[str], figure: str) -> dict[str, Any]:
    return {
        **clear_ground(_FRAME_HEIGHT + _ROW_HEIGHT * len(ticks), top=56, right=16),
        "hovermode": "closest",
        "legend": level_legend(),
        "xaxis": {
            "title": f"Difference in {FIGURES[figure]} (right: dedicated better)",
            "automargin": True,
            "ticks": "outside",
            "zeroline": True,
            "zerolinecolor": NEUTRAL,
            "zerolinewidth": 1.5,
        },
        "yaxis": {
            "tickvals": list(range(len(ticks))),
            "ticktext": list(ticks),
            # The first stands on top.
            "range": (len(ticks) - 0.5, -0.5),
            "zeroline": False,
            "automargin": True,
        },
    }
