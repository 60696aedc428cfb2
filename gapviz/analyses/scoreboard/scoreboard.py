"""Every strategy against every other, held out: bias beside quality beside cost.

Fitted on the calibrate split of each model's collection. Where that has queries with judgments,
those that evaluate ask the whole of it (`Experiment.judged`), and runs of other systems stand
beside; else the evaluate split is measured by the protocols of `evaluate_mixed`, `evaluate_cross`
and `evaluate_within`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, count, product

from gapviz.analyses.judged import Protocol, chosen_protocol, has_judgments
from gapviz.analyses.scoreboard.bench import Bench, run_row
from gapviz.analyses.scoreboard.front import pareto_front
from gapviz.analyses.scoreboard.given_runs import asked_of_runs
from gapviz.analyses.scoreboard.rows import (
    Entry,
    Judging,
    LeftOut,
    Scoreboard,
    ScoreRow,
    front_shares,
)
from gapviz.core.collection import Collection
from gapviz.core.lazy import cached_property
from gapviz.core.not_measured import not_measured
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import EVALUATE
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.threads import ROWS_OF_ONE_THREAD, one_blas_thread
from gapviz.storage.background import AT_ONCE
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import StrategyOptions, strategy_spec

KIND = "scoreboards"

# Raise it when the same request would give other figures or other warnings.
REVISION = 9


@dataclass(frozen=True, eq=False)
class ScoreboardRequest:
    """What to measure: every strategy on the vectors of every model.

    Rows are cached on disk one by one, so that only what is new is measured.
    """

    collections: Mapping[str, Collection]
    """By model, each with a calibrate and an evaluate split."""
    options: Sequence[StrategyOptions]
    seed: int = DEFAULT_SEED
    asked_protocol: Protocol | None = None
    """Unless one is asked for, by judgments where every collection has some."""
    runs: Sequence[Judged] = ()
    """Rankings that other systems made, held against the same queries; see `given_runs`."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """By model, what the progress calls it where it has another name."""

    @property
    def n_rows(self) -> int:
        """Rows it will have, those left out among them."""
        return len(self.collections) * len(self.options) + len(self.runs)

    @cached_property
    def protocol(self) -> Protocol:
        """What stands behind its figures.

        Raises:
            GapvizError: judgments are asked for, and a collection has none.
        """
        asked = self.asked_protocol
        if asked is None and not all(map(has_judgments, self.collections.values())):
            asked = "paired"
        return {chosen_protocol(one, asked) for one in self.collections.values()}.pop()

    @property
    def name(self) -> str:
        """Unlike that of any other scoreboard."""
        keys = [[model, row.key] for model, rows in self._rows.items() for row in rows]
        runs = [row.key for row in self._run_rows()]
        return f"{KIND}/{content_key(rows=keys, runs=runs)}"

    def get(self) -> Scoreboard | None:
        """The scoreboard, if every row of it is cached."""
        entries = []
        for row in [*chain(*self._rows.values()), *self._run_rows()]:
            entry = row.get()
            if entry is None:
                return None
            entries.append(entry)
        return self._assembled(entries)

    def so_far(self) -> Scoreboard | None:
        """The rows that are cached, none of them on a front yet; None where there are none."""
        entries = [row.get() for row in [*chain(*self._rows.values()), *self._run_rows()]]
        board = self._assembled(entries)
        return board if board.rows else None

    def compute(self, progress: Progress | None = None) -> Scoreboard:
        """The scoreboard; rows that are not cached are measured now.

        Args:
            progress: told after every strategy; may raise to cancel.

        Raises:
            GapvizError: a split that is missing, or an unknown strategy.
        """
        report, rows = progress or no_progress, self._rows
        told, done = threading.Lock(), count(1)

        def measure(model: str) -> list[Entry]:
            entries = []
            for chosen, row in zip(self.options, rows[model], strict=True):
                entries.append(row.compute())
                with told:
                    share = next(done) / self.n_rows
                    of_model = self.titles.get(model, model)
                    report(share, f"{strategy_spec(chosen.name).title}, {of_model}")
            return entries

        small = [
            model
            for model, collection in self.collections.items()
            if collection.n_rows <= ROWS_OF_ONE_THREAD
            and any(row.get() is None for row in rows[model])
        ]
        found = {}
        if small:
            # One thread does a small problem sooner than two, and two do two problems sooner.
            waiting = partial(report, 0.0, "waiting for another scoreboard")
            with one_blas_thread(waiting), ThreadPoolExecutor(min(AT_ONCE, len(small))) as threads:
                found = dict(zip(small, threads.map(measure, small), strict=True))
        for model in self.collections:
            if model not in found:
                found[model] = measure(model)
        entries = [entry for model in self.collections for entry in found[model]]
        for run, row in zip(self.runs, self._run_rows(), strict=True):
            entries.append(row.compute())
            report(next(done) / self.n_rows, run.run.name)
        return self._assembled(entries)

    @cached_property
    def _rows(self) -> dict[str, list[CachedResult[Entry]]]:
        """By model: the entry of each strategy, which is stored under no model's name."""
        rows: dict[str, list[CachedResult[Entry]]] = {}
        for model, collection in self.collections.items():
            bench = Bench(Experiment(collection, seed=self.seed), self.protocol)
            rows[model] = [
                CachedResult(
                    KIND,
                    row_key(collection, chosen, self.seed, self.protocol),
                    Entry,
                    partial(bench.entry, chosen),
                )
                for chosen in self.options
            ]
        return rows

    def _run_rows(self) -> list[CachedResult[Entry]]:
        """The entry of each run."""
        return [
            CachedResult(
                KIND,
                content_key(
                    run=one.run,
                    queries=one.evaluation,
                    corpus=one.corpus.counts,
                    seed=self.seed,
                    revision=REVISION,
                ),
                Entry,
                partial(run_row, one, self.seed),
            )
            for one in self.runs
        ]

    def _assembled(self, entries: Sequence[Entry | None]) -> Scoreboard:
        """The scoreboard of these entries, with its front once all of them are there."""
        asked = list(product(self.collections, self.options))
        made = [(one, entry) for one, entry in zip(asked, entries, strict=False) if entry]
        rows = [replace(entry.row, model=model) for (model, _), entry in made if entry.row]
        # A run is of no model: it stands with the rows of the first.
        first = next(iter(self.collections))
        of_runs = filter(None, entries[len(asked) :])
        rows += [replace(one.row, model=first) for one in of_runs if one.row]
        return Scoreboard(
            _on_front(rows) if all(entries) else tuple(rows),
            tuple(LeftOut(*asked, entry.reason) for asked, entry in made if not entry.row),
            self._n_items,
            self.seed,
            {name: not_measured(one) for name, one in self.collections.items()},
            self.protocol,
            self._judging,
        )

    @property
    def _n_items(self) -> dict[str, int]:
        if self.protocol == "judged":
            return {name: one.n_items for name, one in self.collections.items()}
        return {name: len(one.splits.get(EVALUATE, ())) for name, one in self.collections.items()}

    @property
    def _judging(self) -> dict[str, Judging]:
        if self.protocol == "paired":
            return {}
        return {
            name: Judging.of(asked_of_runs(one, self.seed))
            for name, one in self.collections.items()
        }


def _on_front(rows: Sequence[ScoreRow]) -> tuple[ScoreRow, ...]:
    """The same rows, told which are on the front, and how surely."""
    competes = [not row.transductive and not row.by_item for row in rows]
    front = pareto_front([(row.imbalance.value, row.mean_ndcg.value) for row in rows], competes)
    return tuple(
        replace(row, pareto=on, on_front=share)
        for row, on, share in zip(rows, front, front_shares(rows, competes), strict=True)
    )


def row_key(
    collection: Collection, options: StrategyOptions, seed: int, protocol: Protocol = "paired"
) -> str:
    """Hash of everything that one row depends on."""
    return content_key(
        collection=collection.content_hash,
        options=options.plain(),
        seed=seed,
        protocol=protocol,
        revision=REVISION,
    )
