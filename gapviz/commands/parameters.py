"""What several commands share: a flag for each `Parameter`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from gapviz.commands.parser import ASKED, known_words, options_of
from gapviz.core.parameter import Parameter

METAVARS = {
    "number": "NUMBER",
    "count": "N",
    "modality": "MODALITY",
    "weights": "MODALITY=NUMBER",
    "names": "NAME[,NAME]",
    "files": "FILE",
}


def add_parameters(
    command: argparse.ArgumentParser, parameters: Sequence[Parameter], group: str = ASKED
) -> None:
    """The options of `chosen_values`, in the group of that title."""
    for parameter in parameters:
        option = parameter.option
        words = parameter.help.replace("%", "%%")
        if "(default" not in words and parameter.default not in (None, ()):
            words += f" (default: {_told(parameter)})"
        if not option.startswith("-"):
            command.add_argument(option, nargs="?", metavar=option.upper(), help=words)
            continue
        flags = parameter.flag.split(", ") if parameter.flag else [option]
        # A choice is checked by the parameter itself, whose refusal says what there is.
        metavar = METAVARS.get(parameter.kind, option.strip("-").replace("-", "_").upper())
        if parameter.kind == "choice":
            metavar = "|".join(parameter.choices)
        action = options_of(command, group).add_argument(
            *flags,
            dest=dest_of(parameter),
            metavar=parameter.metavar or parameter.symbol or metavar,
            action="append" if parameter.several else "store",
            help=words,
        )
        if parameter.choices:
            known_words(action, parameter.choices)


def dest_of(parameter: Parameter) -> str:
    """Where the parser keeps it: under the name of its option, as all options are."""
    name = parameter.option.lstrip("-").replace("-", "_")
    # `run` is what carries the command out.
    return "runs" if name == "run" else name


def chosen_values(options: argparse.Namespace, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The value of every parameter by name, the default where the options name none.

    Raises:
        GapvizError: a value that cannot be chosen.
    """
    given = {one.name: getattr(options, dest_of(one)) for one in parameters}
    return {
        one.name: one.default if given[one.name] is None else _parsed(one, given[one.name])
        for one in parameters
    }


def _parsed(parameter: Parameter, given: Any) -> Any:
    """The value of what was written once, or as often as its flag may be given."""
    if parameter.several:
        return tuple(one for text in given for one in parameter.parsed(text))
    return parameter.parsed(given)


def _told(parameter: Parameter) -> str:
    value = parameter.default
    if parameter.kind == "names":
        return "all" if len(value) == len(parameter.choices) else ",".join(value)
    return f"{value:g}" if parameter.is_number else str(value)
