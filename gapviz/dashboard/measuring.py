"""Figures that follow in the background what a page shows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.dashboard.caches import fitted, measured, undefined
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.settings import RAW, Settings
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.measures.ahead import compute_figures, has_figures
from gapviz.measures.measurement import Measurement
from gapviz.strategies import StrategyOptions

Asked = tuple[View, StrategyOptions]
Measured = Mapping[Asked, Measurement]

DOING = "Measuring"


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of some strategies, of every view that is shown, to be waited for."""

    asked: tuple[Asked, ...]
    seed: int
    pair: tuple[str, str] | None

    @property
    def name(self) -> str:
        """Unlike that of any other such work."""
        return f"figures {self.asked} {self.seed} {self.pair}"

    def get(self) -> Measured | None:
        """The measurements, where every figure of theirs that pages show is there to be read."""
        found = {
            (view, options): measured.known(view, options, self.seed, self.pair)
            for view, options in self.asked
        }
        known = {one: m for one, m in found.items() if m is not None and has_figures(m)}
        return known if len(known) == len(found) else None

    def compute(self, progress: Progress | None = None) -> Measured:
        """Measure them, one after the other."""
        found, tell = {}, progress or no_progress
        for place, (view, options) in enumerate(self.asked):
            one = measured(view, options, self.seed, self.pair)
            compute_figures(one, share_of(tell, place, len(self.asked)))
            found[view, options] = one
        return found


def figures_of(chosen: Settings, strategies: Sequence[StrategyOptions] | None = None) -> Figures:
    """Of raw cosine, and of strategies that can be measured: that of the sidebar unless given."""
    named = [chosen.options()] if strategies is None else strategies
    asked = [
        (view, options)
        for view in chosen.views
        for options in dict.fromkeys([chosen.raw, *named])
        if options.name == RAW or not undefined(view, options)
    ]
    return Figures(tuple(asked), chosen.seed, chosen.pair)


def figures_or_wait(figures: Figures, slot: str) -> Measured | None:
    """The figures; None while they are made, which this then shows, with a way to cancel.

    Those that the same `slot` of the page waited for before are left: nobody looks at them.
    """
    names = [fitted(view, options).label for view, options in figures.asked]
    words = ", ".join(dict.fromkeys(names))
    return result_of(
        figures, Wait(f"{DOING} {words}", cancelled="No figures are shown.", slot=slot)
    )


def placeholder() -> None:
    """What stands where figures are to come: never those of before."""
    st.skeleton(height=96)
