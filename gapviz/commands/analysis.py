"""Every analysis as a command: its flags, its run, and what is printed; none has a file of its own.

What is particular to one stands in a table: the files it can write, in `gapviz.commands.files`.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.finding_text import finding_lines, text_of
from gapviz.commands.files import (
    OUT,
    WRITERS,
    WRITTEN,
    json_text,
    output_of,
    refuse_output,
)
from gapviz.commands.gate import Gated, Gates, add_gate, gates_of
from gapviz.commands.on_disk import add_stream, on_disk_of
from gapviz.commands.parameters import add_parameters, chosen_values
from gapviz.commands.parser import OUTPUT, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.search_lines import each_line, lines_asked, take_former_run
from gapviz.commands.source import Commands, add_source, other_models, read_and_tell
from gapviz.commands.strategy import (
    add_shared,
    checked_collection,
    chosen_pair,
    chosen_strategy,
    given_values,
    refuse_strategy,
)
from gapviz.core.plain_json import plain_json
from gapviz.core.seeds import checked_seed
from gapviz.storage.files import write_output
from gapviz.strategies import StrategyOptions


def add_analysis(commands: Commands, analysis: Analysis) -> None:
    """Add the command of an analysis with its options."""
    command = commands.add_parser(analysis.name, description=analysis.description)
    add_source(command)
    writers = WRITERS.get(analysis.name)
    own = [one for one in analysis.parameters if one.option != OUT]
    add_parameters(command, own)
    add_shared(command, analysis.shared, analysis.strategy)
    if writers:
        options_of(command, OUTPUT).add_argument(
            OUT,
            type=Path,
            metavar="FILE",
            help=f"where to write: {WRITTEN[analysis.name]}, a file that ends in "
            f"{', '.join(writers)}",
        )
    add_gate(command)
    if analysis.on_disk is not None:
        add_stream(command, analysis)
    command.set_defaults(run=partial(run, analysis), goes_on=analysis.goes_on)


def request_of(analysis: Analysis, options: argparse.Namespace) -> Request:
    """What the options ask of an analysis.

    Raises:
        GapvizError: bad input.
    """
    has = set(analysis.shared)
    values = chosen_values(options, analysis.parameters)
    seed = checked_seed(options.seed) if "seed" in has else Request.seed
    if "strategy" in has:
        refuse_strategy(options)
    pair = chosen_pair(options) if "pair" in has else None
    reading = read_and_tell(options)
    collection = checked_collection(reading, options)
    for parameter in analysis.parameters:
        if parameter.kind == "modality" and values[parameter.name] is not None:
            collection.modality(values[parameter.name])
    strategy = StrategyOptions()
    if "strategy" in has:
        strategy = chosen_strategy(options, collection, seed)
    request = Request(
        collection,
        values,
        strategy,
        given_values(options),
        options.fit if "fit" in has else "split",
        pair,
        seed,
        options.source,
        reading.collections if options.encoder is None else (collection,),
        partial(other_models, options, reading, collection),
    )
    return request.on_sample(options.most_items) if "most-items" in has else request


def run(analysis: Analysis, options: argparse.Namespace) -> Gated:
    """What to print, and the figures that a condition holds for.

    Raises:
        GapvizError: bad input, or a file that cannot be written.
    """
    if analysis.name == "search":
        take_former_run(options)
    gates = refused_early(options)
    asked = on_disk_of(analysis, options)
    if asked is not None and analysis.on_disk is not None:
        with progress_bar() as progress:
            return answer(analysis.on_disk(asked, progress), gates, options)
    lines = lines_asked(options)
    request = request_of(analysis, options)
    with progress_bar() as progress:
        if lines:
            finding = each_line(analysis, request, lines, progress)
        else:
            finding = analysis.answer(request, progress)
    return answer(finding, gates, options)


def refused_early(options: argparse.Namespace) -> Gates:
    """The conditions, once they and the file to write are known to be good.

    Raises:
        GapvizError: text that is no condition, or a file that could not be written.
    """
    gates = gates_of(options)
    out = output_of(options)
    if out is not None:
        refuse_output(out, tuple(WRITERS[options.command]))
    return gates


def answer(
    finding: Finding,
    gates: Gates,
    options: argparse.Namespace,
    written: str = "written to",
) -> Gated:
    """What to print of a finding, once its result is written, and which conditions hold.

    Raises:
        GapvizError: a file that cannot be written, or a condition on no figure.
    """
    out = output_of(options)
    writers = WRITERS.get(options.command, {})
    figures = finding.to_json() | ({"out": out and str(out)} if writers else {})
    lines = [*finding_lines(finding), *([f"{written} {out}"] if out else [])]
    text = json_text(figures) if options.json else text_of(lines)
    if out is not None:
        write_output(out, writers[out.suffix.lower()](finding.result))
    return gates.answer(text, plain_json(finding.gates) or {"": figures})
