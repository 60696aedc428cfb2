"""Rotation and translation, the guide's small linear map."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from gapviz.core.vectors import Float64
from gapviz.strategies.linear_map import ANCHOR, QUERY_COST, STORES, LinearMap
from gapviz.strategies.spec import AdviceRule, StrategySpec


class Procrustes(LinearMap):
    """W = UVᵀ of the singular value decomposition of AᵀB: the best rotation (Schönemann 1966).

    With fewer pairs than dimensions AᵀB leaves directions free, and the rotation of those is
    whatever the decomposition happens to return: rounding alone then moves held-out recall by
    some hundredths.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="procrustes",
        title="Rotation and translation",
        formula="norm((x − μx)R), norm(y − μy); R = UVᵀ of SVD((X − μx)ᵀ(Y − μy))",
        known=(
            "A free rotation overfits: 250 pairs of real CLIP in 512 dimensions drop held-out "
            "R@1 from .62 to .24."
        ),
        acts_on="vectors",
        stores=STORES,
        query_cost=QUERY_COST,
        parameters=(ANCHOR,),
        needs_pairs=True,
        across_modalities=True,
        aliases=("rotation",),
        advice=(
            AdviceRule(
                "one-way",
                "index",
                "hurts",
                "A freely learned rotation overfits and loses held-out recall.",
                "Wrong unless there are many more pairs than dimensions.",
            ),
            AdviceRule(
                "mixed",
                "index",
                "helps",
                "A freely learned rotation lays one cloud on the other, but overfits and loses "
                "recall.",
                "Wrong unless there are many more pairs than dimensions.",
            ),
        ),
        place=21,
    )

    def learn(self, a: Float64, b: Float64) -> Float64:
        u, _, vt = np.linalg.svd(a.T @ b)
        return np.asarray(u @ vt, dtype=np.float64)

    def fit_warnings(self, n_pairs: int, dim: int, modality: str) -> tuple[str, ...]:
        if n_pairs > dim:
            return ()
        self.determined_ = False
        return (
            f"{n_pairs} calibration pairs do not determine a rotation of {modality} in {dim} "
            "dimensions: it overfits, rounding moves its figures, and they have no interval; ridge "
            "towards identity is the safer map.",
        )
