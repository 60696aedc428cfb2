"""A figure in words: what it is, what it estimates, how ties count, what its interval holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Need = Literal[
    "two modalities",
    "pairs",
    "labels",
    "only labels",
    "second rows",
    "calibration",
    "second encoder",
    "judgments",
    "vector store",
]
"""What a collection must have beside held-out items: two modalities, held-out items with a row of
both, labels that held-out items share, such labels among items that have no other, held-out items
with two rows of a modality, a calibrate split, another encoder of the modality, queries with
judgments, and a vector store that the items were read from."""

BY_PAIR: tuple[Need, ...] = ("two modalities", "pairs")
"""What figures of matched pairs need."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a figure is measured, one sentence each."""

    estimand: str
    """What it would converge to."""
    ties: str
    interval: str
    """How it is made, and what varies in it."""
    left_out: str

    @property
    def has_interval(self) -> bool:
        """Whether the figure is shown with one everywhere."""
        return not self.interval.startswith(NONE)


NONE = "None"
NOT_STATED = Rules(*["Not stated by the package that adds the figure."] * 4)

NONE_RANKED = "No list is ranked."
NO_INTERVAL = f"{NONE}."
POPULATION = (
    "Its value in the population that the items are a sample of, under the strategy as it was "
    "fitted."
)
"""Estimand of what describes vectors."""
GEOMETRY = Rules(POPULATION, NONE_RANKED, NO_INTERVAL, "Nothing.")
"""Of figures of the clouds that have no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedFigure:
    """One figure, in the words of the screen."""

    name: str
    title: str
    formula: str
    """LaTeX."""
    reading: str
    """Range, direction and meaning in one or two sentences."""
    source: str = ""
    rules: Rules = NOT_STATED
    needs: tuple[Need, ...] = ()


def described_figures(
    rules: Rules, needs: tuple[Need, ...], rows: Iterable[Sequence[str]]
) -> tuple[DescribedFigure, ...]:
    """From (name, title, formula, reading, source) of each."""
    return tuple(
        DescribedFigure(
            name=name,
            title=title,
            formula=formula,
            reading=reading,
            source=source,
            rules=rules,
            needs=needs,
        )
        for name, title, formula, reading, source in rows
    )
