"""Every strategy against every other, on held-out items: bias beside quality beside cost.

Fitted on the calibrate split, measured on the evaluate split of each model's collection; the
protocols are those of `evaluate_mixed`, `evaluate_cross` and `evaluate_within`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, product
from math import nan

import numpy as np

from gapviz.core.collection import EVALUATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.labels import is_labelled
from gapviz.core.lazy import cached_property
from gapviz.core.not_measured import not_measured
from gapviz.core.progress import Progress, no_progress
from gapviz.core.rows import corpus_rows, rows_of_one
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.table_html import html_table
from gapviz.core.vectors import Float64
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.costs import bytes_per_item, query_operations
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.threads import ROWS_OF_ONE_THREAD, one_blas_thread
from gapviz.measures.retrieval.within import evaluate_within
from gapviz.storage.background import AT_ONCE
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import StrategyOptions, strategy_spec, unavailable_reason

KIND = "scoreboards"

# Raise it when the same request would give other figures or other warnings.
REVISION = 8

FRONT_DRAWS = 1_000


@dataclass(frozen=True, eq=False)
class ScoreRow:
    """One strategy on the vectors of one model; estimates carry 95 % intervals."""

    model: str
    options: StrategyOptions
    title: str
    """The strategy with the parameters that matter."""
    bias: Mapping[str, Estimate]
    """Bias@10 by query modality."""
    lift: Mapping[str, Estimate]
    """Bias lift@10 by query modality; 1 is neutral."""
    ndcg: Mapping[str, Estimate]
    """NDCG@10 of the match in the mixed index by query modality; of the query's item, which is
    another protocol, where a strategy ranks items."""
    mrr: Mapping[str, Estimate]
    """Its mean reciprocal rank."""
    recall: Mapping[tuple[str, str], Mapping[int, Estimate]]
    """Cross-modal recall@1/5/10 by direction (source, target)."""
    mean_average_precision: Mapping[str, Estimate]
    """Within each modality, over items that share a label; NaN where none do."""
    imbalance: Estimate
    """Mean over the query modalities of |lift − 1|; 0 is neutral. See `bootstrap_imbalance`."""
    mean_ndcg: Estimate
    """Mean of `ndcg` over the query modalities."""
    bytes_per_item: float
    query_operations: int
    """Multiply-adds a query, by exact search."""
    transductive: bool
    by_item: bool
    """True where items are ranked, not rows: its bias and NDCG are of another protocol."""
    warnings: tuple[str, ...]
    """What the fit should be doubted for, as `Strategy.warnings`."""
    split_warnings: tuple[str, ...]
    """Of `warnings`, those that speak against the split of the model's collection."""
    chance_ndcg: float
    """`mean_ndcg` where all entries score alike."""
    ties_carry: Mapping[str, tuple[float, float]]
    """Figures that the order of equal scores moves: with every tie lost, and with every tie won."""
    deviations: Mapping[str, Float64]
    """Of `imbalance` and mean `ndcg` in the parts of the data; see `Replicates.deviations`."""
    pareto: bool = False
    """True where no other row is both lower in imbalance and higher in NDCG. A transductive row,
    or one that ranks items, is never on that front, and keeps none off it."""
    on_front: float = nan
    """In which share of samples like this one it would be on that front; NaN where it never is."""

    @property
    def own_warnings(self) -> tuple[str, ...]:
        """Those of `warnings` that concern this strategy alone."""
        return tuple(one for one in self.warnings if one not in self.split_warnings)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A strategy that could not be measured on the vectors of a model."""

    model: str
    options: StrategyOptions
    reason: str


@dataclass(frozen=True, eq=False)
class Entry:
    """A strategy on the vectors of a model, whatever its name: its row, or why there is none."""

    row: ScoreRow | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Scoreboard:
    """All rows, models in the order given and strategies within a model."""

    rows: tuple[ScoreRow, ...]
    left_out: tuple[LeftOut, ...]
    n_items: Mapping[str, int]
    """Items measured, by model."""
    seed: int
    not_measured: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What of a model's collection has no figure, and why, by model."""

    @property
    def split_warnings(self) -> dict[str, tuple[str, ...]]:
        """What speaks against a model's split, once, where a row of it is fitted on that split."""
        by_model: dict[str, tuple[str, ...]] = {}
        for row in self.rows:
            if row.split_warnings:
                by_model.setdefault(row.model, row.split_warnings)
        return by_model

    @property
    def own_warnings(self) -> dict[str, tuple[ScoreRow, ...]]:
        """By warning that concerns single strategies: the rows that carry it, both in order."""
        by_warning: dict[str, tuple[ScoreRow, ...]] = {}
        for row in self.rows:
            for warning in row.own_warnings:
                by_warning[warning] = (*by_warning.get(warning, ()), row)
        return by_warning

    def _repr_html_(self) -> str:
        rows = [
            [row.title, row.model, row.imbalance, row.mean_ndcg, "★" if row.pareto else ""]
            for row in self.rows
        ]
        head = ["strategy", "model", "bias imbalance@10", "NDCG@10, mixed", "front"]
        return html_table("Scoreboard, held out; imbalance 0 is neutral", head, rows)


