"""What several commands share: the strategy, what it is fitted on, and the pair measured."""

from __future__ import annotations

import argparse
from typing import Any

from gapviz.commands.source import read_and_tell
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.sources.files.reading import Reading
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
        _add_parameter(command, parameter)


def _add_parameter(command: argparse.ArgumentParser, parameter: Parameter) -> None:
    owners = [spec.name for spec in STRATEGIES.values() if spec.has(parameter.name)]
    default = parameter.plain(parameter.default) or "the usual"
    usual = f" (default: {default})" if parameter.is_number or parameter.choices else ""
    metavar = {"modality": "MODALITY", "weights": "MODALITY=W"}.get(parameter.kind)
    command.add_argument(
        parameter.option,
        dest=parameter.name,
        action="append" if parameter.kind == "weights" else "store",
        metavar=metavar or parameter.symbol or parameter.name.upper(),
        help=f"{', '.join(owners)}: {parameter.help}{usual}".replace("%", "%%"),
    )


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


def chosen_strategy(options: argparse.Namespace, name: str | None = None) -> StrategyOptions:
    """The strategy that the options name, or another one with the values that they give.

    Raises:
        GapvizError: an unknown name, or a value that cannot be chosen.
    """
    for parameter in strategy_parameters():
        _given(options, parameter)  # What is wrong is told, whether the strategy reads it or not.
    spec = strategy_spec(name or options.strategy)
    given = {one.name: _given(options, one) for one in spec.parameters}
    return StrategyOptions(
        spec.name, **{k: value for k, value in given.items() if value is not None}
    )


def _given(options: argparse.Namespace, parameter: Parameter) -> Any:
    text = getattr(options, parameter.name)
    if text is None:
        return None
    if parameter.kind == "weights":
        return tuple(weight for one in text for weight in parameter.parsed(one))
    return parameter.parsed(text)


def chosen_collection(options: argparse.Namespace, strategy: StrategyOptions) -> Collection:
    """The source with its vectors, which must hold every modality that the strategy names.

    Raises:
        GapvizError: bad input, or a modality that is not there.
    """
    return checked_collection(read_and_tell(options), options, strategy)


def checked_collection(
    reading: Reading, options: argparse.Namespace, strategy: StrategyOptions
) -> Collection:
    """The same of a source that was read.

    Raises:
        GapvizError: no vectors by the encoder asked for, or a modality that is not there.
    """
    collection = reading.encoded_by(options.encoder)
    for parameter in strategy_parameters():
        given = _given(options, parameter)
        if given is not None and parameter.kind in ("modality", "weights"):
            named = [given] if parameter.kind == "modality" else dict(given)
            for name in named:
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
