"""A `Diagnostic`: one figure of a measurement, with its formula and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One figure, in the words of the screen.

    Its file is all that it takes: it stands in the JSON of a measurement, in the table of all
    diagnostics, in what `gapviz measure` prints and in a report.
    """

    name: str
    title: str
    formula: str
    """LaTeX."""
    reading: str
    """Range, direction and meaning in one or two sentences."""
    read: Callable[[Any], Any]
    """The figure of a `Measurement`: a number, an `Estimate`, or estimates by query modality, as
    its method `by_modality` makes them."""
    source: str = ""
    by_modality: bool = False
    """Whether `read` gives an estimate for each query modality."""
    better: str = ""
    """Which way is better: `lower`, `higher`, `nearer …`; empty where neither is."""
    key: str | None = None
    """In JSON; the name unless given, and empty where it stands there otherwise."""
    short: str = ""
    """How to read it, in a few words; of several query modalities: its title, in a word."""
    brief: bool = True
    """False for what is left out where there is little room, as in a terminal."""

    def value(self, measurement: Any) -> float:
        """The number alone.

        Raises:
            TypeError: it is one of each query modality, whose mean would hide opposite ones.
        """
        found = self.read(measurement)
        return float(getattr(found, "value", found))
