"""`gapviz views`: what people kept on the dashboard: list, show, compare, export, remove."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from gapviz.analyses.finding_text import finding_lines, table_lines, text_of
from gapviz.analyses.views.comparison import compare_views
from gapviz.analyses.views.shown import view_finding, warnings_of
from gapviz.commands.files import json_text, refuse_output
from gapviz.commands.parser import OUTPUT, options_of
from gapviz.commands.source import Commands, add_json
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import versioned
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted
from gapviz.storage.files import write_output
from gapviz.storage.saved_views import SavedView, SavedViews

NONE_KEPT = "No view is saved. Press “Keep this view” on a page of the dashboard to save one."

ACTIONS = {
    "list": "what is saved, in order",
    "show": "notes, settings and figures of some views",
    "compare": "two views side by side: settings and figures",
    "export": "views as JSON",
    "remove": "delete some views",
}


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    told = "; ".join(f"{name}: {words}" for name, words in ACTIONS.items())
    command = commands.add_parser(
        "views",
        description="Views that were saved on the dashboard by “Keep this view”, with their notes.",
    )
    command.add_argument(
        "action",
        nargs="?",
        choices=ACTIONS,
        metavar="ACTION",
        default="list",
        help=f"{told} (default: list)",
    )
    command.add_argument("ids", nargs="*", metavar="ID", help="of the views that are meant")
    options_of(command, OUTPUT).add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to write: for export, a file whose name ends in .json",
    )
    add_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """What to print.

    Raises:
        GapvizError: no such view, or too few or too many of them.
    """
    saved, ids, action = SavedViews(), tuple(options.ids), options.action
    if options.out is not None:
        if action != "export":
            raise GapvizError("--out belongs to `gapviz views export`", hint="leave it out")
        refuse_output(options.out, (".json",))
    if action == "compare":
        return _compared(saved, ids, as_json=options.json)
    if action in ("show", "remove") and not ids:
        raise GapvizError(
            f"there is nothing to {action}",
            hint="name views by their ids, as `gapviz views` has them",
        )
    if action == "remove":
        return _removed(saved, ids, as_json=options.json)
    views = saved.named(ids)
    if action == "export":
        return _exported(views, options)
    if action == "show":
        found = [view_finding(view) for view in views]
        if options.json:
            return json_text({"views": [one.to_json() | _values(one.tables) for one in found]})
        lines = [finding_lines(one) for one in found]
        addresses = [f"Opens at /{view.address}" for view in views]
        return "\n\n".join(
            text_of([*each, address]) for each, address in zip(lines, addresses, strict=True)
        )
    return _listed(saved, views, as_json=options.json)


def _listed(saved: SavedViews, views: Sequence[SavedView], *, as_json: bool) -> str:
    damaged = [error.sentence for error in saved.damaged()]
    states = {view.id: warnings_of(view) for view in views}
    if as_json:
        told = [view.to_json() | {"warnings": states[view.id]} for view in views]
        return json_text({"views": told, "damaged": damaged})
    heads = ("id", "name", "page", "collection", "kept")
    table = Table(
        "",
        [Column(head, head, text=True) for head in heads],
        [
            [view.id, view.name, view.page, view.param("collection") or "builtin", view.day]
            for view in views
        ],
    )
    lines = table_lines(table) if views else [NONE_KEPT]
    lines += [f"warning   {view.name}: {words}" for view in views for words in states[view.id]]
    lines += [f"damaged   {sentence}" for sentence in damaged]
    return text_of(lines)


def _compared(saved: SavedViews, ids: Sequence[str], *, as_json: bool) -> str:
    if len(ids) != 2:
        raise GapvizError(
            f"two views are compared, and {len(ids)} are named", hint="name two by their ids"
        )
    found = compare_views(*saved.named(ids))
    if as_json:
        return json_text(found.to_json())
    return text_of(finding_lines(found))


def _removed(saved: SavedViews, ids: Sequence[str], *, as_json: bool) -> str:
    for one in ids:
        saved.remove(one)
    if as_json:
        return json_text({"removed": list(ids)})
    return f"{counted(len(ids), 'view')} removed: {', '.join(ids)}"


def _exported(views: Sequence[SavedView], options: argparse.Namespace) -> str:
    told = {"views": [view.to_json() for view in views]}
    if options.out is None:
        return json_text(told)
    content = json.dumps(versioned(told), indent=2, ensure_ascii=False)
    write_output(options.out, content.encode())
    if options.json:
        return json_text({"file": str(options.out), "views": len(views)})
    return text_of([f"{options.out}: {counted(len(views), 'view')}"])


def _values(tables: Sequence[Table]) -> dict[str, object]:
    return {"figures": tables[0].to_json()["rows"] if tables else []}
