"""Retrieval inside one modality, and what the joint model's tower costs there.

Asking and indexed: the same rows. Left out: the query itself, and all rows of its item where
it has several. Relevant: rows whose item has the query's label. Ties: every figure is its mean
over all orders of equal scores, so that the order of the rows decides nothing.

Within-modal recall delta = a dedicated encoder's figure minus the joint tower's on the same
items (Mistretta et al. 2025): positive means the wrong tower.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gapviz.blocks import BLOCK_SCORES
from gapviz.errors import GapvizError
from gapviz.evaluation.bootstrap import Estimate, bootstrap_difference, bootstrap_means
from gapviz.evaluation.ties import expected_average_precision, expected_hit, tie_groups
from gapviz.pairs import matching_rows
from gapviz.seeds import DEFAULT_SEED
from gapviz.vectors import Float32, Float64, Indices

# Counting equal scores takes some arrays of twice their size beside the scores.
COPIES = 4

# A code that no row has, those without a label neither.
NOT_A_LABEL = -2


@dataclass(frozen=True, eq=False)
class WithinOutcome:
    """One entry per query; NaN where no other item has the query's label."""

    recall: dict[int, Float64]
    """By depth k: 1 where an entry of the same label stands in the first k; where ties decide
    it, the share of their orders in which one does."""
    average_precision: Float64
    """AP over the whole list; its mean is mAP."""


@dataclass(frozen=True, slots=True)
class RecallDelta:
    """Dedicated minus joint, with paired bootstrap intervals."""

    recall: dict[int, Estimate]
    mean_average_precision: Estimate


@dataclass(frozen=True, slots=True)
class LabelDelta:
    """What the items of one label gain from a dedicated encoder."""

    label: int
    """Its code."""
    n_items: int
    """Items that have it: as many ask, each with the others as its answers."""
    joint: dict[int, float]
    """Recall by depth k of the joint tower."""
    dedicated: dict[int, float]
    joint_average_precision: float
    dedicated_average_precision: float
    delta: RecallDelta
    """Dedicated minus joint."""


@dataclass(frozen=True, slots=True)
class WithinFigures:
    """Means over the queries, with bootstrap intervals over items."""

    recall: dict[int, Estimate]
    """By depth k."""
    mean_average_precision: Estimate


@dataclass(frozen=True, eq=False)
class WithinComparison:
    """The joint tower beside a dedicated encoder, on the same items."""

    n_items: int
    """Items that are searched."""
    n_queries: int
    """Of them, those that share their label with another: they ask."""
    joint: WithinFigures
    dedicated: WithinFigures
    delta: RecallDelta
    """Dedicated minus joint: positive means that the joint tower is the wrong tool."""
    by_label: tuple[LabelDelta, ...]


