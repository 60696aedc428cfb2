"""A gapviz that only shows: what lasts is refused where it would be written, whoever asks.

Results below `Configuration.cache` are no change: they can be computed again, and a cache that
cannot be written costs time alone. Files that a command is told to write with `--out` are its
user's own.
"""

from __future__ import annotations

import os

from gapviz.core.errors import GapvizError
from gapviz.storage.configuration import READ_ONLY_VARIABLE, configuration

ONLY_SHOWS = "this gapviz only shows"


def is_read_only() -> bool:
    """Whether this gapviz was started to show alone."""
    return configuration().read_only


def make_read_only() -> None:
    """Let this process, and those that it starts, only show from now on."""
    os.environ[READ_ONLY_VARIABLE] = "1"


def refuse_if_read_only(what: str) -> None:
    """Called at the one place through which a kind of change goes.

    Args:
        what: is not done, in words that go on after "this gapviz only shows:".

    Raises:
        GapvizError: this gapviz only shows.
    """
    if is_read_only():
        raise GapvizError(
            f"{ONLY_SHOWS}: {what}",
            hint=f"whoever runs it can start it without --read-only and {READ_ONLY_VARIABLE}",
        )
