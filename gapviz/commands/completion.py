"""`gapviz completion`: a shell that completes commands, options, strategies and collections.

argcomplete speaks with the shell. What it completes from is kept on disk, see `skeleton.py`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from typing import Any

from gapviz.commands.parser import Parser
from gapviz.commands.skeleton import parser_from, skeleton_of
from gapviz.commands.table import listed_commands
from gapviz.core.errors import GapvizError

SHELLS = ("bash", "zsh", "fish")
ASKED = "_ARGCOMPLETE"
"""The variable by which a shell asks for completions."""

START_FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/config.fish"}


def add_to(commands: Any) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "completion",
        description="Print what makes a shell complete commands, options, strategies, collections "
        "and files: put it into the start file of the shell, "
        f"{', '.join(f'{file} for {shell}' for shell, file in START_FILES.items())}.",
    )
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """The shell's own code.

    Raises:
        GapvizError: argcomplete is not installed.
    """
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError as error:
        raise _missing() from error
    from gapviz.commands.files import json_text

    code = str(shellcode(["gapviz"], shell=options.shell)).strip()
    return json_text({"shell": options.shell, "code": code}) if options.json else code


def _missing() -> GapvizError:
    return GapvizError(
        "shell completion needs argcomplete, which is not installed",
        hint="pip install 'gapviz[completion]'",
    )


def complete() -> None:
    """Answer a shell that asks for completions, and end; return where argcomplete is missing."""
    try:
        from argcomplete import autocomplete
        from argcomplete.lexers import split_line
    except ImportError:
        return
    line, point = os.environ.get("COMP_LINE", ""), int(os.environ.get("COMP_POINT", "0") or 0)
    # What stands before the cursor, the word that is being written apart.
    _, _, _, words, _ = split_line(line, point)
    before = words[int(os.environ[ASKED]) :]
    autocomplete(_parser(before), always_complete_options=False)


def _parser(before: list[str]) -> Parser:
    """The parser that knows the word that is being written."""
    if not before:
        top = Parser(prog="gapviz")
        top.add_argument("--version", action="store_true")
        commands: Any = top.add_subparsers(dest="command", parser_class=Parser)
        for name, one in listed_commands().items():
            commands.add_parser(name, help=one.line)
        return top
    try:
        top, command = parser_from(skeleton_of(before[0]))
    except KeyError:
        return Parser(prog="gapviz")
    for action in command.actions():
        words = getattr(action, "words", None)
        if action.dest in DYNAMIC:
            action.completer = _with_files(DYNAMIC[action.dest])  # type: ignore[attr-defined]
        elif words:
            action.completer = _listed(words)  # type: ignore[attr-defined]
    return top


def _listed(words: Iterable[str]) -> Callable[..., list[str]]:
    """Completes a word, or the last of several between commas."""

    def completer(prefix: str, **_: Any) -> list[str]:
        done, comma, last = prefix.rpartition(",")
        return [f"{done}{comma}{word}" for word in words if word.startswith(last)]

    return completer


def _with_files(names: Callable[[], Iterable[str]]) -> Callable[..., list[str]]:
    """Completes names, and files."""

    def completer(prefix: str, **told: Any) -> list[str]:
        from argcomplete.completers import FilesCompleter

        found = [name for name in names() if name.startswith(prefix)]
        return [*found, *FilesCompleter()(prefix, **told)]

    return completer


def _sources() -> list[str]:
    from gapviz.commands.names import source_names

    return source_names()


def _encoders() -> list[str]:
    from gapviz.commands.names import encoder_names

    return encoder_names()


DYNAMIC: dict[str, Callable[[], Iterable[str]]] = {"source": _sources, "encoder": _encoders}
"""Argument or option → names that no parser knows, beside which files are completed."""
