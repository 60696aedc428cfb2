"""`gapviz prove`: whether the engine that serves an export answers as was measured."""

from __future__ import annotations

import argparse
from pathlib import Path

from gapviz.analyses.finding_text import paragraph, table_lines, text_of
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated, add_gate, gates_of
from gapviz.commands.parser import ASKED, OUTPUT, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_source, read_and_tell
from gapviz.commands.strategy import add_shared
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import checked_seed
from gapviz.core.splits import CALIBRATE
from gapviz.core.wording import figure
from gapviz.export.card import ExportCard
from gapviz.export.folder import load_exported
from gapviz.measures.proof.evidence import QUERIES
from gapviz.measures.proof.proof import PROTOCOL, Proof, prove
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.library.named import stored_under
from gapviz.sources.stores.registry import open_store, store_of, stores

CARD_FIGURES = {
    "bias_at_10": "bias rate",
    "mixed_recall_at_10": "hit rate@10",
    "mixed_ndcg_at_10": "NDCG@10",
}
"""Of a card, what `prove` repeats, and its title."""


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "prove",
        description="Ask held-out queries of an engine into which `gapviz export --to` wrote, hold "
        "its lists and figures against those in memory, and say where they depart and why.",
    )
    command.add_argument(
        "export", type=Path, metavar="FOLDER", help="the folder that `gapviz export` wrote"
    )
    asked = options_of(command, ASKED)
    asked.add_argument(
        "--on",
        required=True,
        nargs="+",
        metavar=("ADDRESS", "SOURCE"),
        help="the collection of a vector store: into which `gapviz export --to` wrote, such as "
        f"{', '.join(one.example for one in stores())}; "
        "the source may follow here as well",
    )
    add_source(command, optional=True)
    asked.add_argument(
        "--most-queries",
        type=int,
        default=QUERIES,
        metavar="N",
        help=f"most queries that ask with each modality (default: {QUERIES})",
    )
    add_shared(command, ["seed"])
    add_gate(command)
    options_of(command, OUTPUT).add_argument(
        "--strict", action="store_true", help="exit with code 1 where the engine departs"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """Ask, compare, and say what departs.

    Raises:
        GapvizError: bad input, or a store that does not answer.
    """
    gates = gates_of(options)
    # A source behind the flag is no positional argument to argparse.
    address, *behind = options.on
    if len(behind) > 1 or (behind and options.source is not None):
        raise GapvizError("takes one address and one source", where="--on")
    options.source = behind[0] if behind else options.source
    store_of(address)
    if options.most_queries < 1:
        raise GapvizError("asks no queries", where="--most-queries", hint="ask at least 1")
    seed = checked_seed(options.seed)
    exported = load_exported(options.export)
    collection = _collection(options, exported.card)
    known = collection.of_modalities(exported.card.modalities)
    with open_store(address) as store, progress_bar() as progress:
        proof = prove(
            known,
            exported.strategy,
            store,
            seed=seed,
            queries=options.most_queries,
            progress=progress,
        )
    told = {name: exported.card.figures_after[name] for name in CARD_FIGURES}
    figures = proof.to_json() | {"exported_figures": told}
    text = json_text(figures) if options.json else text_of(_lines(proof, exported.card))
    answer = gates.answer(text, {"": figures})
    causes = tuple(f"{one.title.lower()} ({one.found:,} of {one.of:,})" for one in proof.causes)
    return Gated(answer.text, (*answer.broken, *causes)) if options.strict else answer


def _collection(options: argparse.Namespace, card: ExportCard) -> Collection:
    """The source that was exported: the one that is named, or the one that the card names.

    Raises:
        GapvizError: none is named and none is known, or it is another one.
    """
    if options.source is None:
        for encoder in BUILTIN_ENCODERS:
            found = builtin_collection(encoder)
            if (found.name, found.encoder) == (card.collection, card.encoder):
                return found
        options.source = card.collection
        if stored_under(options.source) is None:
            raise GapvizError(
                "the collection that was exported is not known here",
                where=str(options.export),
                hint="name it as well: gapviz prove FOLDER --on ADDRESS SOURCE",
            )
    collection = read_and_tell(options).encoded_by(options.encoder)
    fitted = collection if card.fitted_split == "all" else collection.split(CALIBRATE)
    if fitted.content_hash != card.fitted_hash:
        raise GapvizError(
            f"is not the collection that was exported ({card.collection}, by {card.encoder})",
            where=collection.name,
            hint="name the source that was given to `gapviz export`",
        )
    return collection


def _lines(proof: Proof, card: ExportCard) -> list[str]:
    lines = [f"{proof.strategy}, {proof.n_entries:,} entries of {proof.address}"]
    lines += paragraph(proof.reading)
    for table in proof.tables:
        lines += ["", *table_lines(table)]
    told = f"Measured when it was exported, on held-out items alone: {_told(card)}."
    lines += ["", *paragraph(told)]
    for cause in proof.causes:
        lines += ["", *paragraph(f"{cause.title}: {cause.sentence}")]
    lines += ["", *paragraph(proof.answers)]
    for note in proof.notes:
        lines += paragraph(note)
    return [*lines, "", *paragraph(PROTOCOL)]


def _told(card: ExportCard) -> str:
    """The figures of an export, a query modality after the other."""
    known = []
    for key, title in CARD_FIGURES.items():
        for name, told in card.figures_after[key].items():
            if told.get("value") is not None:
                known.append(f"{title} {name} {figure(told['value'])}")
    return ", ".join(known)
