"""What figures have around them: nothing of their own, so that the page's theme shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gapviz.core.estimate import Estimate
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go

CLEAR = "rgba(0,0,0,0)"


def clear_ground(
    height: int, *, top: int, right: int = 8, upright_modebar: bool = False
) -> dict[str, Any]:
    """Layout of a figure on clear ground.

    Args:
        height: of the figure, in pixels.
        top: pixels above the plot, for a legend.
        right: pixels to its right.
        upright_modebar: for a legend so wide that a level one would cover its entries.
    """
    modebar = {"bgcolor": CLEAR, "color": NEUTRAL}
    return {
        # No template: it would send 7 kB of defaults, black text among them, and the page's
        # theme gives its own.
        "template": "none",
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "height": height,
        "margin": {"l": 8, "r": right, "t": top, "b": 8},
        "modebar": modebar | {"orientation": "v"} if upright_modebar else modebar,
    }


def level_legend(y: float = 1, **more: Any) -> dict[str, Any]:
    """A legend in one line that stands at height `y` of the plot, 1 = its upper edge."""
    return {
        "orientation": "h",
        "yanchor": "bottom",
        "y": y,
        "xanchor": "left",
        "x": 0,
        "bgcolor": CLEAR,
        **more,
    }


def legend_key(name: str, **look: Any) -> go.Scatter:
    """An entry of the legend that is no point: a bar where it has a `line`, else a `marker`."""
    return go.Scatter(
        x=[None], y=[None], mode="lines" if "line" in look else "markers", name=name, **look
    )


def whiskers(estimates: Sequence[Estimate], **look: Any) -> dict[str, Any]:
    """Error bars from the lower to the upper end of each."""
    return {
        "type": "data",
        "array": [one.high - one.value for one in estimates],
        "arrayminus": [one.value - one.low for one in estimates],
        **look,
    }


def faded(color: str, opacity: float) -> str:
    """`#RRGGBB` as a colour one can see through."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
