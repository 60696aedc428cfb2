"""What is written down of a training run: figures and a picture of the held-out pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.plain_json import plain_json
from gapviz.core.vectors import Float32, read_only
from gapviz.measures.experiment import Experiment
from gapviz.measures.projection.layout import Layout
from gapviz.measures.projection.project import project

DEPTH = 10
FIGURE_NAMES = {"recall": f"recall_at_{DEPTH}", "bias": f"bias_at_{DEPTH}"}
"""In JSON, of fields whose name leaves the depth out."""


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """The heads at one step, measured on the held-out pairs."""

    step: int
    """How many updates came before."""
    loss: float
    """Of the batch that comes next, in nats a pair; only comparable at one
    temperature, and of ModGap with one pair of weights."""
    scale: float
    """What cosines are multiplied with in the loss: 1/τ."""
    gap: float
    """‖μ₁ − μ₂‖."""
    separation: float
    """Variant A: gap over the mean distance to the own centroid."""
    cone: Mapping[str, float]
    """Mean cosine of two different rows, per modality."""
    recall: Mapping[tuple[str, str], float]
    """R@10 by direction (source, target), over an index of the target alone."""
    bias: Mapping[str, float]
    """Bias rate per query modality, over the mixed index."""
    layout: Layout
    """Gap axis and top residual; y is turned so that points keep their side from record to
    record."""

    @property
    def mean_recall(self) -> float:
        """Mean over both directions."""
        return float(np.mean([*self.recall.values()]))

    @property
    def mean_bias(self) -> float:
        """Mean over both query modalities."""
        return float(np.mean([*self.bias.values()]))

    def to_json(self) -> dict[str, Any]:
        """Plain numbers under the field's names; NaN becomes None."""
        names = [field.name for field in fields(self) if field.name != "layout"]
        return {FIGURE_NAMES.get(name, name): plain_json(getattr(self, name)) for name in names}


def recorded(
    step: int,
    loss: float,
    vectors: Mapping[str, Float32],
    *,
    scale: float,
    before: TrainingStep | None,
) -> TrainingStep:
    """Measure the held-out pairs.

    Args:
        step: updates so far.
        loss: of the current batch.
        vectors: `(n, dim)` unit rows of both modalities; row i of each is item i's.
        scale: 1/τ.
        before: the record before, whose side of the y axis is kept.
    """
    names = tuple(vectors)
    n = len(vectors[names[0]])
    held = Collection(
        "held-out pairs",
        items_of_rows(n),
        {name: ModalityVectors.of(block) for name, block in vectors.items()},
    )
    measured = Experiment(held, fit="all", pair=(names[0], names[1])).measurement
    geometry = measured.geometry
    gap = geometry.gap.gap
    return TrainingStep(
        step=step,
        loss=loss,
        scale=scale,
        gap=gap,
        separation=geometry.gap.separation,
        cone={names[0]: geometry.x.cone, names[1]: geometry.y.cone},
        recall={
            way: float(outcome.recall(DEPTH).mean()) for way, outcome in measured.cross.items()
        },
        bias={name: float(outcome.own_share.mean()) for name, outcome in measured.mixed.items()},
        layout=_same_way_up(project(vectors, method="gap_axis" if gap > 1e-5 else "pca"), before),
    )


def _same_way_up(layout: Layout, before: TrainingStep | None) -> Layout:
    """The layout, with y turned over where that agrees better with the record before."""
    if before is None or float(layout.points[:, 1] @ before.layout.points[:, 1]) >= 0:
        return layout
    points = layout.points * np.array([1, -1], dtype=np.float32)
    return replace(layout, points=read_only(points))
