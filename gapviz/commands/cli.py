"""The command line: what the pages show, without a browser."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import gapviz
from gapviz.analyses.registry import analyses
from gapviz.commands import (
    apply,
    encode,
    explain,
    export,
    fetch,
    info,
    prove,
    rehearse,
    report,
    serve,
    train,
    views,
    watch,
)
from gapviz.commands.analysis import add_analysis
from gapviz.commands.gate import Gated
from gapviz.commands.parameters import warn_renamed
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_terminal, in_terminal_lines

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
"""As shells count a program that was stopped with Ctrl-C."""

COMMANDS = (
    info, explain, fetch, encode, train, report, export, apply, prove, watch, rehearse,
    serve, views,
)  # fmt: skip
"""What is more than an analysis; those have their commands from what they declare."""

RENAMED = {"advise": "decide", "project": "cones", "forces": "why"}
"""Former names of commands, taken for one more version."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **named: Any) -> None:
        # Half a flag could be another command's flag: --pair is no --pairing.
        super().__init__(**{"allow_abbrev": False, **named})

    def error(self, message: str) -> NoReturn:
        self.exit(
            BAD_INPUT, in_terminal(f"gapviz: {message.rstrip('.')}; see {self.prog} --help.") + "\n"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, 2 for bad input."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without λ or → shows an escape rather than a traceback.
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in RENAMED:
        warn_renamed(given[0], RENAMED[given[0]])
        given[0] = RENAMED[given[0]]
    options = _parser().parse_args(given)
    try:
        answer: str | Gated = options.run(options)
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
    try:
        print(in_terminal_lines(text), flush=True)
    except OSError as error:
        # Python would try to write what is left, and complain again, at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # The reader (head, say) may have gone; that is no fault.
        if not isinstance(error, BrokenPipeError):
            print(f"gapviz: the answer cannot be written ({error.strerror}).", file=sys.stderr)
            return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(prog="gapviz", description=gapviz.__doc__)
    parser.add_argument("--version", action="version", version=f"gapviz {gapviz.__version__}")
    parser.set_defaults(goes_on=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    for analysis in analyses().values():
        add_analysis(commands, analysis)
    return parser


if __name__ == "__main__":
    sys.exit(main())
