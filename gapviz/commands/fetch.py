"""`gapviz fetch`: published sets of embeddings, at a pinned commit, every file checked."""

from __future__ import annotations

import argparse
from pathlib import Path

from gapviz.commands.files import json_text
from gapviz.commands.parser import OUTPUT, known_words, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_json
from gapviz.sources.published import REFERENCE_SETS, ReferenceSet, fetch, reference_set


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "fetch",
        description="Fetch a published set of embeddings from its repository at a pinned commit, "
        "and check every file's SHA-256. Without a name, list the sets.",
    )
    name = command.add_argument(
        "name", nargs="?", metavar="NAME", help=f"one of {', '.join(REFERENCE_SETS)}"
    )
    known_words(name, REFERENCE_SETS)
    options_of(command, OUTPUT).add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where to write: a folder (default: the cache folder)",
    )
    add_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """Fetch, or list what there is.

    Raises:
        GapvizError: no such set, no connection, or a file that is not the published one.
    """
    if options.name is None:
        sets = REFERENCE_SETS.values()
        if options.json:
            return json_text({"sets": [_about(one) for one in sets]})
        return "\n".join(
            f"{one.name:16}{one.total_bytes / 1e6:>8.1f} MB  {len(one.files):>4} files  "
            f"{one.licence}  {one.title}"
            for one in sets
        )
    known = reference_set(options.name)
    with progress_bar() as progress:
        folder = fetch(options.name, options.out, progress=progress)
    if options.json:
        return json_text(_about(known) | {"folder": str(folder)})
    return (
        f"{known.title}: {len(known.files):,} files, {known.total_bytes / 1e6:.1f} MB, "
        f"licence {known.licence}, from {known.url}\nin {folder}"
    )


def _about(known: ReferenceSet) -> dict[str, object]:
    return {
        "name": known.name,
        "title": known.title,
        "repository": known.repository,
        "commit": known.commit,
        "licence": known.licence,
        "files": len(known.files),
        "bytes": known.total_bytes,
    }
