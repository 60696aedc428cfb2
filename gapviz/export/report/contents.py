"""What a report says, before it is HTML, JSON or Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

import gapviz
from gapviz.analyses.advice.advice import Advice, cached_advice
from gapviz.analyses.advice.analysis import advice_finding, question
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.recommended import strategy_of
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.by_judgments import by_judgments
from gapviz.analyses.judged import protocol_words
from gapviz.analyses.measure import (
    all_diagnostics,
    change_reading,
    content_reading,
    plain_reading,
    tie_reading,
)
from gapviz.analyses.registry import analyses
from gapviz.analyses.scoreboard.analysis import board_finding, board_json
from gapviz.analyses.scoreboard.rows import Scoreboard
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import versioned
from gapviz.core.progress import Progress, no_progress
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.wording import counted, too_few
from gapviz.measures.experiment import measure
from gapviz.measures.measurement import Measurement
from gapviz.measures.projection.layout import Layout
from gapviz.measures.projection.project import project
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query, ResultList
from gapviz.strategies import StrategyOptions, usual_strategies
from gapviz.strategies.fusion.ties import TIE_RULE

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "Pillow")
MOST_DRAWN = 800
"""Points a modality in a plot; of more, a seeded sample."""
EXAMPLES, HITS = 3, 6
ADVICE_SHOWN = 5
DEEPEST = 6
"""Of headings."""


@dataclass(frozen=True, eq=False)
class Example:
    """One query and what two strategies answer."""

    item: int
    """Position in the measured collection's items."""
    modality: str
    """Of the query."""
    before: ResultList
    after: ResultList


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that a report shows."""

    date: date
    before: Measurement
    """Raw cosine."""
    after: Measurement
    """The strategy that is reported on."""
    board: Scoreboard
    advice: Advice
    layouts: tuple[Layout, ...]
    """PCA and, where there is a gap, the gap axis, of the measured items as encoded."""
    examples: tuple[Example, ...]
    versions: dict[str, str]
    compared: tuple[Measurement, ...] = ()
    """Raw cosine by other models of the same items, which the scoreboard shows as well."""
    further: Mapping[str, Finding] = field(default_factory=dict)
    """Of the analyses that ask for a section of their own, by name."""
    judged: Mapping[str, Finding] = field(default_factory=dict)
    """By judgments, where the collection has some, as `by_judgments` gives it."""

    @property
    def sections(self) -> dict[str, Finding]:
        """By the name of the analysis, in the order in which they are shown."""
        title = f"What to do: {question(self.advice.situation)}"
        doubt = too_few(self.collection.n_items)
        advice = advice_finding(self.advice, title, most=ADVICE_SHOWN)
        board = board_finding(self.board, by_model=False)
        columns = {one.strategy.label: one for one in (self.before, self.after)}
        return {
            "decide": advice if doubt is None else Finding(title=title, readings=[doubt]),
            **self.judged,
            "scoreboard": replace(board, title="Scoreboard"),
            "diagnostics": Finding(title="All diagnostics", tables=[all_diagnostics(columns)]),
            **self.further,
        }

    @property
    def collection(self) -> Collection:
        """The items that were measured."""
        return self.before.collection

    @property
    def changed(self) -> bool:
        """Whether a strategy is reported on, beside raw cosine."""
        return self.after.strategy.options != self.before.strategy.options

    @property
    def paragraphs(self) -> list[tuple[str, str]]:
        """What is said first: a few words for a start, or none, and the sentences."""
        before, strategy = self.before, self.after.strategy
        told = [("By pairs." * bool(self.judged), plain_reading(before))]
        told += [("By judgments.", one.readings[0]) for one in self.judged.values()]
        for one in (before, *self.compared):
            encoder = one.collection.encoder
            told += [(f"{encoder}.", doubt) for doubt in random_weights_warnings(encoder)]
        told += [("No content.", words) for words in [content_reading(before)] if words]
        if self.changed:
            told.append((f"{strategy.label}.", change_reading(before, self.after)))
        both = {one.strategy.label: tie_reading(one) for one in (before, self.after)}
        told += [(f"Ties, {label}.", words) for label, words in both.items() if words]
        for one in self.compared:
            words = plain_reading(one)
            told.append((f"{one.collection.encoder}, compared.", words))
        warnings = (*before.not_measured.values(), *strategy.warnings)
        return [*told, *(("Warning.", warning) for warning in warnings)]

    @property
    def protocol(self) -> tuple[str, ...]:
        """How the figures were made, one sentence each."""
        first, second = self.before.pair
        encoders = [one.collection.encoder for one in (self.before, *self.compared)]
        return (
            f"Covers the pair {first}–{second} of the modalities "
            f"{', '.join(self.collection.modality_names)}, by {' and '.join(encoders)}.",
            "Fitted on the calibrate split, measured on the "
            f"{counted(self.collection.n_items, 'item')} of the evaluate split; the gap "
            f"is that of {first} and {second}.",
            *self._protocols,
            f"A query's own entry is left out by its item. Ties: {TIE_RULE}.",
            f"Intervals: {INTERVAL_RULES[self.before.intervals]}; of the gap, the items vary.",
            "Bias lift = bias rate ÷ the share of the query's modality in the index; 1 is neutral.",
            "Imbalance = mean over query modalities of |lift − 1|; 0 is neutral.",
            f"Seed {self.before.seed}: the same inputs give the same report.",
        )

    @property
    def _protocols(self) -> list[str]:
        """Which figures are of which protocol, where there are two."""
        if not self.judged:
            return []
        sections = "The section “By judgments”"
        if self.advice.measured_by == "judged":
            sections += " and what to do"
        n = self.judged_queries
        return [
            f"{sections}: {protocol_words('judged', n)}.",
            f"All other figures of retrieval: {protocol_words('paired')}.",
        ]

    @property
    def judged_queries(self) -> int:
        """How many judged queries were measured."""
        found = (one.result for one in self.judged.values() if one.result is not None)
        return sum(one.n_queries for one in found)

    def to_json(self) -> dict[str, Any]:
        """Plain values; a figure that is not known is None."""
        board = board_json(self.board)
        figures = {
            "date": self.date.isoformat(),
            "versions": self.versions,
            "seed": self.before.seed,
            "pair": list(self.before.pair),
            "compared": [one.to_json() for one in self.compared],
            "protocol": list(self.protocol),
            "raw": self.before.to_json(),
            "strategy": self.after.to_json(),
            "scoreboard": board["rows"],
            "left_out": board["left_out"],
            "advice": self.advice.to_json(),
            "examples": [self._example_json(example) for example in self.examples],
            **{
                name: finding.to_json() for name, finding in {**self.judged, **self.further}.items()
            },
        }
        return versioned(figures)

    def _example_json(self, example: Example) -> dict[str, Any]:
        items = self.collection.items

        def listed(found: ResultList) -> list[dict[str, Any]]:
            return [{"item": items[h.item].id, "modality": h.modality} for h in found.hits]

        return {
            "item": items[example.item].id,
            "modality": example.modality,
            "raw": listed(example.before),
            "raw_match_rank": example.before.match_rank,
            "strategy": listed(example.after),
            "strategy_match_rank": example.after.match_rank,
        }


def report_on(
    evidence: Evidence,
    *,
    situation: Situation | None = None,
    compare: Sequence[Collection] = (),
    options: StrategyOptions | None = None,
    strategies: Sequence[str] = usual_strategies(),
    on: date | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Gather what a report shows of what can be measured on a collection.

    Args:
        evidence: the collection, the pair and the seed, with what the advisor may ask besides.
        situation: what is searched, and what can be changed; a mixed index whose entries can be
            changed unless given.
        compare: the same items by other models: rows of their own in the scoreboard.
        options: the strategy to report on; the first that the advisor finds better unless given,
            raw cosine where there is none.
        strategies: the rows of the scoreboard.
        on: the date it carries; see `report_date`.
        progress: told of each stage; may raise to cancel.

    Raises:
        GapvizError: a model to compare with of other modalities, or a split that is missing or
            empty.
    """
    for one in compare:
        ours, theirs = (sorted(each.modality_names) for each in (evidence.collection, one))
        if ours != theirs:
            raise GapvizError(
                f"has vectors of {', '.join(theirs)}, and {evidence.collection.encoder} of "
                f"{', '.join(ours)}",
                where=one.encoder,
                hint="compare with a model of the same modalities",
            )
    raw, seed = evidence.raw, evidence.seed
    asked = situation or Situation("mixed", "index", found=evidence.pair[0])
    advice = cached_advice(evidence, asked).compute(_part(progress, 0.0, 0.5))
    board = ScoreboardRequest(
        {one.encoder: one for one in (evidence.collection, *compare)},
        [StrategyOptions(name) for name in strategies],
        seed,
    ).compute(_part(progress, 0.5, 0.95))
    after = evidence.measured(options or strategy_of(advice))
    return Report(
        date=on or report_date(),
        before=raw,
        after=after,
        board=board,
        advice=advice,
        layouts=_layouts(raw, seed),
        examples=_examples(raw, after, seed),
        versions={
            "gapviz": gapviz.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        judged=by_judgments(
            Request(evidence.collection, strategy=after.strategy.options, seed=seed),
            _part(progress, 0.95, 0.97),
        ),
        compared=tuple(measure(one, pair=evidence.pair, seed=seed) for one in compare),
        further={
            name: analysis.find(
                Request(
                    evidence.collection,
                    analysis.usual(),
                    strategy=after.strategy.options,
                    asked_pair=evidence.pair,
                    seed=seed,
                    read_measurement=evidence.measured,
                ),
                _part(progress, 0.97, 1.0),
            )
            for name, analysis in analyses().items()
            if analysis.in_report
        },
    )


def report_date(text: str | None = None) -> date:
    """The date `text` (YYYY-MM-DD), else that of `SOURCE_DATE_EPOCH`, else today (UTC).

    Raises:
        GapvizError: neither is a date.
    """
    epoch = os.environ.get(EPOCH_VARIABLE)
    try:
        if text is not None:
            return date.fromisoformat(text)
        if epoch:
            return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError):
        given = text if text is not None else f"{EPOCH_VARIABLE}={epoch}"
        raise GapvizError(
            f"{given[:40]!r} is not a date", hint="write for instance 2026-01-31"
        ) from None
    return datetime.now(UTC).date()


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, stage: progress(start + share * (end - start), stage)


