"""`gapviz export`: a fitted strategy as files, with code for where it will run."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from gapviz.analyses.finding_text import text_of
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated, add_gate, gates_of
from gapviz.commands.parameters import add_parameters, chosen_values
from gapviz.commands.parser import OUTPUT, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_source, read_and_tell
from gapviz.commands.strategy import (
    add_shared,
    checked_collection,
    chosen_pair,
    chosen_strategy,
    refuse_strategy,
)
from gapviz.core.seeds import checked_seed
from gapviz.core.wording import counted
from gapviz.export.card import ExportCard
from gapviz.export.folder import CARD_FILE, export_strategy, load_exported, refuse_transductive
from gapviz.export.into_store import (
    Entries,
    Written,
    holds_one_vector,
    store_notes,
    writable_store,
    write_into,
)
from gapviz.export.matches import ExportedMatches, MatchSettings
from gapviz.export.snippets import snippets_of
from gapviz.measures.experiment import Experiment
from gapviz.measures.match_probability.answers import PRECISION
from gapviz.measures.match_probability.model import METHOD, PRIOR
from gapviz.sources.stores.registry import stores
from gapviz.storage.files import refuse_foreign_folder

MATCHES = (METHOD, PRIOR, PRECISION)
"""How it is learned which scores are matches."""


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "export",
        description="Fit a strategy, measure it, and write what it has learned, a card of its "
        "figures and of what its scores say of a match, and code for numpy, Qdrant, LanceDB, "
        "Milvus, PostgreSQL, Elasticsearch, OpenSearch and Mixpeek.",
    )
    add_source(command)
    add_shared(command, ("strategy", "fit", "pair", "seed"), None)
    add_parameters(command, MATCHES)
    group = options_of(command, OUTPUT)
    group.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where to write: the folder of the export",
    )
    add_gate(command)
    group.add_argument(
        "--to",
        metavar="ADDRESS",
        help="write the moved vectors into a new collection of a store as well, such as "
        f"{', '.join(one.example for one in stores() if one.writes is not None)}; a run that was "
        "stopped goes on, and a second one changes nothing",
    )
    command.set_defaults(run=run, goes_on=True)


def run(options: argparse.Namespace) -> Gated:
    """Fit, measure, write, and say what was written.

    Raises:
        GapvizError: bad input, or a disk that is full.
    """
    gates = gates_of(options)
    refuse_strategy(options)
    settings = MatchSettings(**chosen_values(options, MATCHES))
    if options.to is not None:
        writable_store(options.to)
    refuse_foreign_folder(options.out, marker=CARD_FILE, what="an exported strategy")
    collection = checked_collection(read_and_tell(options), options)
    pair, seed = chosen_pair(options), checked_seed(options.seed)
    strategy = chosen_strategy(options, collection, seed)
    refuse_transductive(strategy.spec)
    experiment = Experiment(collection, strategy, options.fit, pair, seed)
    notes = {} if options.to is None else store_notes(options.to)
    with progress_bar() as progress:
        progress(0.0, f"fitting and measuring {experiment.strategy.label}")
        card = export_strategy(experiment, options.out, settings, notes)
    written = None
    if options.to is not None:
        entries = Entries.of(
            load_exported(options.out), collection, single=holds_one_vector(options.to)
        )
        with progress_bar() as progress:
            written = write_into(options.to, entries, progress=progress)
    told = asdict(card) | {"folder": str(options.out)}
    figures = told if written is None else told | {"written": asdict(written)}
    if options.json:
        return gates.answer(lambda: json_text(figures), {"": figures})
    lines = _summary(card, options.out)
    lines += [] if written is None else [_written_told(written)]
    return gates.answer(text_of(lines), {"": figures})


def _summary(card: ExportCard, folder: Path) -> list[str]:
    before, after = card.figures_before, card.figures_after
    fitted = f"fitted on {card.fitted_items:,} items" if card.fitted_items else "nothing is fitted"
    lines = [
        f"{card.label}, {fitted}, measured on {card.measured_items:,}",
        f"gap        {_told(before['gap'])} → {_told(after['gap'])}",
    ]
    for name in card.modalities:
        changes = [
            f"{title} {_told(before[figure].get(name))} → {_told(after[figure].get(name))}"
            for title, figure in (("bias rate", "bias_at_10"), ("NDCG@10", "mixed_ndcg_at_10"))
        ]
        lines.append(f"{name:10} {', '.join(changes)}")
    lines += _matches_told(card.matches)
    lines += [f"warning    {warning}" for warning in card.warnings]
    snippets = snippets_of(card, load_exported(folder).strategy)
    lines.append(f"code       {', '.join(one.file for one in snippets if one.code)}")
    for note in dict.fromkeys(card.notes.values()):
        targets = ", ".join(target for target, one in card.notes.items() if one == note)
        lines.append(f"note       {targets}: {note}")
    return [*lines, f"written to {folder}"]


def _written_told(written: Written) -> str:
    """What was written into a store."""
    entries = counted(written.n_entries, "entry", "entries")
    new = f"{written.n_written:,} of them new" if written.n_written else "all there already"
    return f"holds      {written.address}: {entries}, {new}"


def _matches_told(matches: ExportedMatches | None) -> list[str]:
    """From which score on an answer is accepted, a line each way across the modalities."""
    found = []
    for one in matches.thresholds if matches else ():
        if one.chosen.query_modality == one.chosen.modality or matches is None:
            continue
        way = f"match      {one.chosen.query_modality} → {one.chosen.modality} accepted "
        if one.chosen.score is None:
            found.append(f"{way}never: no score reaches {matches.precision:.0%} precision")
            continue
        answered = f"{one.held_out_coverage or 0:.0%} of held-out queries answered"
        if one.held_out_precision is not None:
            answered += f", {one.held_out_precision:.0%} rightly"
        found.append(f"{way}from {_told({'value': one.chosen.score})} on: {answered}")
    return found


def _told(figure: dict[str, float | None] | None) -> str:
    value = (figure or {}).get("value")
    return "none" if value is None else f"{value:.3f}"
