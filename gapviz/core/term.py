"""A `Term`: a word of the field with its hint, found in text however it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gapviz.core.lazy import cached_property


@dataclass(frozen=True)
class Term:
    """A word and its hint."""

    name: str
    hint: str
    """What it means, in one sentence or two."""
    also: tuple[str, ...] = ()
    """Other ways in which it is written; each of them, and the name, may have an s at its end."""
    figure: str = ""
    """Name of the figure that `gapviz protocol` describes; empty where it is none."""

    @property
    def written(self) -> tuple[str, ...]:
        """Every way in which it is written."""
        return (self.name, *self.also)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Capitals are part of a word that has them (UMAP), and of no other.
        ways = [
            re.escape(one) if one != one.lower() else f"(?i:{re.escape(one)})"
            for one in self.written
        ]
        return re.compile(rf"(?<![\w@])(?:{'|'.join(ways)})s?(?![\w@])")

    def stands_in(self, text: str) -> bool:
        """Whether a text uses the word."""
        return self._pattern.search(text) is not None
