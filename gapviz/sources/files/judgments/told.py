"""What of queries and judgments could not be used: counted, with the first, and said once each."""

from __future__ import annotations

from dataclasses import dataclass, field

from gapviz.core.wording import counted
from gapviz.sources.files.format import Skipped
from gapviz.sources.files.texts import shown


@dataclass(slots=True)
class Told:
    """Gathers what was left out, and what is left open, of one source."""

    skipped: list[Skipped] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    """Sentences on what was read, such as queries that nobody judged."""
    _flaws: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence each, of both kinds."""
        return (*map(note_of, self.skipped), *self.open)

    def lost(self, what: str, why: str) -> None:
        """Something that does not become part of the evaluation, with the reason in a clause."""
        self.skipped.append(Skipped(shown(what), why))

    def flaw(self, where: str, place: str, why: str) -> None:
        """The same of one row, counted with all that have the same flaw."""
        count, first = self._flaws.get((where, why), (0, place))
        self._flaws[where, why] = count + 1, first

    def close(self) -> None:
        """List the flaws of rows that were counted."""
        for (where, why), (count, first) in self._flaws.items():
            if count == 1:
                self.lost(f"{where}, {first}", why)
            else:
                rows = counted(count, "row")
                self.lost(where, f"has {rows} of which each {why} (the first: {first})")
        self._flaws.clear()


def note_of(skipped: Skipped) -> str:
    """What was left out, as a sentence of its own."""
    return f"{skipped.what} {skipped.why}."
