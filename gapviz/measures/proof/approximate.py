"""What an approximate index does not find that an exact search does."""

from __future__ import annotations

from gapviz.core.errors import GapvizError
from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import ROUNDING, K, ProofEvidence


def approximate_search(evidence: ProofEvidence) -> Cause | None:
    """Recall@10 of the engine's own search in every list, held against its exact search.

    An entry that scores as the last of the exact list does counts as one of it.
    """
    index, found, wanted = evidence.index, 0, 0
    column = index.stored.column
    for name, field in index.stored.fields.items():
        where = None if column is None else {column: name}
        for _, probes in evidence.probes:
            usual = evidence.store.nearest(field, probes, K, where=where)
            try:
                exact = evidence.store.nearest(field, probes, K, where=where, exact=True)
            except GapvizError:
                return None  # the engine has no other search to be held against
            for ids, scores, others, levels in zip(
                usual.ids, usual.scores, exact.ids, exact.scores, strict=True
            ):
                if others:
                    level = float(levels[-1]) - ROUNDING
                    close = [one for one, score in zip(ids, scores, strict=True) if score >= level]
                    found += len({*close} | ({*ids} & {*others}))
                    wanted += len(others)
    if found >= wanted:
        return None
    told = ", ".join(dict.fromkeys(one.index for one in evidence.schema.fields if one.index))
    how = f" ({told})" if told else ""
    sentence = (
        f"The engine's usual search{how} finds {found / wanted:.1%} of what its exact search "
        f"finds among the first {K}. Raise the effort of the search (HNSW ef, IVF nprobe), or ask "
        "for exact search."
    )
    return Cause("approximate", wanted - found, wanted, "results", sentence)
