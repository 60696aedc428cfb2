"""`gapviz search SOURCE -`: one query a line of standard input; and what `--run` was before."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.search import QUERIES
from gapviz.commands.console import note
from gapviz.commands.standard_streams import STREAM, WORDS, input_lines
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, share_of
from gapviz.core.wording import counted

MOST_LINES = 1_000
"""Queries that are read; more are for `--queries` with `--out`."""


def lines_asked(options: argparse.Namespace) -> list[str]:
    """The queries on standard input, where its lines are asked for; else none.

    Raises:
        GapvizError: as `input_lines`, or a file that holds the lists of all queries.
    """
    word = WORDS.get(options.command)
    if word is None or getattr(options, word) != STREAM:
        return []
    if options.out is not None:
        raise GapvizError(
            "--out writes the lists of all queries of the source", hint="give no query of your own"
        )
    return input_lines(MOST_LINES)


def each_line(
    analysis: Analysis, request: Request, lines: Sequence[str], progress: Progress
) -> Finding:
    """What every line finds, one after another.

    Raises:
        GapvizError: as the analysis.
    """
    found: dict[str, Finding] = {}
    for place, line in enumerate(lines):
        one = replace(request, values={**request.values, WORDS[analysis.name]: line})
        found[line] = analysis.answer(one, share_of(progress, place, len(lines)))
    first = next(iter(found.values()))
    return Finding(
        figures={"queries": [{"text": line, **one.to_json()} for line, one in found.items()]},
        title=f"{first.title}; {counted(len(lines), 'query', 'queries')}",
        warnings=first.warnings,
        parts={
            line: replace(one, title=f"“{line}”", warnings=(), figures={})
            for line, one in found.items()
        },
        gates={f"{line}: ": one.to_json() for line, one in found.items()},
    )


def take_former_run(options: argparse.Namespace) -> None:
    """`--run FILE` without a query wrote the lists of all queries, until it was `--out`."""
    asked = any(getattr(options, name) is not None for name in QUERIES)
    if not options.runs or asked or options.out is not None:
        return
    note("--run of search is now called --out")
    options.out, options.runs = Path(options.runs[-1]), None
