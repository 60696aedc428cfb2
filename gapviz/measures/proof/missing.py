"""Entries without a vector of a field that stand in its list all the same."""

from __future__ import annotations

import numpy as np

from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import ProofEvidence

DEEPEST = 10_000
"""Entries of a list that are looked through."""
LOOKED_AT = 1_000
"""Entries without a vector that are fetched."""


def missing_ranked(evidence: ProofEvidence) -> Cause | None:
    """Whether fields of items that lack a modality are ranked; single vectors lack nothing."""
    index, rows = evidence.index, evidence.rows
    if index.stored.column is not None:
        return None
    items = dict(zip(index.stored.ids, rows.item.tolist(), strict=True))
    ranked: set[tuple[str, str]] = set()
    n_lacking, example = 0, ""
    for code, name in enumerate(rows.names):
        owners = set(rows.item[rows.modality == code].tolist())
        lacking = {one for one, item in items.items() if item not in owners}
        n_lacking += len(lacking)
        if not lacking:
            continue
        field = index.stored.fields[name]
        for ids, held in evidence.fetched(tuple(sorted(lacking))[:LOOKED_AT], field):
            ranked |= {(name, one) for one, v in zip(ids, held, strict=True) if len(v)}
        for _, probes in evidence.probes:
            depth = min(len(items), DEEPEST)
            found = evidence.store.nearest(field, probes[:2], depth)
            for ids, scores in zip(found.ids, found.scores, strict=True):
                there = [place for place, one in enumerate(ids) if one in lacking]
                ranked |= {(name, ids[place]) for place in there}
                if there and not example:
                    score = float(scores[there[0]])
                    below = int((np.asarray(scores) < score).sum())
                    example = f", the first at score {score:.3g} above {below:,} others"
    if not ranked:
        return None
    sentence = (
        f"{len(ranked):,} of {n_lacking:,} missing vectors stand in the list of their field all "
        f"the same{example}: the engine ranks what is not there, and rank fusion counts it. Give "
        "each vector its own entry, or filter by what an entry has."
    )
    return Cause("missing", len(ranked), n_lacking, "missing vectors", sentence)
