"""Scoreboards whose rows are cached on disk, so that only what is new is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import StrategyOptions

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

    @property
    def name(self) -> str:
        """Unlike that of any other scoreboard."""
        return f"{KIND}/{self.key}"

    def get(self) -> Scoreboard | None:
        """The scoreboard, if every row of it is cached."""
        entries = []
        for model, collection in self.collections.items():
            for options in self.options:
                cached = _cached_entry(collection, options, self.seed).get()
                if cached is None:
                    return None
                entries.append(replace(cached.entry, model=model))
        n_items = {
            model: len(collection.splits.get(EVALUATE, ()))
            for model, collection in self.collections.items()
        }
        return assembled(entries, n_items, self.seed)

    def compute(self, progress: Progress | None = None) -> Scoreboard:
        """The scoreboard; rows that are not cached are measured now.

        Raises:
            GapvizError: as `scoreboard`.
        """
        return scoreboard(
            self.collections, self.options, seed=self.seed, progress=progress, entry_of=_entry_of
        )


def row_key(collection: Collection, options: StrategyOptions, seed: int) -> str:
    """Hash of everything that one row depends on."""
    return content_key(
        collection=collection.content_hash,
        options=options.plain(),
        seed=seed,
        revision=REVISION,
    )


@dataclass(frozen=True, eq=False)
class _CachedEntry:
    """An entry as it is stored: one of the two."""

    row: ScoreRow | None
    left_out: LeftOut | None

    @property
    def entry(self) -> Entry:
        entry = self.row or self.left_out
        assert entry is not None
        return entry


def _unmeasured() -> Entry:
    raise NotImplementedError("this entry is only looked up")


def _cached_entry(
    collection: Collection,
    options: StrategyOptions,
    seed: int,
    measure: Callable[[], Entry] = _unmeasured,
) -> CachedResult[_CachedEntry]:
    def function(progress: Progress) -> _CachedEntry:
        entry = measure()
        if isinstance(entry, LeftOut):
            return _CachedEntry(None, entry)
        return _CachedEntry(entry, None)

    return CachedResult(KIND, row_key(collection, options, seed), _CachedEntry, function)


def _entry_of(
    collection: Collection, options: StrategyOptions, seed: int, measure: Callable[[], Entry]
) -> Entry:
    return _cached_entry(collection, options, seed, measure).compute().entry
