"""The options of a command as plain values, kept on disk: completing a word must not load it."""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import gapviz
from gapviz.commands.parser import Parser
from gapviz.storage.configuration import configuration

FORMAT = 1
"""Of the files; another one is not read."""


def skeleton_of(name: str) -> dict[str, Any]:
    """Arguments and options of a command with their choices; loads it unless they are kept.

    Raises:
        KeyError: there is no such command.
    """
    place = configuration().cache / "completion" / f"{Path(name).name}.json"
    signature = _signature()
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept: dict[str, Any] = json.loads(place.read_text("utf-8"))
        if kept["signature"] == signature:
            return kept
    from gapviz.commands.cli import parser_of

    _, command = parser_of(name)
    if command is None:
        raise KeyError(name)
    made = {
        "signature": signature,
        "name": name,
        "actions": [_plain(one) for one in command.actions() if one.help != argparse.SUPPRESS],
    }
    with suppress(OSError):  # a cache that cannot be written is none
        from gapviz.storage.files import write_atomically

        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, json.dumps(made).encode())
    return made


def parser_from(skeleton: dict[str, Any]) -> tuple[Parser, Parser]:
    """A parser of the same words, which does nothing, and that of the command in it."""
    top = Parser(prog="gapviz")
    commands: Any = top.add_subparsers(dest="command", parser_class=Parser)
    command: Parser = commands.add_parser(skeleton["name"])
    for one in skeleton["actions"]:
        if "-h" in one["flags"]:
            continue
        told = {"help": one["help"], "default": argparse.SUPPRESS}
        if one["nargs"] == 0:
            told["action"] = "store_true"
        else:
            told["nargs"] = one["nargs"]
            told["metavar"] = one["metavar"]
        named = {"dest": one["dest"]} if one["flags"] else {}
        action = command.add_argument(*(one["flags"] or [one["dest"]]), **named, **told)
        action.words = one["words"]  # type: ignore[attr-defined]
    return top, command


def _plain(action: argparse.Action) -> dict[str, Any]:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return {
        "flags": list(action.option_strings),
        "dest": action.dest,
        "nargs": action.nargs,
        "metavar": metavar,
        "help": (action.help or "").replace("%%", "%").replace("%", "%%")[:200],
        "words": list(map(str, action.choices or getattr(action, "words", None) or ())),
    }


def _signature() -> list[Any]:
    """What the options depend on: the version, the files of the package, what others install."""
    newest = max(one.stat().st_mtime_ns for one in Path(gapviz.__file__).parent.rglob("*.py"))
    groups = ("gapviz.analyses", "gapviz.strategies", "gapviz.stores", "gapviz.readers")
    others = [f"{one.group}:{one.value}" for group in groups for one in entry_points(group=group)]
    return [FORMAT, gapviz.__version__, newest, *sorted(others)]
