"""What several commands share: how much a file that is trusted may unpack to."""

from __future__ import annotations

import argparse

from gapviz.commands.parser import SOURCE, options_of
from gapviz.sources.files.limits import OWN_FILES, Limits


def add_limit(command: argparse.ArgumentParser) -> None:
    """The option that says how much a file may unpack to; `limits_of` reads it."""
    options_of(command, SOURCE).add_argument(
        "--max-unpacked",
        type=float,
        metavar="GB",
        help="what a file that you trust may unpack to in memory (default: "
        f"{OWN_FILES.most_bytes / 1e9:g}, and {OWN_FILES.ratio:g} times what it holds)",
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """What `add_limit` has asked for.

    Raises:
        GapvizError: nothing would be allowed.
    """
    given: float | None = getattr(options, "max_unpacked", None)
    return OWN_FILES if given is None else OWN_FILES.allowing(given)
