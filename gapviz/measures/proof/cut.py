"""Lists of the engine that are too short for what is made of them."""

from __future__ import annotations

from dataclasses import replace

from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import PROBES, K, ProofEvidence
from gapviz.measures.proof.ties import differs, same_scores


def cut_lists(evidence: ProofEvidence) -> Cause | None:
    """Whether lists that differ are those of memory once each is fetched whole."""
    index, n_rows = evidence.index, evidence.rows.n_rows
    if index.depth >= n_rows:
        return None
    departing = [
        one
        for one in evidence.answered
        if differs(evidence, one) and not same_scores(evidence, one)
    ][:PROBES]
    whole = replace(index, depth=n_rows)
    mended = 0
    for one in departing:
        again = replace(one, engine=whole.search(one.query, K))
        mended += not differs(evidence, again) or same_scores(evidence, again)
    if not mended:
        return None
    sentence = (
        f"{mended:,} of {len(departing):,} lists that depart are right once each list is fetched "
        f"whole instead of to a depth of {index.depth:,}: what stands further down counts as "
        "absent. Fetch deeper."
    )
    return Cause("cut", mended, len(departing), "lists", sentence)
