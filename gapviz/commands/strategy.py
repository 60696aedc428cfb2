"""What several commands share: the strategy, what it is fitted on, and the pair measured."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from gapviz.commands.parameters import add_parameters, chosen_values
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import Reading
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_parameters, strategy_spec


def add_strategy(command: argparse.ArgumentParser, default: str = "raw") -> None:
    """The options of `chosen_strategy`."""
    command.add_argument(
        "--strategy",
        default=default,
        metavar="NAME",
        help=f"one of {', '.join(STRATEGIES)} (default: {default})",
    )
    for parameter in strategy_parameters():
        owners = [spec.name for spec in STRATEGIES.values() if spec.has(parameter.name)]
        add_parameters(command, [replace(parameter, help=f"{', '.join(owners)}: {parameter.help}")])


def add_fit(command: argparse.ArgumentParser) -> None:
    """`--fit`, where a figure can be had in-sample as well."""
    command.add_argument(
        "--fit",
        choices=("split", "all"),
        default="split",
        help="'split': fit on the calibrate split (even rows, unless the source says "
        "otherwise) and measure on the evaluate split; 'all': both on all rows, in-sample, as "
        "published tables do (default: split)",
    )


def add_pair(command: argparse.ArgumentParser) -> None:
    """The option of `chosen_pair`."""
    command.add_argument(
        "--pair",
        metavar="A,B",
        help="the two modalities whose gap to measure (default: image,text or the first two)",
    )


def chosen_strategy(options: argparse.Namespace) -> StrategyOptions:
    """The strategy that the options name.

    Raises:
        GapvizError: an unknown name, or a value that cannot be chosen.
    """
    # What is wrong is told, whether the strategy reads it or not.
    return StrategyOptions(strategy_spec(options.strategy).name).having(**given_values(options))


def given_values(options: argparse.Namespace) -> dict[str, Any]:
    """The values that the options give to parameters of any strategy, by name.

    Raises:
        GapvizError: a value that cannot be chosen.
    """
    known = [one for one in strategy_parameters() if getattr(options, one.name, None) is not None]
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
