"""The command line: what the pages show, without a browser."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import gapviz
from gapviz.commands.console import PROGRESS, QUIET, add_console, console_for, note
from gapviz.commands.former import FORMER_COMMANDS, add_former_options
from gapviz.commands.parser import BAD_INPUT, OUTPUT, Parser, examples_text, options_of
from gapviz.commands.standard_streams import drop_output, given_streams
from gapviz.commands.table import ANALYSIS, GROUPS, OTHERS, Command, listed_commands
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_terminal, in_terminal_lines
from gapviz.core.nearest import nearest

BEFORE = (*QUIET, PROGRESS)
"""Options that may stand before the command."""

FAILED = 1
"""A condition of the gate holds, and nothing else."""
INTERRUPTED = 130
"""As shells count a program that was stopped with Ctrl-C."""


class _Top(Parser):
    """The parser of everything: help by task, and no command loaded but the one that is named."""

    def format_help(self) -> str:
        """Every command with its line, grouped by task."""
        commands = listed_commands().values()
        width = max(len(one.name) for one in commands) + 2
        room = max(min(get_terminal_size().columns, 100) - width - 4, 30)
        lines = ["usage: gapviz COMMAND [options]", "", str(self.description)]
        for group in GROUPS:
            among = [one for one in commands if one.group == group]
            lines += ["", group] if among else []
            for one in among:
                head, *more = wrap(one.line, room)
                lines += [f"  {one.name:{width}}{head}", *(" " * (width + 2) + m for m in more)]
        lines += [
            "",
            "gapviz COMMAND --help shows the options of a command, and examples. Start with: "
            "gapviz story builtin",
            "gapviz info lists what can be given as SOURCE; gapviz --version tells the version.",
        ]
        return "\n".join(lines) + "\n"


def main(
    arguments: Sequence[str] | None = None, *, loaded: Callable[[], object] = lambda: None
) -> int:
    """Run the command line; returns the exit code, 2 for bad input or a disk that is full.

    Args:
        arguments: what is typed behind `gapviz`; that of this process unless given.
        loaded: called when the command is loaded and its options are understood.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started this has closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without λ or → shows an escape rather than a traceback.
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    with console_for(given):
        return _run(given, loaded)


def _run(given: list[str], loaded: Callable[[], object]) -> int:
    first = next((place for place, one in enumerate(given) if one not in BEFORE), None)
    # What every command has may stand before it, too.
    given = [] if first is None else [given[first], *given[:first], *given[first + 1 :]]
    if given and given[0] in FORMER_COMMANDS:
        note(f"{given[0]} is now called {FORMER_COMMANDS[given[0]]}")
        given[0] = FORMER_COMMANDS[given[0]]
    if given[:1] == ["help"]:
        given = [*given[1:2], "--help"]
    options = parsed(given)
    loaded()
    try:
        with given_streams(options):
            answer = options.run(options)
    except GapvizError as error:
        print(f"gapviz: {in_terminal(error.sentence)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        further = "; the same command goes on from here" if options.goes_on else ""
        print(f"gapviz: stopped{further}.", file=sys.stderr)
        return INTERRUPTED
    if isinstance(answer, str):
        return _print(answer)
    code = _print(answer.text)
    if code or not answer.broken:
        return code
    print(in_terminal(f"gapviz: failed, since {'; '.join(answer.broken)}."), file=sys.stderr)
    return FAILED


def _print(text: str) -> int:
    if not text:
        return 0
    try:
        print(in_terminal_lines(text), flush=True)
    except OSError as error:
        drop_output()
        # The reader (head, say) may have gone; that is no fault.
        if not isinstance(error, BrokenPipeError):
            print(f"gapviz: the answer cannot be written ({error.strerror}).", file=sys.stderr)
            return BAD_INPUT
    return 0


def parsed(given: Sequence[str]) -> argparse.Namespace:
    """What the arguments say.

    Raises:
        SystemExit: help was asked for, or they cannot be understood.
    """
    name = given[0] if given else ""
    top, command = parser_of(name)
    if command is None and not name.startswith("-"):
        near = nearest(name, [*listed_commands(), *FORMER_COMMANDS]) if name else ()
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        top.error(f"there is no command {name[:60]!r}{meant}" if name else "name a command")
    if command is None and name not in top.options:
        top.error(f"{name[:60]} stands before the command, and options stand behind it")
    options, unknown = top.parse_known_args(list(given))
    if unknown:
        (command or top).refuse_unknown(unknown)
    return options


def parser_of(name: str) -> tuple[Parser, Parser | None]:
    """The parser of everything, with the options of one command, and that command's own.

    Args:
        name: of the command; of one that there is not, None is the second.
    """
    top = _Top(prog="gapviz", description=gapviz.__doc__)
    top.add_argument("--version", action="version", version=f"gapviz {gapviz.__version__}")
    top.set_defaults(goes_on=False)
    commands: Any = top.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    listed = listed_commands()
    known = listed.get(name)
    # An analysis of another package may go by another name than its entry point.
    others = any(one.group == OTHERS for one in listed.values())
    if known is None and (not others or not name or name.startswith("-")):
        return top, None
    _add(commands, known or Command(name, ""))
    return top, commands.choices.get(name)


def _add(commands: Any, known: Command) -> None:
    """Load a command and add it, with what every command has."""
    if known.module == ANALYSIS:
        from gapviz.analyses.registry import analysis_named
        from gapviz.commands.analysis import add_analysis

        analysis = analysis_named(known.name)
        if analysis is None:
            return
        add_analysis(commands, analysis)
    else:
        import_module(known.module).add_to(commands)
    command: Parser = commands.choices[known.name]
    command.epilog = command.epilog or examples_text(known.examples) or None
    add_console(options_of(command, OUTPUT))
    add_former_options(command, known.name)


if __name__ == "__main__":
    sys.exit(main())
