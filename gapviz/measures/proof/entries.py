"""Entries that are not there, and entries that nobody wrote."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Mask
from gapviz.core.wording import counted
from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import ProofEvidence


def dropped_vectors(evidence: ProofEvidence) -> Cause | None:
    """Items of which no vector of a modality is there."""
    lost, alone = _lost(evidence)
    n, stored = int((lost & alone).sum()), evidence.stored
    total = len(set(evidence.index.stored.ids)) - evidence.schema.n_entries
    if not n and total > 0 and not lost.any():
        # Too few to be in the sample: only their number says so.
        sentence = (
            f"The collection holds {counted(evidence.schema.n_entries, 'entry', 'entries')}, "
            f"{total:,} fewer than were to be written. Write again: `gapviz export --to` writes "
            "what is missing."
        )
        return Cause("dropped", total, len(set(evidence.index.stored.ids)), "entries", sentence)
    if not n:
        return None
    rows = evidence.rows
    here = rows.modality[stored.row[lost & alone]]
    names = ", ".join(f"{rows.names[code]} {(here == code).sum():,}" for code in np.unique(here))
    sentence = (
        f"{n:,} of {stored.row.size:,} vectors that were looked for are not there ({names}), and "
        "cannot be found. Write again: `gapviz export --to` writes what is missing; an engine that "
        "drops items without a vector of every field needs one entry a vector."
    )
    return Cause("dropped", n, stored.row.size, "vectors", sentence)


def lost_of_several(evidence: ProofEvidence) -> Cause | None:
    """Items of which some vectors of a modality are there, and others are not."""
    lost, alone = _lost(evidence)
    n, size = int((lost & ~alone).sum()), evidence.stored.row.size
    if not n:
        return None
    sentence = (
        f"{n:,} of {size:,} vectors that were looked for are not there, though others of the same "
        "item and modality are: only some of its captions can be found. Store them as a "
        "multivector, or one entry a vector."
    )
    return Cause("several", n, size, "vectors", sentence)


def foreign_entries(evidence: ProofEvidence) -> Cause | None:
    """Entries beyond those that were to be written."""
    n, total = evidence.unknown_entries, evidence.schema.n_entries
    if not n:
        return None
    sentence = (
        f"The collection holds {counted(total, 'entry', 'entries')}, {n:,} more than were to be "
        "written. They take places in every list; write into a collection of its own."
    )
    return Cause("foreign", n, total, "entries", sentence)


def _lost(evidence: ProofEvidence) -> tuple[Mask, Mask]:
    """`(n_checked,)`: rows that are not there, and rows of whose item and modality none is."""
    stored, rows = evidence.stored, evidence.rows
    group = np.unique(
        np.stack([rows.item[stored.row], rows.modality[stored.row]]), axis=1, return_inverse=True
    )[1].reshape(-1)
    there = np.bincount(group, weights=stored.vector) > 0
    return ~stored.vector, ~there[group]
