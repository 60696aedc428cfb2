"""A `Diagnostic`: one figure of a measurement, with its formula and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gapviz.measures.described import DescribedFigure, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic(DescribedFigure):
    """A figure of a measurement.

    Its file is all that it takes: it stands in the JSON of a measurement, in the table of all
    diagnostics, in what `gapviz measure` and `gapviz protocol` print, and in a report.
    """

    read: Callable[[Any], Any]
    """The figure of a `Measurement`: a number, an `Estimate`, or estimates by query modality, as
    its method `by_modality` makes them."""
    needs: tuple[Need, ...] = ("two modalities",)
    by_modality: bool = False
    """Whether `read` gives an estimate for each query modality."""
    by_dimension: bool = False
    """Whether a rotation of the space changes it, so that vectors whose axes mean nothing have no
    such figure."""
    better: str = ""
    """Which way is better: `lower`, `higher`, `nearer …`; empty where neither is."""
    key: str | None = None
    """In JSON; the name unless given, and empty where it stands there otherwise. Its chance
    stands under it, too."""
    short: str = ""
    """How to read it, in a few words; of several query modalities: its title, in a word."""
    chance: Callable[[Any], float] | None = None
    """What it is of a `Measurement` where what it looks for is left to chance."""
    brief: bool = True
    """False for what is left out where there is little room, as in a terminal."""

    @property
    def json_key(self) -> str:
        """Its key in JSON; empty where it stands there otherwise."""
        return self.name if self.key is None else self.key

    def value(self, measurement: Any) -> float:
        """The number alone.

        Raises:
            TypeError: it is one of each query modality, whose mean would hide opposite ones.
        """
        found = self.read(measurement)
        return float(getattr(found, "value", found))
