"""What goes to standard error beside errors: notes, and how far the work is; `--quiet` silences it.

Standard output holds the answer and nothing else.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass

from gapviz.core.foreign import in_terminal

QUIET = ("-q", "--quiet")
PROGRESS = "--progress"


@dataclass(frozen=True, slots=True)
class Console:
    """What a run may say on standard error."""

    quiet: bool = False
    progress: bool = False
    """Whether progress is told where standard error is no terminal, too."""


_USUAL = Console()
_console: ContextVar[Console] = ContextVar("console", default=_USUAL)


def add_console(group: argparse._ArgumentGroup) -> None:
    """The options that every command has; `console_for` reads them."""
    group.add_argument(
        *QUIET,
        action="store_true",
        help="print the answer and errors alone: no progress and no notes on standard error",
    )
    group.add_argument(
        PROGRESS,
        action="store_true",
        help="tell how far the work is where standard error is no terminal, too",
    )


@contextmanager
def console_for(arguments: Sequence[str]) -> Iterator[None]:
    """What the arguments say of standard error, from before they are parsed on."""
    quiet = any(one in QUIET for one in arguments)
    before = _console.set(Console(quiet, PROGRESS in arguments))
    try:
        with _silence() if quiet else nullcontext():
            yield
    finally:
        _console.reset(before)


@contextmanager
def _silence() -> Iterator[None]:
    """No warnings of Python, and none in the log of gapviz."""
    import logging

    log = logging.getLogger("gapviz")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def console() -> Console:
    """What this run may say."""
    return _console.get()


def note(words: str) -> None:
    """One line on standard error, unless the run is quiet."""
    if not console().quiet:
        print(f"gapviz: {in_terminal(words)}", file=sys.stderr)
