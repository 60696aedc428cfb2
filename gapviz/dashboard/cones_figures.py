"""The figures of the page of cones: cards and readings, filled in once the picture stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from gapviz.analyses.measure import (
    all_diagnostics,
    change_reading,
    plain_reading,
    tie_reading,
)
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.cards import gap_cards, headline_notes, quality_cards, show_measured
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.measuring import Figures, Measured, figures_or_wait, placeholder
from gapviz.dashboard.settings import RAW, Settings
from gapviz.dashboard.waiting import is_left
from gapviz.measures.measurement import Measurement


class FiguresOfCones:
    """Places of the page for figures, each drawn when these are known.

    Until then a place is empty, whatever was measured before.
    """

    def __init__(self, chosen: Settings, figures: Figures) -> None:
        self.chosen = chosen
        self.figures = figures
        self._places: list[tuple[Any, Callable[[Measured], None]]] = []

    def cards(self) -> None:
        """Gap, separation and bias."""
        self._draw(self._show_cards)

    def said(self) -> None:
        """Readings, one a paragraph, and notes on the cards in small type."""
        self._draw(self._show_said)

    def quality(self) -> None:
        """What a search finds."""
        self._draw(self._show_quality)

    def fill(self) -> None:
        """Wait for the figures a while, and draw what has waited for them; or say how far they
        are where the cards are to come.
        """
        if not self._places:
            return
        first, _ = self._places[0]
        with first.container():
            found = figures_or_wait(self.figures, "figures")
        for place, draw in self._places:
            if found is not None:
                with place.container():
                    draw(found)
            elif is_left(self.figures) and place is not first:
                place.empty()

    def _draw(self, draw: Callable[[Measured], None]) -> None:
        found = self.figures.get()
        if found is not None:
            draw(found)
            return
        place = st.empty()
        with place.container():
            placeholder()
        self._places.append((place, draw))

    def _of(self, found: Measured) -> Iterator[tuple[View, Measurement, Measurement | None]]:
        options = self.chosen.options()
        for view in self.chosen.views:
            after = None if options.name == RAW else found.get((view, options))
            yield view, found[view, self.chosen.raw], after

    def _title(self, view: View) -> str:
        return f"{encoder_title(view)}: " if self.chosen.compare else ""

    def _show_cards(self, found: Measured) -> None:
        for view, before, after in self._of(found):
            if self.chosen.compare:
                st.subheader(in_markdown(encoder_title(view)), anchor=False)
            gap_cards(before, after)

    def _show_said(self, found: Measured) -> None:
        readings, notes = [], []
        for view, before, after in self._of(found):
            title = self._title(view)
            head = f"{in_markdown(title)} " if title else ""
            notes += [f"{head}{note}" for note in headline_notes(before, after)]
            readings.append(in_markdown(f"{title}{plain_reading(before)}"))
            ties = {"raw": tie_reading(before)}
            if after is not None:
                label = after.strategy.label
                change = change_reading(before, after)
                readings.append(f"**{in_markdown(label)}.** {in_markdown(change)}")
                ties[label] = tie_reading(after)
            told = [f"{label}: {words}" for label, words in ties.items() if words]
            notes += [f"{head}{in_markdown(words)}" for words in told]
        st.markdown("\n\n".join(readings))
        st.caption("  \n".join(notes))

    def _show_quality(self, found: Measured) -> None:
        for view, before, after in self._of(found):
            if self.chosen.compare:
                st.caption(in_markdown(encoder_title(view)))
            quality_cards(before, after)

    def diagnostics(self) -> None:
        """A table of every figure; asked for by opening it, so that it may take a while."""
        found = self.figures.get()
        if found is None:
            st.caption(":material/hourglass_top: The figures above come first.")
            return
        columns = {}
        for view, before, after in self._of(found):
            columns[f"{self._title(view)}raw"] = before
            if after is not None:
                columns[f"{self._title(view)}{after.strategy.label}"] = after
        show_measured(all_diagnostics(columns), columns)
