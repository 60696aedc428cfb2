"""Hover cards: the picture and the words of the point under the pointer."""

from gapviz.dashboard.hover.component import hover_cards, webgl_available

__all__ = ["hover_cards", "webgl_available"]
