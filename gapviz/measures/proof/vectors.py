"""Vectors as they came from the encoder where moved ones were measured, or other ones."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float64
from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import ProofEvidence
from gapviz.measures.proof.ties import differs, same_scores

SAME = 1e-3
"""1 − cosine of a stored vector and the one that was to be written; float16 stays below."""
EXACT = 1e-9
"""The same of a vector in float32."""
SAID = 1e-4
"""The same of the vector as encoded, where it is another one."""


def other_vectors(evidence: ProofEvidence) -> Cause | None:
    """Stored vectors that point elsewhere than those that were to be written."""
    stored = evidence.stored
    known = np.flatnonzero(stored.vector & (stored.lengths > 0))
    away = 1 - _cosines(stored.vectors[known], evidence.rows.vectors[stored.row[known]])
    wrong = known[away > SAME]
    if not wrong.size:
        return None
    encoded = np.concatenate(
        [evidence.collection.modality(name).corpus.vectors for name in evidence.rows.names]
    )
    raw = 1 - _cosines(stored.vectors[wrong], encoded[stored.row[wrong]]) < SAID
    n_raw, n = int(raw.sum()), int(wrong.size)
    told = []
    if n_raw:
        told.append(f"{n_raw:,} stand there as they were encoded, not moved by the strategy")
    if n > n_raw:
        told.append(
            f"{n - n_raw:,} are other vectors: of another strategy, or encoded another time"
        )
    sentence = (
        f"Of {known.size:,} stored vectors, {' and '.join(told)}. An index in which only some are "
        "moved is worse than one in which none is: write all of them anew."
    )
    return Cause("vectors", n, int(known.size), "vectors", sentence)


def rounded_vectors(evidence: ProofEvidence) -> Cause | None:
    """Vectors in fewer digits than float32, where lists differ by more than equal scores."""
    stored = evidence.stored
    known = np.flatnonzero(stored.vector & (stored.lengths > 0))
    away = 1 - _cosines(stored.vectors[known], evidence.rows.vectors[stored.row[known]])
    rounded = (away > EXACT) & (away <= SAME)
    differing = [one for one in evidence.answered if differs(evidence, one)]
    if not rounded.any() or all(same_scores(evidence, one) for one in differing):
        return None
    n, size = int(rounded.sum()), int(known.size)
    sentence = (
        f"{n:,} of {size:,} stored vectors have fewer digits than those that were measured "
        f"(1 − cosine up to {away[rounded].max():.1g}), and near scores change places. Store "
        "float32, or rank again what the engine finds."
    )
    return Cause("rounded", n, size, "vectors", sentence)


def _cosines(one: np.ndarray, other: np.ndarray) -> Float64:
    a, b = one.astype(np.float64), other.astype(np.float64)
    products = np.einsum("nd,nd->n", a, b)
    found: Float64 = products / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return found