def _layouts(raw: Measurement, seed: int) -> tuple[Layout, ...]:
    rng = np.random.default_rng(seed)
    vectors = {name: raw.collection.modality(name).corpus.vectors for name in raw.pair}
    rows = {
        name: np.sort(rng.permutation(len(block))[:MOST_DRAWN]) for name, block in vectors.items()
    }
    layouts = [project(vectors, method="pca", rows=rows, seed=seed)]
    with suppress(GapvizError):  # no gap, and so no axis along it
        layouts.append(project(vectors, method="gap_axis", rows=rows, between=raw.pair, seed=seed))
    return tuple(layouts)


def _examples(raw: Measurement, after: Measurement, seed: int) -> tuple[Example, ...]:
    """Seeded queries of the second modality of the pair, each of an item with both."""
    collection, modality = raw.collection, raw.pair[1]
    block = collection.modality(modality).queries
    partner = collection.modality(raw.pair[0]).corpus.item_index
    rows = np.flatnonzero(np.isin(block.item_index, partner))
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:EXAMPLES])
    return tuple(
        Example(
            int(block.item_index[row]),
            modality,
            *(
                ExactIndex.of(collection, one.strategy).search(
                    Query(block.vectors[row], modality, int(block.item_index[row])), HITS
                )
                for one in (raw, after)
            ),
        )
        for row in chosen
    )