def evaluate_within(
    vectors: Float32,
    labels: Indices,
    *,
    depths: tuple[int, ...] = (1, 5, 10),
    asking: Indices | None = None,
    items: Indices | None = None,
    adjust: Callable[[Float32], Float32] | None = None,
) -> WithinOutcome:
    """Retrieve each unit row `(n, dim)` among the others.

    Args:
        vectors: the rows.
        labels: `(n,)` label codes, −1 = none.
        depths: the k of recall@k.
        asking: row numbers that ask, all unless given; one entry of the outcome for each.
        items: `(n,)` item of each row, each its own unless given; rows of one item never find
            each other.
        adjust: new scores `(n_queries, n)` in place of cosines, with −∞ left as it is.
    """
    n = len(vectors)
    asked = np.arange(n, dtype=np.int64) if asking is None else asking
    owner = np.arange(n, dtype=np.int64) if items is None else items
    by_owner, by_label = np.argsort(owner, kind="stable"), np.argsort(labels, kind="stable")
    recall = {k: np.full(asked.size, np.nan) for k in depths}
    precision = np.full(asked.size, np.nan)
    step = max(1, BLOCK_SCORES // (COPIES * n))
    for start in range(0, asked.size, step):
        rows = asked[start : start + step]
        block = slice(start, start + rows.size)
        scores = vectors[rows] @ vectors.T
        own = matching_rows(owner[rows], owner, by_item_b=by_owner)
        scores[own.rows_a, own.rows_b] = -np.inf
        if adjust is not None:
            scores = adjust(scores)
        wanted = np.where(labels[rows] >= 0, labels[rows], NOT_A_LABEL)
        alike = matching_rows(wanted, labels, by_item_b=by_label)
        found = owner[rows][alike.rows_a] != owner[alike.rows_b]
        groups = tie_groups(scores, alike.rows_a[found], alike.rows_b[found])
        precision[block] = expected_average_precision(groups)
        for k in depths:
            recall[k][block] = expected_hit(groups, k)
    return WithinOutcome(recall, precision)


def recall_delta(
    joint: Float32,
    dedicated: Float32,
    labels: Indices,
    *,
    depths: tuple[int, ...] = (1, 5, 10),
    seed: int = DEFAULT_SEED,
) -> RecallDelta:
    """Within-modal recall delta of two encodings of the same items, row by row.

    Args:
        joint: unit rows `(n, dim)` of the joint model's tower.
        dedicated: unit rows `(n, other_dim)` of a single-modality encoder.
        labels: `(n,)` label codes, −1 = none.
        depths: the k of recall@k.
        seed: of the bootstrap.

    Raises:
        GapvizError: not the same number of rows, or no label shared by two items.
    """
    ours, theirs = _both_outcomes(joint, dedicated, labels, depths)
    return _difference(ours, theirs, np.arange(len(joint), dtype=np.int64), seed)


def recall_delta_by_label(
    joint: Float32,
    dedicated: Float32,
    labels: Indices,
    *,
    depths: tuple[int, ...] = (1, 5, 10),
    seed: int = DEFAULT_SEED,
) -> tuple[LabelDelta, ...]:
    """Within-modal recall delta of each label that two items share, by label code.

    Every item still searches among all others; only the queries are grouped. A label of
    few items has a wide interval: read `n_items` beside it. Arguments and errors are those
    of `recall_delta`.
    """
    ours, theirs = _both_outcomes(joint, dedicated, labels, depths)
    return _by_label(ours, theirs, labels, seed)


def compare_within(
    joint: Float32,
    dedicated: Float32,
    labels: Indices,
    *,
    depths: tuple[int, ...] = (1, 5, 10),
    seed: int = DEFAULT_SEED,
) -> WithinComparison:
    """Both encodings of the same items, their difference, and the same by label.

    Arguments and errors are those of `recall_delta`.
    """
    ours, theirs = _both_outcomes(joint, dedicated, labels, depths)
    rows = np.arange(len(joint), dtype=np.int64)
    return WithinComparison(
        n_items=len(joint),
        n_queries=int((~np.isnan(ours.average_precision)).sum()),
        joint=_figures(ours, rows, seed),
        dedicated=_figures(theirs, rows, seed),
        delta=_difference(ours, theirs, rows, seed),
        by_label=_by_label(ours, theirs, labels, seed),
    )


def _by_label(
    ours: WithinOutcome, theirs: WithinOutcome, labels: Indices, seed: int
) -> tuple[LabelDelta, ...]:
    known = ~np.isnan(ours.average_precision)
    found = []
    for label in np.unique(labels[known]):
        rows = np.flatnonzero(labels == label)
        found.append(
            LabelDelta(
                label=int(label),
                n_items=rows.size,
                joint={k: float(recall[rows].mean()) for k, recall in ours.recall.items()},
                dedicated={k: float(recall[rows].mean()) for k, recall in theirs.recall.items()},
                joint_average_precision=float(ours.average_precision[rows].mean()),
                dedicated_average_precision=float(theirs.average_precision[rows].mean()),
                delta=_difference(ours, theirs, rows, seed),
            )
        )
    return tuple(found)


def _figures(outcome: WithinOutcome, rows: Indices, seed: int) -> WithinFigures:
    *recall, precision = bootstrap_means(
        [*outcome.recall.values(), outcome.average_precision], rows, seed=seed
    )
    return WithinFigures(dict(zip(outcome.recall, recall, strict=True)), precision)


def _both_outcomes(
    joint: Float32, dedicated: Float32, labels: Indices, depths: tuple[int, ...]
) -> tuple[WithinOutcome, WithinOutcome]:
    """Outcomes of the joint tower and of the dedicated encoder, on the same items."""
    if not len(joint) == len(dedicated) == len(labels):
        raise GapvizError(
            f"{len(joint)} joint rows, {len(dedicated)} dedicated rows and {len(labels)} labels",
            where="within-modal recall delta",
            mend="encode the same items with both encoders",
        )
    ours = evaluate_within(joint, labels, depths=depths)
    theirs = evaluate_within(dedicated, labels, depths=depths)
    if np.isnan(ours.average_precision).all():
        raise GapvizError(
            "no two items share a label",
            where="within-modal recall delta",
            mend="give the items labels",
        )
    return ours, theirs


def _difference(
    ours: WithinOutcome, theirs: WithinOutcome, rows: Indices, seed: int
) -> RecallDelta:
    """Dedicated minus joint over the queries `rows`, each an item of its own."""
    return RecallDelta(
        recall={
            k: bootstrap_difference(theirs.recall[k][rows], ours.recall[k][rows], rows, seed=seed)
            for k in ours.recall
        },
        mean_average_precision=bootstrap_difference(
            theirs.average_precision[rows], ours.average_precision[rows], rows, seed=seed
        ),
    )
