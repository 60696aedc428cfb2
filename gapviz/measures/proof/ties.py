"""Lists that differ only in the order of equal scores."""

from __future__ import annotations

from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import K, ProofEvidence, ReplayedQuery


def other_ties(evidence: ProofEvidence) -> Cause | None:
    """Queries whose two lists hold other entries, or another order, of the same scores."""
    tied = sum(differs_by_ties(evidence, one) for one in evidence.answered)
    if not tied:
        return None
    n = len(evidence.answered)
    sentence = (
        f"{tied:,} of {n:,} lists differ only in which of equal scores stands first. Figures that "
        "were measured are means over all orders; where a figure turns on them, break ties in the "
        "application, or choose a strategy whose scores do not tie."
    )
    return Cause("ties", tied, n, "lists", sentence)


def differs_by_ties(evidence: ProofEvidence, one: ReplayedQuery) -> bool:
    """Whether the lists differ, and by the scores of both, they score alike place by place."""
    told = [hit.score for hit in one.engine.hits]
    wanted = [hit.score for hit in one.memory.hits[:K]]
    near = evidence.near(wanted, one.query.modality)
    return (
        differs(evidence, one)
        and same_scores(evidence, one)
        and all(abs(a - b) <= near for a, b in zip(told, wanted, strict=True))
    )


def differs(evidence: ProofEvidence, one: ReplayedQuery) -> bool:
    """Whether the two lists are not the same."""
    memory = [evidence.key(hit) for hit in one.memory.hits[:K]]
    return memory != [evidence.key(hit) for hit in one.engine.hits]


def same_scores(evidence: ProofEvidence, one: ReplayedQuery) -> bool:
    """Whether the entries of the engine's list score, in memory, as those there do."""
    known = {evidence.key(hit): hit.score for hit in one.memory.hits}
    wanted = [hit.score for hit in one.memory.hits[:K]]
    found = [known.get(evidence.key(hit), float("-inf")) for hit in one.engine.hits]
    near = evidence.near(wanted, one.query.modality)
    return len(found) == len(wanted) and all(
        abs(a - b) <= near for a, b in zip(found, wanted, strict=True)
    )
