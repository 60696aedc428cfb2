"""Why an engine departs from what was measured: one of these a cause that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "dropped", "several", "foreign", "vectors", "rounded", "missing", "scale", "approximate",
    "ranks", "cut", "ties", "unexplained",
]  # fmt: skip
"""See `CAUSES`."""

CAUSES: dict[Kind, str] = {
    "dropped": "Vectors that are not there",
    "several": "Further vectors of an item that are not there",
    "foreign": "Entries of others",
    "vectors": "Other vectors than were measured",
    "rounded": "Vectors stored with fewer digits",
    "missing": "Entries without a vector are ranked",
    "scale": "Scores that are no cosines",
    "approximate": "Approximate search",
    "ranks": "Another rank fusion",
    "cut": "Lists that are cut",
    "ties": "Equal scores in another order",
    "unexplained": "Not explained",
}
"""Titles."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause, as far as it was found."""

    kind: Kind
    found: int
    """How many of what was looked at show it."""
    of: int
    what: str
    """What was looked at, in the plural."""
    sentence: str
    """What is so, and what to do."""

    @property
    def title(self) -> str:
        """The cause in a few words."""
        return CAUSES[self.kind]
