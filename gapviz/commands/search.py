"""`gapviz search`: one query over a collection, under one strategy."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from gapviz.commands.hits import hit_lines, hits_json
from gapviz.commands.output import json_text
from gapviz.commands.source import Commands, add_source, chosen_item_query
from gapviz.commands.strategy import (
    add_fit,
    add_strategy,
    chosen_collection,
    chosen_strategy,
)
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.encoders import load_encoder
from gapviz.encoders.registry import is_dual_encoder
from gapviz.measures.experiment import Experiment
from gapviz.retrieval.index import Query, ResultList
from gapviz.retrieval.queries import caption_query
from gapviz.strategies import Strategy


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
    experiment = Experiment(collection, chosen, options.fit)
    query = _query(options, collection)
    found = experiment.index.search(query, options.results)
    if options.json:
        return json_text(_figures(collection, experiment.strategy, query.modality, found))
    return _lines(collection, experiment.strategy, query.modality, found)


def _query(options: argparse.Namespace, collection: Collection) -> Query:
    if options.item is not None:
        return chosen_item_query(options, collection)
    collection.modality("text")
    caption = caption_query(collection, options.text)
    if caption is not None:
        return caption
    if not is_dual_encoder(collection.encoder):
        raise GapvizError(
            f"was encoded by {collection.encoder[:80]!r}, which cannot encode a text here",
            where=collection.name,
            hint="name their model in --encoder, or search with --item ID",
        )
    vectors = load_encoder(collection.encoder).encode_texts([options.text])
    return Query(unit_rows(vectors, where="the query")[0], "text")


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
