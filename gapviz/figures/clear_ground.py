"""What figures have around them: nothing of their own, so that the page's theme shows."""

from __future__ import annotations

from typing import Any

from gapviz.figures.modality_style import NEUTRAL

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
