"""When to answer nothing: from which score on the best answer of a query is accepted.

Each query of one modality asks the rows of one modality; its best answer is the row of the
highest score. The threshold is the lowest one at which, of the queries answered, a chosen share
is answered right, one wrong answer more counted than was seen, so that a few right ones in a row
do not make a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.labels import is_labelled, sharing_rows
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import JsonFields
from gapviz.core.seeds import seeded_sample
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.measures.match_probability.model import Match
from gapviz.measures.match_probability.scored_pairs import judges_cosines, moved
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.ties import TOLERANCE

FEWEST_ANSWERS = 20
"""Calibration queries that a threshold must answer: of fewer, their precision says little."""
DEPTH = 32
"""Best rows of a query that are kept. Where a fifth of the items is left out, all of them are
with a chance of 0.2³²."""

PRECISION = Parameter(
    "precision",
    "Accept at precision",
    "number",
    0.9,
    "share of the answers given that shall be right; below the threshold that reaches it, "
    "nothing matches",
    low=0.5,
    high=0.999,
)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The best rows for each of some queries."""

    scores: Float64
    """`(n_queries, depth)`, falling; −∞ where there are no more rows."""
    items: Indices
    """`(n_queries, depth)` of those rows."""
    matches: Mask
    """`(n_queries, depth)`: whether they match."""

    def best(self, tolerance: float, kept: Mask | None = None) -> tuple[Float64, Float64]:
        """The best score of each query, and the share of the rows of that score that match.

        Args:
            tolerance: how near equal scores are; each of them is first as often.
            kept: `(n_items, n_parts)`: the items whose rows are there, of each part.

        Returns:
            `(n_queries,)` both, or `(n_queries, n_parts)`; −∞ and 0 where no row is left.
        """
        there = np.isfinite(self.scores)[..., None]
        if kept is not None:
            there = there & kept[self.items]
        scores = np.where(there, self.scores[..., None], -np.inf)
        best = scores.max(axis=1, initial=-np.inf)
        level = there & (scores >= best[:, None] - tolerance)
        right = (level & self.matches[..., None]).sum(axis=1) / np.maximum(level.sum(axis=1), 1)
        return (best, right) if kept is not None else (best[:, 0], right[:, 0])


@dataclass(frozen=True, eq=False)
class Answers:
    """What queries of one modality find in one modality."""

    query_items: Indices
    """`(n_queries,)`; each has a match."""
    found: Candidates
    """In the gallery as it is."""
    without_match: Candidates
    """In the gallery without any row that matches the query."""
    tolerance: float
    """How near equal scores are."""
    n_rows: int
    """Rows of the gallery."""

    @classmethod
    def together(cls, parts: Sequence[Answers]) -> Answers:
        """All queries of several, which ask galleries of one size."""
        return cls(
            np.concatenate([one.query_items for one in parts]),
            _joined([one.found for one in parts]),
            _joined([one.without_match for one in parts]),
            max(one.tolerance for one in parts),
            parts[0].n_rows,
        )


@dataclass(frozen=True, slots=True)
class AnswerThreshold(JsonFields):
    """From which score on the best answer is accepted."""

    query_modality: str
    modality: str
    """Of the rows that are asked."""
    precision: float
    """Share of the answers that shall be right."""
    score: float | None
    """None where no score reaches it on the calibration queries."""
    n_rows: int
    """Among how many rows."""
    n_queries: int
    """Calibration queries."""
    n_answered: int
    """Of them, how many it answers."""


@dataclass(frozen=True, eq=False)
class BestAnswers:
    """How the calibration queries of one modality are answered by one modality."""

    query_modality: str
    modality: str
    match: Match
    n_rows: int
    """Of the gallery."""
    best: Float64
    """`(n_queries,)` best scores."""
    right: Float64
    """`(n_queries,)` share of the rows of that score that match."""
    matching: Float64
    """`(n_queries,)` best scores of rows that match; −∞ far down the list."""
    others: Float64
    """`(n_queries,)` best scores of rows that do not."""

    @classmethod
    def of(cls, answers: Answers, query_modality: str, modality: str, match: Match) -> BestAnswers:
        """Those of some queries."""
        best, right = answers.found.best(answers.tolerance)
        matching = np.where(answers.found.matches, answers.found.scores, -np.inf)
        return cls(
            query_modality,
            modality,
            match,
            answers.n_rows,
            best,
            right,
            matching.max(axis=1, initial=-np.inf),
            answers.without_match.best(answers.tolerance)[0],
        )

    def threshold(self, precision: float, n_rows: int | None = None) -> AnswerThreshold:
        """From which score on the best answer is accepted.

        Args:
            precision: share of the answers given that shall be right.
            n_rows: among how many rows, those of the calibration items unless given; see
                `threshold_among`. Where items that share a label match, more rows bring more
                matches too, and the threshold stays.

        Raises:
            GapvizError: a precision that is not between 0 and 1.
        """
        checked_precision(precision)
        among = self.n_rows if n_rows is None or self.match == "label" else n_rows
        if among == self.n_rows:
            score = threshold_of(self.best, self.right, precision)
        else:
            growth = among / self.n_rows
            score = threshold_among(self.matching, self.others, growth, precision)
        return AnswerThreshold(
            self.query_modality,
            self.modality,
            precision,
            None if score == inf else score,
            among,
            int(self.best.size),
            int(np.count_nonzero(self.best >= score)),
        )


