"""The records of a training run as a film: what a browser is sent to draw it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from gapviz.analyses.training.record import TrainingStep
from gapviz.core.foreign import in_terminal
from gapviz.figures.modality_style import style_of

FINEST = 32_767
"""Steps of a coordinate between 0 and the furthest one: int16."""


def training_film(steps: Sequence[TrainingStep]) -> dict[str, Any]:
    """Every record's points and figures, to be drawn one after another.

    Points are int16, little-endian, in base64: record by record x and y of each point, modality
    by modality; divided by `FINEST` and multiplied by `scale` they are those of the layouts.

    Args:
        steps: one or more records of one run.
    """
    first = steps[0].layout
    points = np.stack([step.layout.points for step in steps])
    scale = float(np.abs(points).max(initial=0.0)) or 1.0
    packed = np.rint(points / scale * FINEST).astype("<i2")
    looks = [(name, style_of(name, first.modalities)) for name in first.modalities]
    return {
        "modalities": [
            {
                "name": in_terminal(name),
                "color": style.color,
                "symbol": style.symbol,
                "count": int(first.points_of(name).shape[0]),
            }
            for name, style in looks
        ],
        "points": base64.b64encode(packed.tobytes()).decode(),
        "scale": scale / FINEST,
        "reach": np.abs(points).max(axis=(0, 1)).tolist(),
        "records": [
            {
                "step": step.step,
                "gap": step.gap,
                "recall": step.mean_recall,
                "bias": step.mean_bias,
            }
            for step in steps
        ],
    }
