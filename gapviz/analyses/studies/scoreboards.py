"""Scoreboards whose rows are kept on disk, so that only what is new is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gapviz.analyses.scoreboard.scoreboard import (
    Entry,
    LeftOut,
    Scoreboard,
    ScoreRow,
    assembled,
    scoreboard,
)
from gapviz.core.collection import EVALUATE, Collection
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.storage import kept
from gapviz.storage.cache import content_key
from gapviz.strategies import StrategyOptions, strategy_spec

KIND = "scoreboards"

# Raise it when the same request would give other figures or other warnings.
REVISION = 5


@dataclass(frozen=True, eq=False)
class ScoreboardRequest:
    """What to measure: strategies on the vectors of some models."""

    collections: Mapping[str, Collection]
    """By model, each with a calibrate and an evaluate split."""
    options: Sequence[StrategyOptions]
    seed: int = DEFAULT_SEED

    @property
    def n_rows(self) -> int:
        """Rows it will have, those left out among them."""
        return len(self.collections) * len(self.options)

    @property
    def key(self) -> str:
        """Hash of everything that the scoreboard depends on."""
        keys = {
            model: [row_key(collection, options, self.seed) for options in self.options]
            for model, collection in self.collections.items()
        }
        return content_key(rows=keys)


def ready_scoreboard(request: ScoreboardRequest) -> Scoreboard | None:
    """The scoreboard, if every row of it was measured before."""
    entries = []
    for model, collection in request.collections.items():
        for options in request.options:
            entry = _KeptRows().find(collection, options, request.seed)
            if entry is None:
                return None
            entries.append(replace(entry, model=model))
    n_items = {
        model: len(collection.splits.get(EVALUATE, ()))
        for model, collection in request.collections.items()
    }
    return assembled(entries, n_items, request.seed)


def make_scoreboard(request: ScoreboardRequest, progress: Progress | None = None) -> Scoreboard:
    """The scoreboard; rows that were not measured before are measured now, and kept.

    Raises:
        GapvizError: as `scoreboard`.
    """
    return scoreboard(
        request.collections,
        request.options,
        seed=request.seed,
        progress=progress,
        store=_KeptRows(),
    )


def row_key(collection: Collection, options: StrategyOptions, seed: int) -> str:
    """Hash of everything that one row depends on: of the options, what the strategy reads."""
    read = {"name", *strategy_spec(options.name).parameters}
    return content_key(
        collection=collection.content_hash,
        options={name: value for name, value in options.plain().items() if name in read},
        seed=seed,
        revision=REVISION,
    )


@dataclass(frozen=True, eq=False)
class _Kept:
    """An entry as it is stored: one of the two."""

    row: ScoreRow | None
    left_out: LeftOut | None


class _KeptRows:
    """Rows by content."""

    def find(self, collection: Collection, options: StrategyOptions, seed: int) -> Entry | None:
        found = kept.find(KIND, row_key(collection, options, seed), _Kept)
        return None if found is None else found.row or found.left_out

    def keep(
        self, collection: Collection, options: StrategyOptions, seed: int, entry: Entry
    ) -> None:
        stored = _Kept(None, entry) if isinstance(entry, LeftOut) else _Kept(entry, None)
        kept.keep(KIND, row_key(collection, options, seed), stored)
