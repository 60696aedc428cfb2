"""What several commands share: the strategy, its fit, the pair, the seed and other sources."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gapviz.analyses.advice.recommended import recommended
from gapviz.analyses.analysis import Shared
from gapviz.commands.parameters import add_parameters, chosen_values, dest_of
from gapviz.commands.parser import ASKED, SOURCE, STRATEGY, known_words, options_of
from gapviz.commands.progress import progress_bar
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item_sample import MOST_ITEMS
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.sources.files.format import Reading
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_parameters, strategy_spec

_SHARED: Mapping[Shared, dict[str, Any]] = {
    "fit": {
        "choices": ("split", "all"),
        "default": "split",
        "help": "'split': fit on the calibrate split (even rows, unless the source says "
        "otherwise) and measure on the evaluate split; 'all': both on all rows, in-sample, as "
        "published tables do (default: split)",
    },
    "pair": {
        "metavar": "A,B",
        "help": "the two modalities whose gap to measure (default: image,text or the first two)",
    },
    "also": {
        "action": "append",
        "default": [],
        "metavar": "SOURCE",
        "help": "the same items, under the same ids, as another model encoded them; may be given "
        "again",
    },
    "seed": {
        "type": int,
        "default": DEFAULT_SEED,
        "metavar": "N",
        "help": f"of intervals and samples (default: {DEFAULT_SEED}, as in the dashboard)",
    },
    "most-items": {
        "type": int,
        "default": MOST_ITEMS,
        "metavar": "N",
        "help": "of more items than N measure a stratified sample of N, and say so; 0 for all "
        f"items (default: {MOST_ITEMS}, as in the dashboard)",
    },
}
"""Flags without their dashes, and what argparse takes besides."""

_GROUPS: Mapping[Shared, str] = {"fit": STRATEGY, "also": SOURCE}
"""Where they stand in the help, if not with what is asked."""


def add_shared(
    command: argparse.ArgumentParser, names: Sequence[Shared], strategy: str | None = "raw"
) -> None:
    """The options that `names` call, with `strategy` as the usual one; see `chosen_strategy`."""
    for name in names:
        if name == "strategy":
            _add_strategy(command, strategy)
        else:
            group = options_of(command, _GROUPS.get(name, ASKED))
            group.add_argument(f"--{name}", **_SHARED[name])


def _add_strategy(command: argparse.ArgumentParser, default: str | None) -> None:
    usual = default or "the one that `gapviz decide` recommends"
    add_strategy_name(command, default, usual)
    for parameter in strategy_parameters():
        owners = [spec.name for spec in STRATEGIES.values() if spec.has(parameter.name)]
        own = replace(parameter, help=f"{', '.join(owners)}: {parameter.help}")
        add_parameters(command, [own], STRATEGY)


def add_strategy_name(command: argparse.ArgumentParser, default: str | None, usual: str) -> None:
    """The option that names a strategy.

    Args:
        command: what it is added to.
        default: the strategy unless one is named; None for what `usual` says in words.
        usual: the default in words.
    """
    action = options_of(command, STRATEGY).add_argument(
        "--strategy",
        default=default,
        metavar="NAME",
        help=f"one of {', '.join(STRATEGIES)} (default: {usual})",
    )
    known_words(action, STRATEGIES)


def refuse_strategy(options: argparse.Namespace) -> None:
    """Tell what is wrong with the options of the strategy, before anything is read.

    Raises:
        GapvizError: an unknown name, or a value that cannot be chosen.
    """
    if options.strategy is not None:
        strategy_spec(options.strategy)
    # Whether the strategy reads it or not.
    given_values(options)


def chosen_strategy(
    options: argparse.Namespace, collection: Collection, seed: int
) -> StrategyOptions:
    """The strategy that the options name, else the recommended one of the collection.

    Raises:
        GapvizError: as `refuse_strategy`, or a collection that the advisor cannot measure.
    """
    given = given_values(options)
    if options.strategy is not None:
        return StrategyOptions(strategy_spec(options.strategy).name).having(**given)
    with progress_bar() as progress:
        return recommended(collection, seed, progress).having(**given)


def given_values(options: argparse.Namespace) -> dict[str, Any]:
    """The values that the options give to parameters of any strategy, by name.

    Raises:
        GapvizError: a value that cannot be chosen.
    """
    known = [
        one for one in strategy_parameters() if getattr(options, dest_of(one), None) is not None
    ]
    return chosen_values(options, known)


def checked_collection(reading: Reading, options: argparse.Namespace) -> Collection:
    """The source with its vectors, which must hold every modality that an option names.

    Raises:
        GapvizError: no vectors by the encoder asked for, or a modality that is not there.
    """
    collection = reading.encoded_by(options.encoder)
    given = given_values(options)
    for parameter in strategy_parameters():
        value = given.get(parameter.name)
        if value is not None and parameter.kind in ("modality", "weights"):
            for name in [value] if parameter.kind == "modality" else dict(value):
                collection.modality(name)
    return collection


def chosen_pair(options: argparse.Namespace) -> tuple[str, str] | None:
    """The two modalities whose gap to measure, or None for the usual ones.

    Raises:
        GapvizError: not two names.
    """
    text = options.pair
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise GapvizError(
            f"--pair {text!r} does not name two modalities", hint="write for instance image,text"
        )
    return parts[0], parts[1]
