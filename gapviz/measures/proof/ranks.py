"""Another constant, or weights that divide, in the engine's own rank fusion."""

from __future__ import annotations

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float32
from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.evidence import K, ProofEvidence
from gapviz.sources.stores.store import ReciprocalFusion

DEPTH = 100
APART = 1e-3
"""Relatively; a constant of 60 that is off by one moves the first score by 1.6 %."""


class EngineFusion:
    """What the engine fuses, beside its own lists and the formula.

    The engine's lists are those that it gives itself, so that neither its vectors nor its index
    matter here.
    """

    def __init__(self, evidence: ProofEvidence) -> None:
        """Ask nothing yet."""
        self.evidence = evidence

    @cached_property
    def rule(self) -> ReciprocalFusion | None:
        """The formula as measured, where the engine has one that can equal it."""
        told = self.evidence.strategy.fusion.plain or {}
        method = str(told.get("method", "")).removeprefix("items-")
        spec = self.evidence.index.spec
        if method != "rrf" or spec.fusion or self.evidence.exact.prepared is not None:
            return None
        constant = float(told["k"] + told["rank_base"] - 1)
        if set(told["weights"].values()) - {1.0} or constant < 1 or not constant.is_integer():
            return None
        return ReciprocalFusion(int(constant), DEPTH)

    def compared(self, rule: ReciprocalFusion) -> tuple[list[float], list[float], list[list[int]]]:
        """Scores that the engine tells, those of the formula, and the ranks they are made of.

        Raises:
            GapvizError: the engine does not fuse.
        """
        store, stored = self.evidence.store, self.evidence.index.stored
        told: list[float] = []
        expected: list[float] = []
        ranks: list[list[int]] = []
        for _, probes in self.evidence.probes:
            lists, where = {}, {}
            for name, field in stored.fields.items():
                only = None if stored.column is None else {stored.column: name}
                lists[name] = store.nearest(field, probes, DEPTH, where=only)
                if only is not None:
                    where[name] = only
            asked: dict[str, Float32] = dict.fromkeys(stored.fields, probes)
            found = store.fused(asked, K, rule, where=where or None)
            for place, (ids, scores) in enumerate(zip(found.ids, found.scores, strict=True)):
                places = [
                    {one: rank for rank, one in enumerate(part.ids[place], 1)}
                    for part in lists.values()
                ]
                for one, score in zip(ids, scores.tolist(), strict=True):
                    held = [part[one] for part in places if one in part]
                    told.append(score)
                    ranks.append(held)
                    expected.append(sum(1 / (rule.k + rank) for rank in held))
        return told, expected, ranks


def other_rank_fusion(evidence: ProofEvidence) -> Cause | None:
    """Whether what the engine fuses is Σ 1 / (k + rank) with the k that was measured."""
    fusion = EngineFusion(evidence)
    if fusion.rule is None:
        return None
    try:
        told, expected, ranks = fusion.compared(fusion.rule)
    except (GapvizError, NotImplementedError):
        return None  # gapviz fuses
    one, other = np.array(told), np.array(expected)
    away = np.abs(one - other) > APART * np.abs(other)
    if away.mean() <= 0.01:
        return None
    sentence = (
        f"The engine's rank fusion is not Σ 1 / ({fusion.rule.k} + rank): "
        f"{_described(one, ranks)}. Set its constant so that the first rank counts as measured; "
        "where ranks count from 0, that is k + 1."
    )
    return Cause("ranks", int(away.sum()), int(away.size), "scores", sentence)


def _described(told: np.ndarray, ranks: list[list[int]]) -> str:
    """The constant that fits what the engine tells best, in words."""
    candidates = np.arange(0, 201)
    errors = [
        np.median(
            np.abs(told - [sum(1 / (k + rank) for rank in one) for one in ranks])
            / np.maximum(np.abs(told), 1e-12)
        )
        for k in candidates
    ]
    best = int(np.argmin(errors))
    if errors[best] <= APART:
        return f"its scores are those of k = {candidates[best]}"
    return "no constant gives its scores; its weights may divide the rank, or it may rescale"
