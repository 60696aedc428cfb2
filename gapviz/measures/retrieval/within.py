"""Retrieval inside one modality, and what the joint model's tower costs there.

Asking and indexed: the same rows. Left out: the query itself, and all rows of its item where
it has several. Relevant: rows whose item shares a label with the query's. Ties: every figure is
its mean over all orders of equal scores, so that the order of the rows decides nothing.

Within-modal recall delta = a dedicated encoder's figure minus the joint tower's on the same
items (Mistretta et al. 2025): positive means the wrong tower.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.labels import LabelledRows, has_label, is_labelled
from gapviz.core.pairs import matching_rows
from gapviz.core.rows import rows_of_one
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.retrieval.bootstrap import bootstrap_mean, bootstrap_means
from gapviz.measures.retrieval.cross import NDCG_DEPTH
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.precision import expected_average_precision
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.base import ndcg_of
from gapviz.strategies.fusion.ties import TOLERANCE, tie_groups

DEPTHS = (1, 5, 10)
"""The k of recall@k."""

# Counting equal scores takes some arrays of twice their size beside the scores.
COPIES = 4


@dataclass(frozen=True, eq=False)
class WithinOutcome:
    """One entry per query; NaN where no other item shares a label with the query's."""

    recall: dict[int, Float64]
    """By depth k: 1 where an entry that shares a label stands in the first k; where ties decide
    it, the share of their orders in which one does."""
    average_precision: Float64
    """AP over the whole list; its mean is mAP."""
    ndcg: Float64
    """NDCG of the first 10, with the ideal over all items that share a label."""


@dataclass(frozen=True, slots=True)
class WithinFigures:
    """Means over the queries, or of paired differences, with bootstrap intervals over items."""

    recall: dict[int, Estimate]
    """By depth k."""
    mean_average_precision: Estimate


@dataclass(frozen=True, slots=True)
class LabelDelta:
    """What the items of one label gain from a dedicated encoder."""

    label: int
    """Its code."""
    n_items: int
    """Items that have it: as many ask, each with those as its answers that share any label."""
    joint: dict[int, float]
    """Recall by depth k of the joint tower."""
    dedicated: dict[int, float]
    joint_average_precision: float
    dedicated_average_precision: float
    delta: WithinFigures
    """Dedicated minus joint."""


@dataclass(frozen=True, eq=False)
class WithinComparison:
    """The joint tower beside a dedicated encoder, on the same items."""

    n_items: int
    """Items that are searched."""
    n_queries: int
    """Of them, those that share a label with another: they ask."""
    joint: WithinFigures
    dedicated: WithinFigures
    delta: WithinFigures
    """Dedicated minus joint: positive means that the joint tower is the wrong tool."""
    by_label: tuple[LabelDelta, ...]


