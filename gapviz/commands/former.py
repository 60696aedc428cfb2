"""Former names of commands and options, taken for one more version, with a line of warning."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from gapviz.commands.console import note
from gapviz.commands.parser import Parser

FORMER_COMMANDS = {"advise": "decide", "project": "cones", "forces": "why"}
"""Former name → name."""

EVERY = ""
"""Stands for every command that has the new option."""

FORMER_OPTIONS: Mapping[str, Mapping[str, str]] = {
    EVERY: {"--with": "--query-modality", "--model": "--encoder"},
    "apply": {"--queries": "--as-queries"},
    "approximate": {"--asking": "--most-queries", "--beside": "--strategies"},
    "cones": {"--by": "--layout"},
    "live": {"--ask": "--most-queries"},
    "search": {"--beside": "--run"},
    "within": {"--in": "--modality"},
}
"""Command → former option → option."""


def add_former_options(command: Parser, name: str) -> None:
    """Take the former names of the options of a command; its help does not show them."""
    for old, new in {**FORMER_OPTIONS[EVERY], **FORMER_OPTIONS.get(name, {})}.items():
        if new in command.options:
            _add(command, old, new)


def _add(command: Parser, old: str, new: str) -> None:
    action = command.option(new)

    class Former(argparse.Action):
        def __call__(
            self,
            parser: argparse.ArgumentParser,
            namespace: argparse.Namespace,
            values: Any,
            option_string: str | None = None,
        ) -> None:
            note(f"{old} is now called {new}")
            action(parser, namespace, values, new)

    command.add_argument(
        old,
        dest=action.dest,
        action=Former,
        nargs=action.nargs,
        type=action.type or str,
        choices=action.choices,
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
    )
