"""One colour and one shape per modality, the same in every figure and card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.core.errors import GapvizError

NEUTRAL = "#7F7F7F"
"""Strokes that belong to no modality: 3.9:1 on white, 4.7:1 on Streamlit's dark ground."""


@dataclass(frozen=True, slots=True)
class ModalityStyle:
    """How the points of a modality look; colour is never the only difference."""

    color: str
    """Okabe & Ito 2008, told apart under the common colour-vision deficiencies."""
    symbol: str
    """Plotly's name of the marker."""
    glyph: str
    """The same shape as a character, for captions and legends in text."""

    @property
    def look(self) -> dict[str, Any]:
        """Colour and symbol, as markers take them."""
        return {"color": self.color, "symbol": self.symbol}


_FIXED = {
    "text": ModalityStyle("#0072B2", "circle", "●"),
    "image": ModalityStyle("#D55E00", "diamond", "◆"),
}
_FURTHER = (
    ModalityStyle("#009E73", "square", "■"),
    ModalityStyle("#CC79A7", "triangle-up", "▲"),
    ModalityStyle("#E69F00", "cross", "✚"),
    ModalityStyle("#56B4E9", "x", "✖"),
)


def style_of(modality: str, modalities: Sequence[str]) -> ModalityStyle:
    """The style of `modality` among the `modalities` of a collection.

    `text` and `image` always look the same. Others take what is left, in order; where
    neither is there, the first two take their looks.

    Raises:
        GapvizError: `modality` is not among `modalities`.
    """
    if modality not in modalities:
        raise GapvizError(
            f"there is no modality {modality!r}",
            where="figure",
            hint=f"choose one of {', '.join(modalities)}",
        )
    if modality in _FIXED:
        return _FIXED[modality]
    left = [style for name, style in _FIXED.items() if name not in modalities]
    left.extend(_FURTHER)
    others = [name for name in modalities if name not in _FIXED]
    return left[others.index(modality) % len(left)]
