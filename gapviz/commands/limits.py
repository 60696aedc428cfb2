"""What several commands share: how much a file may unpack to, and what of it is read at once."""

from __future__ import annotations

import argparse

from gapviz.commands.parser import SOURCE, options_of
from gapviz.export.apply import DEFAULT_BLOCK
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


def add_block_rows(group: argparse._ArgumentGroup) -> None:
    """The option that says how many rows of a file are in memory at once."""
    group.add_argument(
        "--block-rows",
        type=int,
        default=DEFAULT_BLOCK,
        metavar="N",
        help=f"rows in memory at once; the output does not depend on it (default: {DEFAULT_BLOCK})",
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """What `add_limit` has asked for.

    Raises:
        GapvizError: nothing would be allowed.
    """
    given: float | None = getattr(options, "max_unpacked", None)
    return OWN_FILES if given is None else OWN_FILES.allowing(given)
