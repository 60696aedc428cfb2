"""Live: what a vector store answers as it is configured, and what its approximation adds."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from gapviz.analyses.analysis import PROTOCOL, Analysis, Finding, Request
from gapviz.analyses.judged import FIGURE_TITLES, chosen_protocol
from gapviz.analyses.listed import LISTED
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure, interval, sentence, tenths
from gapviz.measures.live import (
    ASKING,
    LiveFigure,
    LiveMeasurement,
    measure_live,
    own_queries,
    paired_queries,
)
from gapviz.measures.retrieval.intervals import QUERIES_VARIED
from gapviz.measures.retrieval.judged import DEPTH, JUDGED_FIGURES
from gapviz.retrieval.live_lists import ExactBy, origin_of
from gapviz.sources.stores.read_only import opened_to_read
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import StoreSchema
from gapviz.strategies.fusion.ties import TIE_RULE

EXACT_WORDS: Mapping[ExactBy, str] = {
    "engine": "by the engine itself, which was told not to approximate",
    "scan": "by gapviz in one pass over all entries, since the engine cannot",
}
"""Who searched exactly, in a clause."""
OF_OTHER_USE = frozenset({"fusion", "licence"})
"""Kinds of departures of a store that no plain search meets."""
NO_INDEX = "No field has an approximate index here: the engine searches exactly."


def find_live(request: Request, progress: Progress) -> Finding:
    """The figures of the store that the collection was read from.

    Raises:
        GapvizError: the collection is from no store, or the store does not answer.
    """
    return live_finding(
        request.collection,
        progress,
        asking=request["asking"],
        protocol=request[PROTOCOL.name],
        seed=request.seed,
    )


def live_part(request: Request, progress: Progress) -> dict[str, Finding]:
    """`live_finding` by the name of the part, for an analysis that shows it beside its own.

    Where the store does not answer, a finding that says why.
    """
    try:
        return {"live": live_finding(request.collection, progress, seed=request.seed)}
    except GapvizError as error:
        return {
            "live": Finding(
                figures={"not_measured": error.sentence},
                title="The live index: not measured",
                readings=[error.sentence],
            )
        }


def live_finding(
    collection: Collection,
    progress: Progress,
    *,
    asking: int = ASKING,
    protocol: str | None = None,
    seed: int = DEFAULT_SEED,
) -> Finding:
    """The figures of the store that a collection was read from, beside exact search.

    Args:
        collection: read from a store.
        progress: told how far it is; may raise to stop.
        asking: the most queries of a modality.
        protocol: `judged`, `paired`, or None for the first of them that there is.
        seed: of the queries and of the bootstrap.

    Raises:
        GapvizError: as `measure_live`, `own_queries` and `opened_to_read`.
    """
    origin = origin_of(collection)
    chosen = chosen_protocol(collection, protocol)
    if protocol is None and collection.evaluation is not None and not collection.evaluation.vectors:
        chosen = "paired"
    queries = own_queries if chosen == "judged" else paired_queries
    evaluation = queries(collection, asking, seed)
    with opened_to_read(origin.address) as store:
        schema = store.schema()
        found = measure_live(store, collection, evaluation, seed=seed, progress=progress)
    departs = store_of(origin.address).departs
    known = [words for kind, words in departs.items() if kind not in OF_OTHER_USE]
    return Finding(
        figures=_figures(found, collection, schema, chosen),
        title=f"The live index {origin.address}: {_searched_by(schema)}, asked by {_asked(found)}",
        warnings=[*evaluation.notes, *known],
        readings=[
            *([NO_INDEX] if schema.searches_exactly else []),
            recall_reading(found),
            *_bias_readings(found),
            *_cross_readings(found),
        ],
        tables=[live_table(found)],
        protocol=live_protocol(found, schema, chosen),
        result=found,
    )


def recall_reading(found: LiveMeasurement) -> str:
    """How much of exact search the engine finds, in a sentence."""
    parts = [
        f"{figure(100 * one.value, 1)} % for {name}{' queries' * (name in found.neutral)}"
        for name, one in found.recalls.items()
    ]
    return f"Of the first {DEPTH} of exact search the engine has {', '.join(parts)}."


def _bias_readings(found: LiveMeasurement) -> list[str]:
    """What each query modality gets of its own, from the engine and from exact search."""
    told = []
    for (name, modality), one in found.figures.items():
        if name != "bias":
            continue
        neutral = found.neutral[modality]
        told.append(
            f"{modality.capitalize()} queries get {tenths(one.engine.value)} {modality} results in "
            f"their first {DEPTH} from the engine, {tenths(one.exact.value)} from exact search "
            f"(neutral: {tenths(neutral)}): {_added(one)}."
        )
    return told


def _cross_readings(found: LiveMeasurement) -> list[str]:
    """What one modality finds of another, in a sentence; nothing where no index approximates."""
    if not found.approximates:
        return []
    parts = [
        f"{asked} from {figure(one.exact.value)} to {figure(one.engine.value)} "
        f"({figure(one.difference.value, signed=True)}, 95 % interval "
        f"{interval(one.difference.low, one.difference.high)})"
        for (name, asked), one in found.figures.items()
        if name == "ndcg" and asked not in found.neutral
    ]
    words = f"Over one modality alone the approximate index takes NDCG@{DEPTH} of "
    return [f"{words}{'; of '.join(parts)}."] if parts else []


def _added(one: LiveFigure) -> str:
    change = one.difference
    if not change.value:
        return "the approximate index adds nothing to the gap"
    words = f"{figure(change.value, signed=True)} of bias"
    if isnan(change.low):
        return f"the approximate index adds {words}"
    ends = f"95 % interval {interval(change.low, change.high)}"
    if change.low <= 0 <= change.high:
        return f"what the approximate index adds is within chance ({words}, {ends})"
    return f"the approximate index adds {words} ({ends})"


def live_table(found: LiveMeasurement) -> Table:
    """Every figure of the engine, of exact search, and their difference; and the recall."""
    return Table(
        "",
        [
            Column("figure", "figure", text=True),
            Column("queries", "queries", text=True),
            Column("engine", "engine"),
            Column("exact", "exact search"),
            Column("difference", "the index adds", signed=True),
            Column("recall", f"R@{DEPTH} of exact", better="higher"),
        ],
        [
            [
                FIGURE_TITLES[name],
                asked,
                one.engine,
                one.exact,
                one.difference,
                found.recalls[asked],
            ]
            for (name, asked), one in found.figures.items()
        ],
        intervals=QUERIES_VARIED,
    )


def live_protocol(found: LiveMeasurement, schema: StoreSchema, protocol: str) -> str:
    """Who asks what, what is left out, how ties count, what the intervals are."""
    asks = (
        "Queries of one's own ask, and the items that their judgments call relevant are the answers"
        if protocol == "judged"
        else "Vectors of items ask, and the other half of the same item is the answer; the rows of "
        "that item in the modality of the query are left out"
    )
    figures = "; ".join(
        f"{FIGURE_TITLES[name]}: {JUDGED_FIGURES[name]}"
        for name in dict.fromkeys(name for name, _ in found.figures)
    )
    return sentence(
        f"{asks}. Searched: all {counted(schema.n_entries, 'entry', 'entries')} of the store, by "
        f"the engine as it is configured ({_searched_by(schema)}), and exactly, "
        f"{EXACT_WORDS[found.exact_by]}. {figures}. a → b: queries of a over b alone, in its "
        f"field or by a filter. R@{DEPTH} of exact: of the first {DEPTH} of exact search the "
        f"share that the engine has in its own first {DEPTH}. The index adds: engine minus exact "
        f"search, query by query. Ties: {TIE_RULE}. Intervals: {QUERIES_VARIED}, of recall "
        "Wilson's; the index is held as it is"
    )


def _figures(
    found: LiveMeasurement, collection: Collection, schema: StoreSchema, protocol: str
) -> dict[str, Any]:
    origin = origin_of(collection)
    by_asked = {
        asked: {
            "n_queries": found.n_queries[asked],
            "recall": recall,
            **({"neutral_bias": found.neutral[asked]} if asked in found.neutral else {}),
            **{name: one for (name, of), one in found.figures.items() if of == asked},
        }
        for asked, recall in found.recalls.items()
    }
    plain: dict[str, Any] = plain_json(
        {
            "collection": collection.name,
            "store": origin.address,
            "sample": origin.words,
            "n_entries": schema.n_entries,
            "searched_by": _searched_by(schema),
            "exact_by": found.exact_by,
            "protocol": protocol,
            "seed": found.seed,
            "queries": by_asked,
        }
    )
    return plain


def _asked(found: LiveMeasurement) -> str:
    parts = [f"{found.n_queries[name]:,} {name} queries" for name in found.neutral]
    return " and ".join(parts)


def _searched_by(schema: StoreSchema) -> str:
    """How the fields are searched, in the engine's words."""
    told = dict.fromkeys(one.index or "exact search" for one in schema.fields)
    return ", ".join(told) if not schema.searches_exactly else "exact search, without an index"


PARAMETERS = (
    PROTOCOL,
    Parameter(
        "asking",
        "Queries",
        "count",
        ASKING,
        "most queries that ask with each modality",
        low=10,
        flag="--most-queries",
    ),
)

ANALYSIS = Analysis(
    "live",
    LISTED["live"].help,
    "Ask a vector store as it is configured, with vectors of its own items or with queries of your "
    "own, and hold the answers against exact search over the same entries: bias, target hits and "
    "NDCG of both, and what the approximate index adds.",
    find_live,
    parameters=PARAMETERS,
    shared=("seed",),
)