@dataclass(frozen=True, eq=False)
class ScoreboardRequest:
    """What to measure: every strategy on the vectors of every model.

    Rows are cached on disk one by one, so that only what is new is measured.
    """

    collections: Mapping[str, Collection]
    """By model, each with a calibrate and an evaluate split."""
    options: Sequence[StrategyOptions]
    seed: int = DEFAULT_SEED

    @property
    def n_rows(self) -> int:
        """Rows it will have, those left out among them."""
        return len(self.collections) * len(self.options)

    @property
    def name(self) -> str:
        """Unlike that of any other scoreboard."""
        keys = [[model, row.key] for model, rows in self._rows().items() for row in rows]
        return f"{KIND}/{content_key(rows=keys)}"

    def get(self) -> Scoreboard | None:
        """The scoreboard, if every row of it is cached."""
        entries = []
        for rows in self._rows().values():
            for row in rows:
                entry = row.get()
                if entry is None:
                    return None
                entries.append(entry)
        return self._assembled(entries)

    def compute(self, progress: Progress | None = None) -> Scoreboard:
        """The scoreboard; rows that are not cached are measured now.

        Args:
            progress: told after every strategy; may raise to cancel.

        Raises:
            GapvizError: a split that is missing, or an unknown strategy.
        """
        report, rows = progress or no_progress, self._rows()
        told, done = threading.Lock(), count(1)

        def measure(model: str) -> list[Entry]:
            entries = []
            for chosen, row in zip(self.options, rows[model], strict=True):
                entries.append(row.compute())
                with told:
                    share = next(done) / self.n_rows
                    report(share, f"{strategy_spec(chosen.name).title}, {model}")
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
        return self._assembled([entry for model in self.collections for entry in found[model]])

    def _rows(self) -> dict[str, list[CachedResult[Entry]]]:
        """By model: the entry of each strategy, which is stored under no model's name."""
        rows: dict[str, list[CachedResult[Entry]]] = {}
        for model, collection in self.collections.items():
            bench = _Bench(Experiment(collection, seed=self.seed))
            rows[model] = [
                CachedResult(
                    KIND,
                    row_key(collection, chosen, self.seed),
                    Entry,
                    partial(bench.entry, chosen),
                )
                for chosen in self.options
            ]
        return rows

    def _assembled(self, entries: Sequence[Entry]) -> Scoreboard:
        made = list(zip(product(self.collections, self.options), entries, strict=True))
        rows = [replace(entry.row, model=model) for (model, _), entry in made if entry.row]
        competes = [not row.transductive and not row.by_item for row in rows]
        front = pareto_front([(row.imbalance.value, row.mean_ndcg.value) for row in rows], competes)
        shares = front_shares(rows, competes)
        return Scoreboard(
            tuple(
                replace(row, pareto=on, on_front=share)
                for row, on, share in zip(rows, front, shares, strict=True)
            ),
            tuple(LeftOut(*asked, entry.reason) for asked, entry in made if not entry.row),
            {name: len(one.splits.get(EVALUATE, ())) for name, one in self.collections.items()},
            self.seed,
            {name: not_measured(one) for name, one in self.collections.items()},
        )


def row_key(collection: Collection, options: StrategyOptions, seed: int) -> str:
    """Hash of everything that one row depends on."""
    return content_key(
        collection=collection.content_hash,
        options=options.plain(),
        seed=seed,
        revision=REVISION,
    )


def pareto_front(points: Sequence[tuple[float, float]], competes: Sequence[bool]) -> list[bool]:
    """Which points (cost, worth) no other one that `competes` beats in both, or in one at a tie.

    A point with a NaN, or one that does not compete, is not on the front.
    """
    contest = [point for point, yes in zip(points, competes, strict=True) if yes]
    return [
        yes
        and not np.isnan(point).any()
        and not any(
            other[0] <= point[0] and other[1] >= point[1] and other != point for other in contest
        )
        for point, yes in zip(points, competes, strict=True)
    ]


