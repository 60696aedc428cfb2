"""What the GitHub Action of `action.yml` runs: `gapviz measure` with conditions, and a summary.

It reads its inputs from the environment, so that no shell ever reads them, writes the figures to a
file and to the summary of the job, and ends with the exit code of the command line.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from gapviz.commands.cli import main as command_line
from gapviz.commands.gate import ESTIMATE
from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_markdown, in_terminal
from gapviz.core.table import Column, Table
from gapviz.core.wording import interval
from gapviz.export.report.markdown import table_markdown

FIGURES = "gapviz-figures.json"
"""Name of the file, in the temporary folder of the job."""

NO_SOURCE = (2, "", "gapviz: no source is named; give the input source.\n")


def main() -> int:
    """Measure what the environment names; returns the exit code: 1 for a condition, 2 for input."""
    conditions = [line.strip() for line in _input("FAIL_IF").splitlines() if line.strip()]
    source = _input("SOURCE")
    arguments = [
        "measure",
        "--json",
        f"--strategy={_input('STRATEGY') or 'raw'}",
        *(f"--fail-if={condition}" for condition in conditions),
        "--",
        source,
    ]
    code, printed, told = _answered(arguments) if source.strip() else NO_SOURCE
    sys.stderr.write(told)
    lines = [line for line in told.splitlines() if line.strip()]
    why = in_terminal(lines[-1]) if code and lines else ""
    if why:
        print(f"::error title=gapviz::{_escaped(why)}")
    figures: Mapping[str, Any] = {}
    if printed.strip():
        figures = json.loads(printed)
        path = Path(os.environ.get("RUNNER_TEMP") or ".").resolve() / FIGURES
        path.write_text(printed, "utf-8")
        _append("GITHUB_OUTPUT", f"figures={path}\n")
        print(f"figures written to {in_terminal(str(path))}")
    _append("GITHUB_STEP_SUMMARY", summary(figures, conditions, why))
    return code


def summary(figures: Mapping[str, Any], conditions: list[str], why: str = "") -> str:
    """Markdown for the page of the job: the verdict, and every figure that has an interval.

    Args:
        figures: as `gapviz measure --json` gives them; none where nothing was measured.
        conditions: those that must not hold.
        why: what the command line said where it failed.
    """
    title = in_markdown(str(figures.get("collection", ""))) or "nothing measured"
    paragraphs = [f"### gapviz: {title}"]
    if why:
        paragraphs.append(f"**Failed.** {in_markdown(why)}")
    elif conditions:
        kept = ", ".join(map(in_markdown, conditions))
        paragraphs.append(f"**Passed.** None of these holds: {kept}.")
    if figures:
        paragraphs.append(
            f"Strategy {in_markdown(str(figures['strategy']))}, encoder "
            f"{in_markdown(str(figures['encoder']))}, {figures['n_items']:,} held-out items. "
            "The names are those of fail-if."
        )
        paragraphs.append(table_markdown(_table(figures)))
    return "\n\n".join(paragraphs) + "\n\n"


def _table(figures: Mapping[str, Any]) -> Table:
    return Table(
        "",
        [
            Column("figure", "figure", text=True),
            Column("value", "value"),
            Column("interval", "95 % interval", text=True),
        ],
        [
            [name, one.value, interval(one.low, one.high)]
            for name, one in _estimates(figures)
        ],
    )  # fmt: skip


def _estimates(figures: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Estimate]]:
    for key, value in figures.items():
        path = f"{name}.{key}" if name else key
        if isinstance(value, Mapping) and value.keys() == ESTIMATE:
            unknown = float("nan")
            yield path, Estimate(**{k: unknown if v is None else v for k, v in value.items()})
        elif isinstance(value, Mapping):
            yield from _estimates(value, path)


def _answered(arguments: list[str]) -> tuple[int, str, str]:
    """The exit code of the command line, and what it writes to each stream."""
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        try:
            code = command_line(arguments)
        except SystemExit as ended:  # as argparse ends what it cannot read
            code = int(ended.code or 0)
    return code, out.getvalue(), error.getvalue()


def _input(name: str) -> str:
    return os.environ.get(f"GAPVIZ_{name}", "")


def _append(variable: str, text: str) -> None:
    """To a file that GitHub names; nowhere outside of it."""
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _escaped(message: str) -> str:
    """As a workflow command takes it."""
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    sys.exit(main())
