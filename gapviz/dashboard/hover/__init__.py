"""Hover cards: the picture and the words of the point under the pointer."""

from gapviz.dashboard.hover.component import ClickedPoint, hover_cards, webgl_available

__all__ = ["ClickedPoint", "hover_cards", "webgl_available"]
