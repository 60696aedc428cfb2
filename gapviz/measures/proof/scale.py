"""Scores that are no cosines: another metric, vectors of other lengths, or another scale."""

from __future__ import annotations

import numpy as np

from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import K, ProofEvidence
from gapviz.sources.stores.store import cosines

FAR = 1e-3
"""Scores of the same vectors further apart than this are on another scale."""


def other_scale(evidence: ProofEvidence) -> Cause | None:
    """Whether the engine's scores are the cosines of what it stores."""
    index = evidence.index
    scores: list[float] = []
    expected: list[float] = []
    lengths: list[float] = []
    for name, field in index.stored.fields.items():
        column = index.stored.column
        where = None if column is None else {column: name}
        for _, probes in evidence.probes:
            found = evidence.store.nearest(field, probes[:3], K, where=where)
            for query, ids, told in zip(probes, found.ids, found.scores, strict=False):
                known = {
                    one: held
                    for batch, vectors in evidence.fetched(tuple(ids), field)
                    for one, held in zip(batch, vectors, strict=True)
                }
                for one, score in zip(ids, told.tolist(), strict=True):
                    held = known.get(one)
                    long = [] if held is None else np.linalg.norm(held, axis=1).tolist()
                    if held is not None and long and min(long) > 0:
                        scores.append(score)
                        expected.append(float(cosines(held, query[None]).max()))
                        lengths += long
    away = np.abs(np.array(scores) - np.array(expected)) > FAR
    if not away.any():
        return None
    metric = {one.metric for one in evidence.schema.fields} - {"cosine"}
    if metric == {"euclidean"}:
        how = "they are distances, not cosines"
    elif metric == {"dot"}:
        how = (
            f"they are products of vectors of lengths from {min(lengths):.3g} to {max(lengths):.3g}"
        )
    else:
        slope, start = np.polyfit(expected, scores, 1)
        how = f"they are about {start:.3g} + {slope:.3g} · cosine"
    sentence = (
        f"The engine's scores are not the cosines of what it holds: {how}. Thresholds and merged "
        "lists of the export are for cosines; measure by the cosine, or store vectors of length 1."
    )
    return Cause("scale", int(away.sum()), len(scores), "scores", sentence)
