"""`gapviz rehearse`: what a swap of the encoder does, before it is made."""

from __future__ import annotations

import argparse

from gapviz.analyses.finding_text import finding_lines, text_of
from gapviz.analyses.rehearse import rehearsal_finding
from gapviz.commands.console import note
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated, add_gate, gates_of
from gapviz.commands.limits import add_limit, limits_of
from gapviz.commands.parser import ASKED, SOURCE, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_encoder, add_json
from gapviz.commands.strategy import (
    add_shared,
    chosen_pair,
    chosen_strategy,
    refuse_strategy,
)
from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.core.same_items import is_numbered, items_in_both
from gapviz.core.seeds import checked_seed
from gapviz.export.folder import refuse_transductive
from gapviz.measures.rehearsal import Rehearsal
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.library.named import read_by_name


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "rehearse",
        description="Take the same items as two models encoded them: the strategy fitted on the "
        "old vectors and applied to the new ones, fitted again, its thresholds, what Decide "
        "recommends under each, and an index in which half of the rows are still old.",
    )
    command.add_argument(
        "old", metavar="OLD", help="the items as the present model encoded them: any source"
    )
    command.add_argument(
        "new",
        nargs="?",
        metavar="NEW",
        help="the same items, under the same ids, by the next model (default: the same source, "
        "by --new-encoder)",
    )
    source = options_of(command, SOURCE)
    add_encoder(source)
    source.add_argument(
        "--new-encoder",
        type=one_line,
        metavar="NAME",
        help="the next encoder: whose vectors to take as the new ones, where their source holds "
        "several",
    )
    add_shared(command, ("strategy", "fit", "pair", "seed"), None)
    options_of(command, ASKED).add_argument(
        "--no-decide",
        action="store_true",
        help="do not ask what is recommended under each model, which takes longest",
    )
    add_limit(command)
    add_gate(command)
    add_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """Read both, measure, and say what must be done.

    Raises:
        GapvizError: bad input, or no items that both have.
    """
    gates = gates_of(options)
    refuse_strategy(options)
    pair, seed = chosen_pair(options), checked_seed(options.seed)
    if options.new is None and options.new_encoder is None:
        raise GapvizError(
            "there is nothing to compare with",
            hint="name the source of the new vectors, or --new-encoder",
        )
    limits = limits_of(options)
    with progress_bar() as progress:
        source = options.old if options.new is None else options.new
        asked = ((options.old, options.encoder), (source, options.new_encoder))
        old, new = (
            read_by_name(
                one, ReadOptions(encoder=encoder, limits=limits, progress=progress)
            ).encoded_by(encoder)
            for one, encoder in asked
        )
    for one in (old, new):
        one.refuse_without_vectors()
    if old.n_items != new.n_items and is_numbered(old) and is_numbered(new):
        note(
            f"{old.name} has {old.n_items:,} rows and {new.name} {new.n_items:,}, and neither has "
            "ids: row i of one is taken for row i of the other"
        )
    old, new = items_in_both(old, new)
    strategy = chosen_strategy(options, old, seed)
    refuse_transductive(strategy.spec)
    rehearsal = Rehearsal(old, new, strategy, options.fit, pair, seed)
    with progress_bar() as progress:
        finding = rehearsal_finding(rehearsal, decide=not options.no_decide, progress=progress)
    figures = finding.to_json()
    text = json_text(figures) if options.json else text_of(finding_lines(finding))
    return gates.answer(text, {"": figures})
