"""What several commands share: a strategy looked at on the items that it was not fitted on."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.commands.source import (
    add_seed,
    add_source,
    chosen_seed,
    progress_bar,
    read_and_tell,
)
from gapviz.commands.strategy import (
    add_pair,
    add_strategy,
    checked_collection,
    chosen_pair,
    chosen_strategy,
)
from gapviz.core.collection import EVALUATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.core.wording import counted, too_few
from gapviz.measures.geometry.split_shift import split_warnings
from gapviz.measures.measurement import default_pair
from gapviz.sources.files.reading import Reading
from gapviz.strategies import STRATEGIES, StrategyOptions, StrategySpec

DEFAULT_STRATEGY = "centre"
"""As in the dashboard."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What the options ask to look at."""

    reading: Reading
    collection: Collection
    strategy: StrategyOptions
    pair: tuple[str, str]
    seed: int

    @property
    def n_items(self) -> int:
        """Held-out items."""
        return len(self.collection.splits.get(EVALUATE, ()))

    @property
    def head(self) -> list[str]:
        """The first lines of an answer: what was looked at, and what speaks against it."""
        collection = self.collection
        return [
            f"{collection.name}: {counted(self.n_items, 'held-out item')}, "
            f"{collection.dim} dimensions, encoder {collection.encoder}",
            *(f"warning   {doubt}" for doubt in self.warnings),
        ]

    @property
    def warnings(self) -> list[str]:
        """What every figure should be doubted for, one sentence each."""
        return [*filter(None, [too_few(self.n_items)]), *split_warnings(self.collection)]

    @property
    def spec(self) -> StrategySpec:
        """What the strategy is."""
        return STRATEGIES[self.strategy.name]

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "collection": self.collection.name,
            "encoder": self.collection.encoder,
            "n_items": self.n_items,
            "modalities": list(self.collection.modality_names),
            "pair": list(self.pair),
            "seed": self.seed,
            "warnings": self.warnings,
        }


def add_held_out(command: argparse.ArgumentParser) -> None:
    """The options of `chosen_held_out`."""
    add_source(command)
    add_strategy(command, default=DEFAULT_STRATEGY)
    add_pair(command)
    add_seed(command)


def chosen_held_out(options: argparse.Namespace) -> HeldOut:
    """What the options name.

    Raises:
        GapvizError: bad input, or a source of one modality.
    """
    seed, strategy, named = chosen_seed(options), chosen_strategy(options), chosen_pair(options)
    reading = read_and_tell(options)
    collection = checked_collection(reading, options, strategy)
    usual = default_pair(collection)
    for name in named or usual:
        collection.modality(name)
    collection.split(EVALUATE)
    return HeldOut(reading, collection, strategy, named or usual, seed)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an answer."""

    figures: dict[str, Any]
    lines: list[str]


PartMaker = Callable[[HeldOut, argparse.Namespace, Progress], Part]


def made_parts(
    names: Sequence[str],
    makers: Mapping[str, PartMaker],
    looked_at: HeldOut,
    options: argparse.Namespace,
) -> dict[str, Part]:
    """The named parts, made one after another under a progress bar."""
    with progress_bar() as progress:
        return {
            name: makers[name](looked_at, options, part_of(progress, place, len(names)))
            for place, name in enumerate(names)
        }


def add_parts(
    command: argparse.ArgumentParser, parts: Sequence[str], default: str | None = None
) -> None:
    """The option of `chosen_parts`; None takes the first."""
    default = parts[0] if default is None else default
    command.add_argument(
        "--of",
        default=default,
        metavar="NAME[,NAME]",
        help=f"of {', '.join(parts)}; or all (default: {default})",
    )


def chosen_parts(options: argparse.Namespace, parts: Sequence[str]) -> list[str]:
    """Which of `parts` the options name, in their own order.

    Raises:
        GapvizError: none, or one that is not there.
    """
    names = [part.strip().lower().replace("-", "_") for part in options.of.split(",")]
    names = [name for name in names if name]
    unknown = [name for name in names if name not in (*parts, "all")]
    if unknown or not names:
        raise GapvizError(
            f"--of {options.of[:80]!r} names {'no part' if not names else repr(unknown[0][:80])}",
            hint=f"choose of {', '.join(parts)}, or all",
        )
    return [part for part in parts if part in names or "all" in names]


def part_of(progress: Progress, place: int, count: int) -> Progress:
    """The progress of one of `count` things that are done one after another."""
    return lambda share, stage: progress((place + share) / count, stage)
