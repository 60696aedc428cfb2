"""Low temperature locks the gap in: what is left of it after training, by temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gapviz.analyses.training.features import TrainingFeatures
from gapviz.analyses.training.record import FIGURE_NAMES
from gapviz.analyses.training.run import TrainingOptions, train_run
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import Float64
from gapviz.measures.geometry.centroids import measure_cloud
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.storage.cache import CachedResult, cached

TEMPERATURES = (0.01, 0.02, 0.05, 0.1, 0.2)
STUDY_STEPS = 150
"""Of each run, unless told: enough to see where the gap goes."""
# Raise it when training would give other figures for the same features and options.
REVISION = 2


@dataclass(frozen=True, eq=False)
class TemperatureStudy:
    """Short runs that differ in temperature alone."""

    temperatures: Float64
    """`(n,)`, ascending."""
    gap_before: float
    """At random heads, the same for all."""
    gap: Float64
    """`(n,)`, after training."""
    recall: Float64
    """`(n,)`, mean held-out R@10 of both directions."""
    bias: Float64
    """`(n,)`, mean bias rate of both query modalities."""
    options: TrainingOptions
    """Of all runs, but for the temperature."""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, one a temperature in each list; NaN becomes None."""
        figures = plain_json(self)
        told = figures.pop("options")
        return {
            **{name: told[name] for name in ("loss", "intra_modal", "seed", "steps")},
            **{FIGURE_NAMES.get(name, name): value for name, value in figures.items()},
        }


def cached_temperatures(
    features: TrainingFeatures,
    options: TrainingOptions,
    temperatures: Sequence[float] = TEMPERATURES,
) -> CachedResult[TemperatureStudy]:
    """One run a temperature, and what is left of the gap.

    Computing it raises `GapvizError` where a temperature is out of range.

    Args:
        features: what to train on.
        options: everything but the temperature.
        temperatures: τ, ascending.
    """
    shared = replace(options, temperature=1.0, record_every=options.steps)
    return _study(features, shared, tuple(temperatures))


@cached("temperature-study", revision=REVISION)
def _study(
    features: TrainingFeatures,
    shared: TrainingOptions,
    temperatures: tuple[float, ...],
    progress: Progress = no_progress,
) -> TemperatureStudy:
    ends = []
    for number, temperature in enumerate(temperatures):
        progress(number / len(temperatures), f"training at τ = {temperature:g}")
        first, *_, last = train_run(features, replace(shared, temperature=temperature)).steps
        ends.append(last)
    return TemperatureStudy(
        temperatures=np.array(temperatures, dtype=np.float64),
        gap_before=first.gap,
        gap=np.array([end.gap for end in ends]),
        recall=np.array([end.mean_recall for end in ends]),
        bias=np.array([end.mean_bias for end in ends]),
        options=shared,
    )


def shipped_gaps(encoder: str) -> dict[str, tuple[float, float]]:
    """Temperature and held-out gap, by title, of the shipped encoders trained by plain InfoNCE.

    Nothing beside an `encoder` that does not ship: it was trained on other features.
    """
    if encoder not in BUILTIN_ENCODERS:
        return {}
    found = {}
    for name in ("builtin", "builtin:warm"):
        held = builtin_collection(name).split(EVALUATE)
        image, text = (measure_cloud(held.modality(m).corpus.vectors) for m in ("image", "text"))
        gap = float(np.linalg.norm(image.centroid - text.centroid))
        note = BUILTIN_ENCODERS[name]
        found[note.title] = (1 / note.logit_scale, gap)
    return found