def checked_precision(precision: float) -> float:
    """The precision itself.

    Raises:
        GapvizError: it is not between 0 and 1.
    """
    if not 0 < precision < 1:
        raise GapvizError(
            f"a precision of {precision:g} cannot be asked for",
            hint="choose a number above 0 and below 1",
        )
    return precision


def answers_of(
    collection: Collection,
    strategy: Strategy,
    query_modality: str,
    modality: str,
    match: Match,
    *,
    seed: int,
    asking: Mask | None = None,
) -> Answers:
    """The best rows of one modality for the queries of one, with their matches and without.

    Of more than 2,000 queries a seeded sample asks. Those without a match in the gallery are left
    out, as are, within a modality, rows of the query's own item.

    Args:
        collection: the items.
        strategy: fitted.
        query_modality: of the rows that ask.
        modality: of the rows that are asked.
        match: what makes two rows match: `item` across the modalities, `label` within.
        seed: of the sample.
        asking: `(n_items,)`, whose rows ask; all unless given.
    """
    queries = moved(strategy, collection.modality(query_modality).queries, query_modality)
    gallery = moved(strategy, collection.modality(modality).corpus, modality)
    labels = collection.label_sets
    if match == "item":
        has_match = np.isin(queries.item, gallery.item)
    else:
        has_match = is_labelled(labels[queries.item])
    if asking is not None:
        has_match &= asking[queries.item]
    chosen = seeded_sample(np.flatnonzero(has_match).astype(np.int64), MAX_QUERIES, seed)
    prepared = None if judges_cosines(strategy) else strategy.prepare(gallery, queries)
    slope = 1.0 if prepared is None else prepared.slope(query_modality)
    kept: list[Indices] = []
    found, others = [], []
    step = max(1, BLOCK_SCORES // gallery.n_rows)
    for start in range(0, chosen.size, step):
        few = chosen[start : start + step]
        scores: Float32 = queries.vectors[few] @ gallery.vectors.T
        if prepared is not None:
            scores = prepared.adjust(scores, query_modality)
        items = queries.item[few]
        matches = items[:, None] == gallery.item
        if query_modality == modality:
            scores[matches] = -np.inf
        if match == "label":
            matches = sharing_rows(labels[items], labels[gallery.item]) & ~matches
            some = matches.any(axis=1)
            few, scores, matches = few[some], scores[some], matches[some]
        kept.append(few)
        found.append(_candidates(scores, matches, gallery.item))
        others.append(_candidates(np.where(matches, -np.inf, scores), matches, gallery.item))
    asked = np.concatenate([np.empty(0, np.int64), *kept])
    nothing = Candidates(np.empty((0, 1)), np.empty((0, 1), np.int64), np.empty((0, 1), np.bool_))
    return Answers(
        queries.item[asked],
        _joined(found or [nothing]),
        _joined(others or [nothing]),
        TOLERANCE * slope,
        gallery.n_rows,
    )


def threshold_of(
    best: Float64, right: Float64, precision: float, weights: Float64 | None = None
) -> float:
    """The lowest of the best scores at which `precision` of the answers given are right.

    Args:
        best: `(n_answers,)` best scores.
        right: `(n_answers,)` chance that the answer is right, 0 to 1.
        precision: between 0 and 1.
        weights: `(n_answers,)`, how many queries each stands for; 1 unless given.

    Returns:
        ∞ where none reaches it that answers at least `FEWEST_ANSWERS` queries.
    """
    order = np.argsort(-best, kind="stable")
    falling = best[order]
    each = np.ones(best.size) if weights is None else weights[order]
    n_answered = np.cumsum(each)
    reached = np.cumsum(right[order] * each) >= precision * (n_answered + 1)
    # Queries of one score are answered together.
    last = np.append(falling[1:] < falling[:-1], True)
    enough = n_answered >= FEWEST_ANSWERS - 1e-9
    able = np.flatnonzero(reached & last & enough & np.isfinite(falling))
    return float(falling[able[-1]]) if able.size else inf


def threshold_among(matching: Float64, others: Float64, growth: float, precision: float) -> float:
    """`threshold_of` among more rows than the queries looked through, or fewer.

    The best of g times as many rows that do not match stays below a score with the g-th power
    of the chance that the best of these does (order statistics); that chance is the share of the
    queries whose best one does, whichever query asks.

    Args:
        matching: `(n_queries,)` best scores of rows that match.
        others: `(n_queries,)` best scores of rows that do not.
        growth: g.
        precision: between 0 and 1.
    """
    rising = np.sort(others)
    below = (np.arange(others.size + 1) / max(others.size, 1)) ** growth
    # A match is the answer where no other row comes before it, and another row where it does.
    of_matches = below[np.searchsorted(rising, matching, side="left")]
    beaten = np.searchsorted(np.sort(matching), rising, side="left")
    of_others = np.diff(below) * beaten
    return threshold_of(
        np.concatenate([matching, rising]),
        np.repeat([1.0, 0.0], [matching.size, rising.size]),
        precision,
        np.concatenate([of_matches, of_others]),
    )


def _candidates(scores: Float32, matches: Mask, items: Indices) -> Candidates:
    depth = min(DEPTH, scores.shape[1])
    if depth < scores.shape[1]:
        top = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    else:
        top = np.broadcast_to(np.arange(depth), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, axis=1)
    return Candidates(
        np.take_along_axis(scores, top, axis=1).astype(np.float64),
        items[top],
        np.take_along_axis(matches, top, axis=1),
    )


def _joined(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(
        np.concatenate([one.scores for one in parts]),
        np.concatenate([one.items for one in parts]),
        np.concatenate([one.matches for one in parts]),
    )
