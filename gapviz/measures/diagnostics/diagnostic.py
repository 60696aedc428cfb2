"""A `Diagnostic`: one figure of a measurement, with its formula and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from gapviz.core.wording import figure
from gapviz.measures.described import DescribedFigure, Need
from gapviz.measures.retrieval.mixed import expected_bias


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
    """In JSON; the name unless given, and empty where it stands there otherwise."""
    short: str = ""
    """How to read it, in a few words; of several query modalities: its title, in a word."""
    brief: bool = True
    """False for what is left out where there is little room, as in a terminal."""

    def value(self, measurement: Any) -> float:
        """The number alone; of several query modalities their mean."""
        found = self.read(measurement)
        if self.by_modality:
            return float(np.mean([one.value for one in found.values()]))
        return float(getattr(found, "value", found))

    def improved(self, before: Any, after: Any) -> bool | None:
        """Whether a change is for the better; None where neither way is, or it is not known.

        Bias and lift are judged by the imbalance: below neutral is no better than above it,
        and opposite biases of two modalities do not cancel.
        """
        if self.better.startswith("nearer"):
            was, now = before.imbalance.value, after.imbalance.value
        else:
            was, now = self.value(before), self.value(after)
        if not self.better or isnan(was - now):
            return None
        return bool(now > was if self.better == "higher" else now < was)

    def direction(self, measurement: Any) -> str:
        """`lower is better`, `nearer 0.50 is better`; empty where neither way is."""
        better = self.better
        if self.name == "bias":
            better = f"nearer {figure(expected_bias(measurement.mixed), 2)}"
        return f"{better} is better" if better else ""
