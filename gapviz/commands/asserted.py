"""The figures that a test can hold against a limit, each with its interval and what it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from gapviz.analyses.judged import chosen_protocol
from gapviz.analyses.scoreboard.given_runs import judged_run
from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_terminal
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.core.seeds import seeded_sample
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import Float64, Indices
from gapviz.core.wording import counted, sentence
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.cross import RECALL_DEPTHS
from gapviz.measures.retrieval.judged import DEPTH as LISTED
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.mixed import MAX_QUERIES, evaluate_mixed
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.retrieval.asked_index import Search, lists_from
from gapviz.retrieval.run import LIST_DEPTH


@dataclass(frozen=True, slots=True)
class Asserted:
    """A figure that is held against a limit."""

    title: str
    """What it is, and of what."""
    estimate: Estimate
    n: str
    """What it is made of, counted."""

    def failure(self, limit: float, *, at_most: bool, strict: bool) -> str | None:
        """Why the figure breaks the limit, in a sentence; None where it does not."""
        value, low, high = self.estimate.value, self.estimate.low, self.estimate.high
        if isnan(value):
            return sentence(f"{self.title} is unknown ({self.n})")
        end = low if at_most else high
        judged = value if strict or isnan(end) else end
        if judged <= limit if at_most else judged >= limit:
            return None
        side = "above" if at_most else "below"
        whole = "" if judged == value else ", and so is its whole interval"
        return sentence(f"{self.title} is {self.estimate}, {side} {limit:g}{whole} ({self.n})")


def gap_of(measured: Measurement) -> Asserted:
    """The distance of the centroids of the measured pair."""
    gap = measured.geometry.gap
    return Asserted(
        f"the gap of {'–'.join(measured.pair)} under {measured.strategy.label}",
        Estimate(gap.gap, gap.low, gap.high),
        _held_out(measured),
    )


def bias_of(measured: Measurement, query: str | None, k: int) -> list[Asserted]:
    """The share of the first k results with the query's modality, by query modality.

    At another depth than `DEPTH` queries alone vary in the interval.

    Raises:
        GapvizError: no such queries, or k below 1.
    """
    outcomes = measured.mixed
    if k != DEPTH:
        outcomes = evaluate_mixed(measured.collection, measured.strategy, k=k, seed=measured.seed)
    found = []
    for name in list(outcomes) if query is None else [_known(query, outcomes)]:
        one = outcomes[name]
        estimate = measured.bias[name] if k == DEPTH else _mean(one.own_share, one.items, measured)
        title = f"the bias rate@{k} of {name} queries under {measured.strategy.label}"
        found.append(Asserted(title, estimate, _asked(one.items.size, measured)))
    return found


def recall_of(measured: Measurement, query: str, answer: str, k: int) -> Asserted:
    """The share of queries whose match stands in the first k of an index of `answer` alone.

    At another depth than `RECALL_DEPTHS` queries alone vary in the interval.

    Raises:
        GapvizError: no such modalities, one modality twice, or k below 1.
    """
    way = (_known(query, measured.mixed), _known(answer, measured.mixed))
    if query == answer or k < 1:
        raise GapvizError(
            f"there is no recall@{k} of {query} queries for {answer}",
            hint="name two modalities, and k of at least 1",
        )
    outcome = measured.cross[way]
    estimate = (
        measured.recall[way][k]
        if k in RECALL_DEPTHS
        else _mean(outcome.recall(k), outcome.items, measured)
    )
    title = f"recall@{k} {query} → {answer} under {measured.strategy.label}"
    return Asserted(title, estimate, _asked(outcome.items.size, measured))


def lists_of_file(run: Path, collection: Collection, seed: int) -> JudgedMeasurement:
    """A run file, held against the judgments of a collection or else against its pairs.

    Raises:
        GapvizError: as `judged_run`.
    """
    judged = judged_run(run, collection, chosen_protocol(collection), seed=seed)
    return JudgedMeasurement(judged, seed=seed)


def lists_of_index(
    search: Search,
    collection: Collection,
    k: int,
    query: str | None,
    answer: str | None,
    seed: int,
) -> JudgedMeasurement:
    """What an index answers to the items of the evaluate split, or to all where there is none.

    The index holds the whole collection; of very many queries a seeded sample asks.

    Raises:
        GapvizError: as `lists_from`, no such modality, or nothing that could ask.
    """
    for name in filter(None, (query, answer)):
        collection.modality(name)
    if query is not None and answer is not None:
        collection = collection.of_modalities((query, answer))
    evaluation = paired_evaluation(collection)
    held_out = np.zeros(collection.n_items, dtype=np.bool_)
    members = collection.splits.get(EVALUATE, ())
    held_out[members if len(members) else slice(None)] = True
    asks = held_out[evaluation.own_item]
    if query is not None:
        asks &= evaluation.codes((query,)) == 0
    most = MAX_QUERIES * (1 if query else len(collection.modality_names))
    if not asks.any():
        raise GapvizError("no held-out item can ask", where=collection.name)
    asking = evaluation.subset(seeded_sample(np.flatnonzero(asks), most, seed))
    lists = lists_from(search, asking, collection, k=k)
    return JudgedMeasurement(Judged(lists, asking, Corpus.of(collection)), seed=seed)


def bias_of_lists(found: JudgedMeasurement, query: str | None, k: int) -> list[Asserted]:
    """`bias_of`, of lists that another index made.

    Raises:
        GapvizError: no such queries, another depth than `LISTED`, or results that do not say which
            row of their item was found.
    """
    run = found.judged.run
    _refuse_depth(k, (LISTED,), run.name)
    untold = int(((run.item >= 0) & (run.modality < 0)).sum())
    if untold:
        raise GapvizError(
            f"{untold:,} of {run.item.size:,} results do not say which row of their item was found",
            where=run.name,
            hint="return (id, modality), or write id#modality in a run",
        )
    return [
        Asserted(
            f"the bias rate@{k} of {name} queries of {in_terminal(run.name)}",
            found.estimate("bias", name),
            counted(found.n_queries[name], "query", "queries"),
        )
        for name in (found.modalities if query is None else [_known(query, found.modalities)])
    ]


def recall_of_lists(found: JudgedMeasurement, query: str, answer: str, k: int) -> Asserted:
    """The share of the matches that stands in the first k of lists that another index made.

    Raises:
        GapvizError: no such queries, or another depth than `LISTED` and `LIST_DEPTH`.
    """
    run = found.judged.run
    _refuse_depth(k, (LISTED, LIST_DEPTH), run.name)
    return Asserted(
        f"recall@{k} {_known(query, found.modalities)} → {answer} of {in_terminal(run.name)}",
        found.estimate(f"recall@{k}", query),
        counted(found.n_queries[query], "query", "queries"),
    )


def _refuse_depth(k: int, known: tuple[int, ...], name: str) -> None:
    if k not in known:
        told = " and ".join(map(str, known))
        raise GapvizError(f"lists are read at {told}, not {k}", where=name, hint="give that k")


def _mean(values: Float64, items: Indices, measured: Measurement) -> Estimate:
    return bootstrap_mean(values, items, seed=measured.seed)


def _known(modality: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    if modality not in known:
        raise GapvizError(
            f"no queries of modality {modality!r} were measured",
            hint=f"choose one of {', '.join(known)}",
        )
    return modality


def _asked(n: int, measured: Measurement) -> str:
    return f"{counted(n, 'query', 'queries')}, {_held_out(measured)}"


def _held_out(measured: Measurement) -> str:
    items = counted(measured.collection.n_items, "held-out item")
    return f"{items} of {in_terminal(measured.collection.name)}"
