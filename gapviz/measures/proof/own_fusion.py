"""The engine's own rank fusion, which an export's code asks for where nothing is left out."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.errors import GapvizError
from gapviz.measures.proof.evidence import DEEP, K, ProofEvidence, ReplayedQuery
from gapviz.retrieval.index import ResultList


def own_fusion(evidence: ProofEvidence) -> tuple[ReplayedQuery, ...]:
    """Every query with what the engine itself fuses, and the same in memory.

    A query finds itself there, and is struck from both lists. Empty where gapviz fuses.
    """
    if evidence.index.fusion is None or evidence.ranks_items:
        return ()
    found = []
    for query in evidence.queries:
        closed = set(evidence.closed(query).tolist())
        asked = replace(query, leave_out_own=False)
        try:
            engine = evidence.index.search(asked, K + len(closed))
        except GapvizError:
            continue  # entries of others, which are told
        memory = evidence.exact.search(asked, DEEP + len(closed))
        found.append(
            ReplayedQuery(query, _without(memory, closed, DEEP), _without(engine, closed, K))
        )
    return tuple(found)


def _without(answer: ResultList, closed: set[int], k: int) -> ResultList:
    """The first `k` entries that are not closed."""
    hits = [hit for hit in answer.hits if hit.row not in closed][:k]
    ranked = tuple(replace(hit, rank=place) for place, hit in enumerate(hits, 1))
    return ResultList(ranked, float("nan"), float("nan"), None)
