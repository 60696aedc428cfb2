"""Rows of a scoreboard, what stands behind them, and the front that none beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np

from gapviz.analyses.judged import Protocol, judged_queries_words
from gapviz.analyses.measure import TIES_CARRY
from gapviz.core.estimate import Estimate
from gapviz.core.evaluation import Evaluation, Unit
from gapviz.core.table_html import html_table
from gapviz.core.vectors import Float64
from gapviz.core.wording import counted
from gapviz.measures.judged_measurement import UNJUDGED_DOUBTS
from gapviz.measures.retrieval.judged import DEPTH
from gapviz.retrieval.run import LIST_DEPTH
from gapviz.strategies import StrategyOptions

FRONT_DRAWS = 1_000
SELDOM = 0.05
"""Of samples, below which a row counts as never on the front."""


@dataclass(frozen=True, eq=False)
class ScoreRow:
    """One strategy on the vectors of one model; estimates carry 95 % intervals."""

    model: str
    options: StrategyOptions | None
    """None for a run that another system made."""
    title: str
    """The strategy with the parameters that matter, or the name of the run."""
    bias: Mapping[str, Estimate]
    """Bias rate by query modality."""
    lift: Mapping[str, Estimate]
    """Bias lift@10 by query modality; 1 is neutral."""
    ndcg: Mapping[str, Estimate]
    """NDCG@10 by query modality: by judgments with the grades as gains; else of the match in the
    mixed index, or of the query's item, which is another protocol, where a strategy ranks items."""
    mrr: Mapping[str, Estimate]
    """Mean reciprocal rank of the first that answers."""
    recall: Mapping[tuple[str, str], Mapping[int, Estimate]]
    """Cross-modal recall@1/5/10 by direction (source, target); none by judgments."""
    mean_average_precision: Mapping[str, Estimate]
    """Within each modality, over items that share a label; NaN where none do. None by
    judgments."""
    imbalance: Estimate
    """Mean over the query modalities of |lift − 1|; 0 is neutral. See `bootstrap_imbalance`."""
    mean_ndcg: Estimate
    """Mean of `ndcg` over the query modalities."""
    bytes_per_item: float
    """NaN for a run."""
    query_operations: float
    """Multiply-adds a query, by exact search; NaN for a run."""
    transductive: bool
    by_item: bool
    """True where items are ranked and those of other rows are not: its bias and NDCG are of
    another protocol."""
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
    v_measure: Mapping[str, Estimate] = field(default_factory=dict)
    """Of clusters of all rows against `labels` and against `modality`, as `GroupCost` has them; of
    a strategy that moves no vector those of raw cosine. None by judgments."""
    chance_v_measure: Mapping[str, float] = field(default_factory=dict)
    """The same where labels, or modalities, are shuffled."""
    judged: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    """Further figures of `JUDGED_FIGURES` by query modality, where there are judgments."""
    pareto: bool = False
    """True where no other row is both lower in imbalance and higher in NDCG. A transductive row,
    or one that ranks items, is never on that front, and keeps none off it."""
    on_front: float = nan
    """In which share of samples like this one it would be on that front; NaN where it never is."""

    @property
    def name(self) -> str:
        """Of its strategy, or of the run."""
        return self.title if self.options is None else self.options.name

    @property
    def unjudged(self) -> float:
        """Largest share of its first results that nobody judged, over the query modalities."""
        shares = [one.value for one in self.judged.get("unjudged", {}).values()]
        return max((share for share in shares if not isnan(share)), default=nan)

    @property
    def carried_by_ties(self) -> bool:
        """Whether the order of equal scores moves a figure by more than a trifle."""
        return any(won - lost > TIES_CARRY for lost, won in self.ties_carry.values())

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


@dataclass(frozen=True, slots=True)
class Judging:
    """The judgments that stand behind the figures of a model."""

    n_queries: int
    """That are measured."""
    n_judgments: int
    graded: bool
    """Whether relevant items have more than one grade."""
    unit: Unit
    depth: int
    """How far lists are read."""
    notes: tuple[str, ...]
    """What was not read of the queries and judgments, a sentence each."""

    @classmethod
    def of(cls, evaluation: Evaluation, depth: int = LIST_DEPTH) -> Judging:
        """What is to be known of the queries that are measured."""
        judged = evaluation.judgments
        grades = np.unique(judged.grade[judged.relevant])
        return cls(
            evaluation.n_queries,
            judged.size,
            grades.size > 1,
            evaluation.unit,
            depth,
            evaluation.notes,
        )

    @property
    def words(self) -> str:
        """`50 judged queries, graded; items ranked, the first 100`."""
        grades = "graded" if self.graded else "relevant or not"
        queries = judged_queries_words(self.n_queries)
        return f"{queries}, {grades}; {self.unit} ranked, the first {self.depth}"


@dataclass(frozen=True, eq=False)
class Scoreboard:
    """All rows, models in the order given and strategies within a model; runs stand last."""

    rows: tuple[ScoreRow, ...]
    left_out: tuple[LeftOut, ...]
    n_items: Mapping[str, int]
    """Items measured, by model: those of the evaluate split, or, by judgments, all that are
    searched."""
    seed: int
    not_measured: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What of a model's collection has no figure, and why, by model."""
    protocol: Protocol = "paired"
    judging: Mapping[str, Judging] = field(default_factory=dict)
    """What stands behind figures by judgments, by model."""

    @property
    def modalities(self) -> list[str]:
        """Query modalities, in the order of the rows."""
        return list(dict.fromkeys(name for row in self.rows for name in row.bias))

    @property
    def unjudged_doubt(self) -> str | None:
        """How many rows have so many unjudged results that their quality is doubted."""
        shares = [row.unjudged for row in self.rows if row.unjudged > UNJUDGED_DOUBTS]
        if not shares:
            return None
        return (
            f"In {len(shares)} of {counted(len(self.rows), 'row')} more than {UNJUDGED_DOUBTS:.0%} "
            f"of the first {DEPTH} results were judged by nobody (up to {max(shares):.0%}). They "
            "count as wrong, so that NDCG, recall, MRR and MAP may be too low, most of all for "
            "rankings unlike those that were judged."
        )

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
