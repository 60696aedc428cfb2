"""`gapviz search`: one query over a collection, under one strategy."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from gapviz.commands.hits import hit_lines, hits_json
from gapviz.commands.output import json_text
from gapviz.commands.source import Commands, add_source, chosen_item
from gapviz.commands.strategy import (
    add_fit,
    add_strategy,
    chosen_collection,
    chosen_strategy,
)
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.vectors import Float32, unit_rows
from gapviz.encoders import load_encoder
from gapviz.encoders.registry import is_dual_encoder
from gapviz.measures.measurement import fit_and_measured
from gapviz.retrieval.search import ResultList, search
from gapviz.strategies import Strategy, fit_strategy


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "search",
        help="search a collection with a text or one of its items",
        description="Search every vector of a collection, all modalities mixed, with a text or "
        "with one of its items.",
    )
    add_source(command)
    command.add_argument("text", nargs="?", help="what to search for; or give --item")
    command.add_argument("--item", metavar="ID", help="search with an item of the collection")
    command.add_argument(
        "--with",
        dest="asks",
        metavar="MODALITY",
        help="the modality of --item that asks (default: its last)",
    )
    command.add_argument(
        "-k", "--results", type=int, default=10, metavar="K", help="how many (default: 10)"
    )
    add_strategy(command)
    add_fit(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """What to print.

    Raises:
        GapvizError: bad input, or a text where the encoder of the vectors is not known.
    """
    if (options.text is None) == (options.item is None):
        raise GapvizError("a search needs one query", hint="give a text, or --item ID")
    chosen = chosen_strategy(options)
    collection = chosen_collection(options, chosen)
    fitted_on, _ = fit_and_measured(collection, options.fit)
    strategy = fit_strategy(chosen, fitted_on)
    vector, modality, item = _query(options, collection)
    found = _search(collection, strategy, vector, modality, item, options.results)
    if options.json:
        return json_text(_figures(collection, strategy, modality, found))
    return _lines(collection, strategy, modality, found)


def _query(options: argparse.Namespace, collection: Collection) -> tuple[Float32, str, int | None]:
    """The query's unit row, its modality, and its item where it has one."""
    if options.item is not None:
        position = chosen_item(options, collection)
        modality = options.asks or collection.modality_names[-1]
        block = collection.modality(modality).queries
        rows = np.flatnonzero(block.item_index == position)
        if not rows.size:
            raise GapvizError(
                f"item {options.item[:80]!r} has no {modality} vector",
                where=collection.name,
                hint="name another modality in --with",
            )
        return block.vectors[rows[0]], modality, position
    collection.modality("text")
    if not is_dual_encoder(collection.encoder):
        raise GapvizError(
            f"was encoded by {collection.encoder[:80]!r}, which cannot encode a text here",
            where=collection.name,
            hint="name their model in --encoder, or search with --item ID",
        )
    vectors = load_encoder(collection.encoder).encode_texts([options.text])
    return unit_rows(vectors, where="the query")[0], "text", None


def _search(
    collection: Collection,
    strategy: Strategy,
    vector: Float32,
    modality: str,
    item: int | None,
    k: int,
) -> ResultList:
    corpus = corpus_rows(collection, strategy)
    scoring = None
    if strategy.scoring is not None:
        scoring = strategy.scoring.prepare(corpus, query_rows(collection, strategy))
    moved = strategy.transform(vector[None, :], modality)[0]
    return search(corpus, moved, modality, k=k, item=item, fusion=strategy.fusion, scoring=scoring)


def _figures(
    collection: Collection, strategy: Strategy, modality: str, found: ResultList
) -> dict[str, Any]:
    return {
        "collection": collection.name,
        "encoder": collection.encoder,
        "strategy": strategy.spec.name,
        "query_modality": modality,
        "bias": None if np.isnan(found.bias) else found.bias,
        "corpus_share": None if np.isnan(found.corpus_share) else found.corpus_share,
        "match_rank": found.match_rank,
        "hits": hits_json(collection, found),
    }


def _lines(collection: Collection, strategy: Strategy, modality: str, found: ResultList) -> str:
    lines = [f"strategy  {strategy.label}"]
    lines += [f"warning   {warning}" for warning in strategy.warnings]
    lines += hit_lines(collection, found)
    lines.append(
        f"bias      {found.bias:.0%} of the results are {modality}, as are "
        f"{found.corpus_share:.0%} of the index"
    )
    if found.match_rank is not None:
        lines.append(f"match     at rank {found.match_rank}")
    return "\n".join(lines)