def evaluate_within(
    vectors: Float32,
    labels: Indices,
    *,
    asking: Indices | None = None,
    items: Indices | None = None,
    queries: Float32 | None = None,
    adjust: Callable[[Float32], Float32] | None = None,
    tolerance: float = TOLERANCE,
) -> WithinOutcome:
    """Retrieve each unit row `(n, dim)` among the others.

    Args:
        vectors: the rows.
        labels: `(n,)` label codes, −1 = none, or `(n, most)` of several labels a row.
        asking: row numbers that ask, all unless given; one entry of the outcome for each.
        items: `(n,)` item of each row, each its own unless given; rows of one item never find
            each other.
        queries: `(n, dim)` the rows as they ask, where they lie elsewhere then.
        adjust: new scores `(n_queries, n)` in place of cosines, with −∞ left as it is.
        tolerance: how near equal scores are.

    Raises:
        GapvizError: not one label a row.
    """
    n = len(vectors)
    if len(labels) != n:
        raise GapvizError(
            f"{n} rows have {len(labels)} labels",
            where="retrieval within a modality",
            hint="give one label code a row, −1 for none",
        )
    asked = np.arange(n, dtype=np.int64) if asking is None else asking
    ask_as = vectors if queries is None else queries
    owner = np.arange(n, dtype=np.int64) if items is None else items
    by_owner, by_label = np.argsort(owner, kind="stable"), LabelledRows(labels)
    recall = {k: np.full(asked.size, np.nan) for k in DEPTHS}
    precision, ndcg = np.full((2, asked.size), np.nan)
    step = max(1, BLOCK_SCORES // (COPIES * n))
    for start in range(0, asked.size, step):
        rows = asked[start : start + step]
        block = slice(start, start + rows.size)
        scores = ask_as[rows] @ vectors.T
        own = matching_rows(owner[rows], owner, by_item_b=by_owner)
        scores[own.rows_a, own.rows_b] = -np.inf
        if adjust is not None:
            scores = adjust(scores)
        alike = by_label.sharing(rows)
        found = owner[rows][alike.rows_a] != owner[alike.rows_b]
        groups = tie_groups(scores, alike.rows_a[found], alike.rows_b[found], tolerance)
        precision[block] = expected_average_precision(groups)
        ndcg[block] = ndcg_of(groups.all, groups.n_relevant, NDCG_DEPTH)
        for k in DEPTHS:
            recall[k][block] = groups.best.hit(k)
    return WithinOutcome(recall, precision, ndcg)


def evaluate_labels(
    collection: Collection, strategy: Strategy, modality: str, *, seed: int = DEFAULT_SEED
) -> tuple[WithinOutcome, Indices]:
    """Retrieve the indexed rows of one modality among one another, as a strategy moved them.

    Of more than `MAX_QUERIES` rows with a label a seeded sample asks.

    Returns:
        What they got, and the item of each query, `(n_queries,)`.

    Raises:
        GapvizError: the collection has no such modality.
    """
    block = collection.modality(modality).corpus
    vectors = strategy.transform(block.vectors, modality)
    labels = collection.label_sets[block.item_index]
    asking = seeded_sample(np.flatnonzero(is_labelled(labels)), MAX_QUERIES, seed)
    queries = strategy.transform_queries(block.vectors, modality)
    rows = rows_of_one(modality, vectors, block.item_index)
    prepared = strategy.prepare(rows, replace(rows, stored=queries))
    outcome = evaluate_within(
        vectors,
        labels,
        asking=asking,
        items=block.item_index,
        queries=queries,
        adjust=None if prepared is None else partial(prepared.adjust, modality=modality),
    )
    return outcome, block.item_index[asking]


def recall_delta(
    joint: WithinOutcome,
    dedicated: WithinOutcome,
    *,
    queries: Indices | None = None,
    seed: int = DEFAULT_SEED,
) -> WithinFigures:
    """Within-modal recall delta: the dedicated encoder's figures minus the joint tower's.

    Args:
        joint: what `evaluate_within` found with the joint model's tower.
        dedicated: the same with a single-modality encoder, query by query.
        queries: which of them to take the mean over, all unless given; each is an item of
            its own.
        seed: of the paired bootstrap.

    Raises:
        GapvizError: not the same number of queries, or none whose item shares its label.
    """
    n = joint.average_precision.size
    if dedicated.average_precision.size != n:
        raise GapvizError(
            f"{n} queries of the joint tower and {dedicated.average_precision.size} of the "
            "dedicated encoder",
            where="within-modal recall delta",
            hint="encode the same items with both encoders",
        )
    rows = np.arange(n, dtype=np.int64) if queries is None else queries
    if np.isnan(joint.average_precision[rows]).all():
        raise GapvizError(
            "no two items share a label",
            where="within-modal recall delta",
            hint="give the items labels",
        )
    pairs = zip(_columns(dedicated), _columns(joint), strict=True)
    gains = [bootstrap_mean(theirs[rows] - ours[rows], rows, seed=seed) for theirs, ours in pairs]
    return _by_depth(joint, gains)


def compare_within(
    joint: Float32,
    dedicated: Float32,
    labels: Indices,
    *,
    seed: int = DEFAULT_SEED,
) -> WithinComparison:
    """Both encodings of the same items, their `recall_delta`, and the same by label.

    Every item searches among all others; by label, only the queries are grouped. A label of
    few items has a wide interval: read `n_items` beside it.

    Args:
        joint: unit rows `(n, dim)` of the joint model's tower.
        dedicated: unit rows `(n, other_dim)` of a single-modality encoder.
        labels: as `evaluate_within` takes them.
        seed: of the bootstrap.

    Raises:
        GapvizError: not the same number of rows, or no label shared by two items.
    """
    ours, theirs = (evaluate_within(vectors, labels) for vectors in (joint, dedicated))
    delta = recall_delta(ours, theirs, seed=seed)
    rows = np.arange(len(joint), dtype=np.int64)
    return WithinComparison(
        n_items=len(joint),
        n_queries=int((~np.isnan(ours.average_precision)).sum()),
        joint=_by_depth(ours, bootstrap_means(_columns(ours), rows, seed=seed)),
        dedicated=_by_depth(theirs, bootstrap_means(_columns(theirs), rows, seed=seed)),
        delta=delta,
        by_label=_by_label(ours, theirs, labels, seed),
    )


def _by_label(
    ours: WithinOutcome, theirs: WithinOutcome, labels: Indices, seed: int
) -> tuple[LabelDelta, ...]:
    found = []
    codes, counts = np.unique(labels[~np.isnan(ours.average_precision)], return_counts=True)
    for label in codes[(codes >= 0) & (counts > 1)]:
        rows = np.flatnonzero(has_label(labels, label))
        (*joint, joint_precision), (*dedicated, dedicated_precision) = (
            [float(column[rows].mean()) for column in _columns(one)] for one in (ours, theirs)
        )
        found.append(
            LabelDelta(
                label=int(label),
                n_items=rows.size,
                joint=dict(zip(ours.recall, joint, strict=True)),
                dedicated=dict(zip(ours.recall, dedicated, strict=True)),
                joint_average_precision=joint_precision,
                dedicated_average_precision=dedicated_precision,
                delta=recall_delta(ours, theirs, queries=rows, seed=seed),
            )
        )
    return tuple(found)


def _columns(outcome: WithinOutcome) -> list[Float64]:
    return [*outcome.recall.values(), outcome.average_precision]


def _by_depth(outcome: WithinOutcome, means: list[Estimate]) -> WithinFigures:
    *recall, precision = means
    return WithinFigures(dict(zip(outcome.recall, recall, strict=True)), precision)