def front_shares(rows: Sequence[ScoreRow], competes: Sequence[bool]) -> list[float]:
    """In which share of samples like this one each row is on the Pareto front.

    The figures of all rows move together with the parts of the data they were measured on:
    Gaussian draws with their joint covariance.
    """
    random = np.random.default_rng(0)
    chosen = [
        place
        for place, row in enumerate(rows)
        if competes[place] and not np.isnan([row.imbalance.value, row.mean_ndcg.value]).any()
    ]
    shares = np.full(len(rows), nan)
    if chosen:
        size = rows[chosen[0]].deviations["ndcg"].size
        drawn = random.standard_normal((size, FRONT_DRAWS))
        cost, worth = (
            np.array(values)[:, None]
            + np.stack([np.nan_to_num(rows[place].deviations[name]) for place in chosen]) @ drawn
            for name, values in (
                ("imbalance", [rows[place].imbalance.value for place in chosen]),
                ("ndcg", [rows[place].mean_ndcg.value for place in chosen]),
            )
        )
        beaten = np.zeros(cost.shape, dtype=np.bool_)
        for other in range(len(chosen)):
            better = (cost[other] < cost) | (worth[other] > worth)
            beaten |= (cost[other] <= cost) & (worth[other] >= worth) & better
        shares[chosen] = 1 - beaten.mean(axis=1)
    return shares.tolist()


@dataclass(frozen=True, eq=False)
class _Bench:
    """One model's collection, on which strategies are fitted and measured."""

    raw: Experiment

    def entry(self, chosen: StrategyOptions, progress: Progress) -> Entry:
        """The row of a strategy, or why there is none."""
        reason = unavailable_reason(chosen, self.raw.calibration)
        if reason is None:
            try:
                return Entry(self._row(self.raw.having(chosen).measurement))
            except GapvizError as error:
                reason = error.sentence
        return Entry(None, reason)

    def _row(self, measured: Measurement) -> ScoreRow:
        strategy, items = measured.strategy, measured.collection
        # Fusing lists changes none of them: such strategies share what raw cosine gets.
        touched = strategy.spec.moves_vectors or strategy.spec.adjusts_scores
        corpus = corpus_rows(items, strategy)
        return ScoreRow(
            model="",
            options=strategy.options,
            title=strategy.label,
            bias=measured.bias,
            lift=measured.lift,
            ndcg=measured.ndcg,
            mrr=measured.mrr,
            recall=(measured if touched else self.raw.measurement).recall,
            mean_average_precision=_likeness(measured) if touched else self._raw_likeness,
            imbalance=measured.imbalance,
            mean_ndcg=measured.mean_ndcg.estimate,
            chance_ndcg=measured.chance_ndcg,
            ties_carry={" ".join(key): ends for key, ends in measured.carried_by_ties.items()},
            deviations={
                "imbalance": measured.mean_imbalance.deviations,
                "ndcg": measured.mean_ndcg.deviations,
            },
            bytes_per_item=bytes_per_item(corpus, strategy, items.n_items),
            query_operations=query_operations(corpus, strategy),
            transductive=strategy.spec.transductive,
            by_item=strategy.spec.ranks_items,
            warnings=strategy.warnings,
            split_warnings=strategy.warnings[len(strategy.warnings_) :],
        )

    @cached_property
    def _raw_likeness(self) -> dict[str, Estimate]:
        return _likeness(self.raw.measurement)


def _likeness(measured: Measurement) -> dict[str, Estimate]:
    """Mean average precision within each modality."""
    found = {}
    for name in measured.collection.modality_names:
        block = measured.collection.modality(name).corpus
        vectors = measured.strategy.transform(block.vectors, name)
        queries = measured.strategy.transform_queries(block.vectors, name)
        labels = measured.collection.label_sets[block.item_index]
        asking = seeded_sample(np.flatnonzero(is_labelled(labels)), MAX_QUERIES, measured.seed)
        rows = rows_of_one(name, vectors, block.item_index)
        prepared = measured.strategy.prepare(rows, replace(rows, vectors=queries))
        outcome = evaluate_within(
            vectors,
            labels,
            asking=asking,
            items=block.item_index,
            queries=queries,
            adjust=None if prepared is None else partial(prepared.adjust, modality=name),
        )
        items = block.item_index[asking]
        found[name] = bootstrap_mean(outcome.average_precision, items, seed=measured.seed)
    return found
