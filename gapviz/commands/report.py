"""`gapviz report`: what was measured, as one file to take away."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gapviz.analyses.advice.analysis import ANALYSIS as DECIDE
from gapviz.analyses.advice.analysis import evidence_of, situation_of
from gapviz.analyses.finding_text import text_of
from gapviz.analyses.views.shown import views_finding
from gapviz.commands.analysis import request_of
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated, add_gate, gates_of
from gapviz.commands.parameters import add_parameters
from gapviz.commands.parser import ASKED, OUTPUT, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_source, listed
from gapviz.commands.strategy import add_shared, add_strategy_name
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_json
from gapviz.core.nearest import choose
from gapviz.storage.files import write_output
from gapviz.storage.saved_views import SavedViews
from gapviz.strategies import StrategyOptions, strategy_spec

if TYPE_CHECKING:
    from gapviz.export.report.contents import Report


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "report",
        description="Measure a collection under every strategy and write a report: HTML, "
        "Markdown or JSON, by the ending of --out. The same inputs give the same bytes.",
    )
    add_source(command)
    options_of(command, OUTPUT).add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to write: report.html, report.md or report.json; needed unless --json prints "
        "the report",
    )
    add_strategy_name(command, None, "the one that the advisor puts first")
    asked = options_of(command, ASKED)
    asked.add_argument(
        "--date",
        metavar="YYYY-MM-DD",
        help="the date that it carries (default: SOURCE_DATE_EPOCH, else today)",
    )
    asked.add_argument(
        "--compare",
        type=listed,
        default=(),
        metavar="NAME[,NAME]",
        help="further models of the source or of --also, with rows of their own in the scoreboard",
    )
    asked.add_argument(
        "--views",
        nargs="?",
        type=listed,
        const=(),
        metavar="ID[,ID]",
        help="with the saved views of the dashboard and their notes: those named, else all",
    )
    add_parameters(command, DECIDE.parameters)
    add_shared(command, DECIDE.shared, DECIDE.strategy)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """Write the report, and say where; with --json and no --out, the report itself.

    Raises:
        GapvizError: bad input, or a file that cannot be written.
    """
    from gapviz.export.report.contents import report_date, report_on

    gates = gates_of(options)
    on = report_date(options.date)
    if options.out is None and not (options.json or gates.listed):
        raise GapvizError("there is no file to write to", hint="give --out report.html, or --json")
    form = None if options.out is None else _form(options.out)
    chosen = StrategyOptions(strategy_spec(options.strategy).name) if options.strategy else None
    views = None if options.views is None else SavedViews().named(options.views)
    request = request_of(DECIDE, options)
    situation = situation_of(request)
    compare = [_other(request.others, name, request.collection) for name in options.compare]
    with progress_bar() as progress:
        report = report_on(
            evidence_of(request),
            situation=situation,
            compare=compare,
            options=chosen,
            on=on,
            views=None if views is None else views_finding(views),
            progress=progress,
        )
    figures = report.to_json()
    if options.out is None or form is None:
        return gates.answer(lambda: json_text(figures), {"": figures})
    text = form(report)
    write_output(options.out, text.encode())
    first = report.advice.recommendations[0].title
    size = len(text.encode())
    if options.json:
        told = json_text({"file": str(options.out), "bytes": size, "first": first})
    else:
        told = text_of([f"{options.out}: {size / 1000:,.0f} kB", f"first advice: {first}"])
    return gates.answer(told, {"": figures})


def _other(others: Mapping[str, Collection], encoder: str, collection: Collection) -> Collection:
    """The same items by another model, which goes by that name."""
    if encoder not in others:
        raise GapvizError(
            f"there are no vectors by {encoder[:80]!r} to compare with",
            where=collection.name,
            hint=choose(encoder, others)
            if others
            else "name a source that holds the same items by another model in --also",
        )
    return replace(others[encoder], encoder=encoder)


def _form(path: Path) -> Callable[[Report], str]:
    from gapviz.export.report.html import report_html
    from gapviz.export.report.markdown import report_markdown

    forms: dict[str, Callable[[Report], str]] = {
        ".html": report_html,
        ".htm": report_html,
        ".md": report_markdown,
        ".markdown": report_markdown,
        ".json": lambda report: in_json(
            json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
        ),
    }
    ending = path.suffix.lower()
    if ending not in forms:
        raise GapvizError(
            f"the ending {ending!r} is not one of a report",
            where=str(path),
            hint="name a file that ends in .html, .md or .json",
        )
    return forms[ending]
