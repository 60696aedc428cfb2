"""How far the lists of an engine are those in memory, and what figures each of them gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.vectors import Float64
from gapviz.measures.proof.evidence import K, ProofEvidence, ReplayedQuery
from gapviz.measures.retrieval.bootstrap import bootstrap_means
from gapviz.retrieval.index import ResultList


@dataclass(frozen=True, slots=True)
class ListAgreement:
    """Of the queries of one modality."""

    modality: str
    n_queries: int
    overlap: Estimate
    """Share of the first 10 in memory that the engine's first 10 hold; what ties with the tenth
    counts as it."""
    rank_agreement: Estimate
    """Mean of the overlap over the depths 1 to 10 (Fagin, Kumar & Sivakumar 2003)."""


@dataclass(frozen=True, slots=True)
class ProvenFigure:
    """A figure of the lists of one query modality: in memory, and in the engine."""

    name: str
    modality: str
    memory: Estimate
    engine: Estimate
    difference: Estimate
    """The engine's less that in memory, of the same queries."""


def agreements(evidence: ProofEvidence) -> tuple[ListAgreement, ...]:
    """Overlap and rank agreement, a modality that asks."""
    found = []
    for name in evidence.rows.names:
        few = [one for one in evidence.answered if one.query.modality == name]
        overlaps = np.array([_overlaps(evidence, one) for one in few]).reshape(len(few), K)
        items = np.array([one.query.item for one in few], dtype=np.int64)
        overlap, ranks = bootstrap_means(
            [overlaps[:, -1], overlaps.mean(axis=1)], items, seed=evidence.seed
        )
        found.append(ListAgreement(name, len(few), overlap, ranks))
    return tuple(found)


def figures(evidence: ProofEvidence, answered: Sequence[ReplayedQuery]) -> tuple[ProvenFigure, ...]:
    """Bias, hit rate and NDCG of both lists as they stand, a modality that asks."""
    found = []
    for name in evidence.rows.names:
        few = [one for one in answered if one.query.modality == name]
        items = np.array([one.query.item for one in few], dtype=np.int64)
        for title, figure in FIGURES.items():
            memory, engine = (
                np.array([figure(evidence, one, getattr(one, place)) for one in few], np.float64)
                for place in ("memory", "engine")
            )
            columns = [memory, engine, engine - memory]
            estimates = bootstrap_means(columns, items, seed=evidence.seed)
            found.append(ProvenFigure(title, name, *estimates))
    return tuple(found)


def _overlaps(evidence: ProofEvidence, one: ReplayedQuery) -> Float64:
    """`(K,)`: overlap at each depth; entries that tie with the last one in memory count."""
    memory = [(evidence.key(hit), hit.score) for hit in one.memory.hits]
    known = dict(memory)
    near = evidence.near([score for _, score in memory[:K]], one.query.modality)
    engine = [known.get(evidence.key(hit), -np.inf) for hit in one.engine.hits]
    found = np.ones(K)
    for depth in range(1, K + 1):
        wanted = memory[:depth]
        if wanted:
            level = wanted[-1][1] - near
            found[depth - 1] = sum(score >= level for score in engine[:depth]) / len(wanted)
    return found


def _bias(evidence: ProofEvidence, one: ReplayedQuery, found: ResultList) -> float:
    own = [hit.modality == one.query.modality for hit in found.hits[:K]]
    return float(np.mean(own)) if own else float("nan")


def _gains(
    evidence: ProofEvidence, one: ReplayedQuery, found: ResultList
) -> tuple[list[bool], int]:
    """Which of the first 10 are matches, and how many matches there are."""
    query, rows = one.query, evidence.rows
    own = rows.code(query.modality)
    of_item = rows.modality[rows.item == query.item]
    if evidence.ranks_items:
        # An item whose only row of the modality asks has a list less than all others.
        closed = evidence.closed(query).size
        n_own = int((of_item == own).sum())
        matches = int(bool((of_item != own).any()) and (not closed or n_own > closed))
        return [hit.item == query.item for hit in found.hits[:K]], matches
    hits = [hit.item == query.item and hit.modality != query.modality for hit in found.hits[:K]]
    return hits, int((of_item != own).sum())


def _hit(evidence: ProofEvidence, one: ReplayedQuery, found: ResultList) -> float:
    hits, matches = _gains(evidence, one, found)
    return float(any(hits)) if matches else float("nan")


def _ndcg(evidence: ProofEvidence, one: ReplayedQuery, found: ResultList) -> float:
    hits, matches = _gains(evidence, one, found)
    if not matches:
        return float("nan")
    discounts = 1 / np.log2(np.arange(2, K + 2))
    gain = discounts[: len(hits)][np.array(hits, dtype=np.bool_)].sum()
    return float(gain / discounts[: min(matches, K)].sum())


FIGURES: dict[str, Callable[[ProofEvidence, ReplayedQuery, ResultList], float]] = {
    "bias rate": _bias,
    f"hit rate@{K}": _hit,
    f"NDCG@{K}": _ndcg,
}
