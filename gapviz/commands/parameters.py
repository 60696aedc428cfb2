"""What several commands share: a flag for each `Parameter`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from gapviz.core.parameter import Parameter

RENAMED = {"--query-modality": "--with"}
"""Flag → what it was called before; taken for one more version, with a warning."""

METAVARS = {
    "number": "NUMBER",
    "count": "N",
    "modality": "MODALITY",
    "weights": "MODALITY=NUMBER",
    "names": "NAME[,NAME]",
    "files": "FILE",
}


def warn_renamed(old: str, new: str) -> None:
    """Say on stderr that a name is no longer the usual one."""
    print(f"gapviz: {old} is now called {new}", file=sys.stderr)


def add_parameters(command: argparse.ArgumentParser, parameters: Sequence[Parameter]) -> None:
    """The options of `chosen_values`."""
    for parameter in parameters:
        option = parameter.option
        words = parameter.help.replace("%", "%%")
        if "(default" not in words and parameter.default not in (None, ()):
            words += f" (default: {_told(parameter)})"
        if not option.startswith("-"):
            command.add_argument(option, nargs="?", help=words)
            continue
        flags = parameter.flag.split(", ") if parameter.flag else [option]
        # A choice is checked by the parameter itself, whose refusal says what there is.
        metavar = METAVARS.get(parameter.kind, parameter.name.upper())
        if parameter.kind == "choice":
            metavar = "|".join(parameter.choices)
        command.add_argument(
            *flags,
            dest=parameter.name,
            metavar=parameter.symbol or metavar,
            action="append" if parameter.several else "store",
            help=words,
        )
        if option in RENAMED:
            command.add_argument(
                RENAMED[option], dest=parameter.name, action=_Renamed, help=argparse.SUPPRESS
            )


def chosen_values(options: argparse.Namespace, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The value of every parameter by name, the default where the options name none.

    Raises:
        GapvizError: a value that cannot be chosen.
    """
    given = {one.name: getattr(options, one.name) for one in parameters}
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


class _Renamed(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        new = next(flag for flag, old in RENAMED.items() if old == option_string)
        warn_renamed(str(option_string), new)
        setattr(namespace, self.dest, values)
