"""An `Answer`: what an analysis found, as a notebook shows it and as Python goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from gapviz.analyses.analysis import Finding
from gapviz.analyses.finding_text import finding_lines, text_of
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import versioned
from gapviz.notebook.frames import Record, figure_rows, frame
from gapviz.notebook.html import MOST_OPEN, Picture, answer_html

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What was found: it draws itself in a notebook, and reads in Python as in a terminal."""

    finding: Finding
    """Words, tables and figures, as pages and commands have them."""
    rows: Callable[[dict[str, Any]], Sequence[Record]] = figure_rows
    """From the JSON the rows of `to_frame`."""
    long_rows: Callable[[dict[str, Any]], Sequence[Record]] = figure_rows
    """From the JSON the rows of `to_frame(long=True)`."""
    draw: Callable[[], go.Figure] | None = None
    """Makes its figure."""
    picture: Picture | None = None
    """Gives the picture of a row of its table, as HTML."""

    @property
    def title(self) -> str:
        """What was looked at, in one line."""
        return self.finding.title

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every figure should be doubted for, one sentence each."""
        return tuple(self.finding.warnings)

    @property
    def readings(self) -> tuple[str, ...]:
        """What the figures say, one paragraph each."""
        return tuple(filter(None, [self.finding.so_what, *self.finding.readings]))

    @property
    def result(self) -> Any:
        """What it was made of: a `Measurement`, a `Scoreboard`, an `Advice`, a `ResultList`."""
        return self.finding.result

    def to_json(self) -> dict[str, Any]:
        """Its figures as plain values, the same as the command prints with `--json`."""
        return versioned(self.finding.to_json())

    def to_frame(self, *, long: bool = False) -> pd.DataFrame:
        """Its figures as a tidy frame of pandas.

        Args:
            long: whether each figure has a row of its own, with `value`, `low` and `high`, the
                95 % interval; else the rows are those of its table where it has several.
        """
        return frame((self.long_rows if long else self.rows)(self.to_json()))

    def figure(self) -> go.Figure:
        """Its figure.

        Raises:
            GapvizError: there is none of this answer.
        """
        if self.draw is None:
            raise GapvizError(
                "there is no figure of this answer", hint="see gapviz.scoreboard and gapviz.cones"
            )
        return self.draw()

    def __repr__(self) -> str:
        """As the command prints it, of many parts the first; `print` writes all of them."""
        parts = self.finding.parts
        if len(parts) <= MOST_OPEN:
            return str(self)
        shown = dict(islice(parts.items(), MOST_OPEN))
        head = text_of(finding_lines(replace(self.finding, parts=shown, protocol="")))
        return f"{head}\n\n… and {len(parts) - MOST_OPEN} more: print() writes all."

    def __str__(self) -> str:
        return text_of(finding_lines(self.finding))

    def _repr_html_(self) -> str:
        return answer_html(self.finding, self.picture)
