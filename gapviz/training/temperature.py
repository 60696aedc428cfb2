"""Low temperature locks the gap in: what is left of it after training, by temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gapviz.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.collection import EVALUATE
from gapviz.geometry import measure_cloud
from gapviz.progress import Progress
from gapviz.storage.cache import content_key, read_arrays, write_arrays
from gapviz.training.features import TrainingFeatures
from gapviz.training.run import TrainingOptions, train_run
from gapviz.vectors import Float64

TEMPERATURES = (0.01, 0.02, 0.05, 0.1, 0.2)
KIND = "temperature-study"
# Raise it when training would give other figures for the same features and options.
REVISION = 1


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
    """`(n,)`, mean bias@10 of both query modalities."""
    options: TrainingOptions
    """Of all runs, but for the temperature."""


def temperature_study(
    features: TrainingFeatures,
    options: TrainingOptions,
    temperatures: Sequence[float] = TEMPERATURES,
    progress: Progress | None = None,
) -> TemperatureStudy:
    """Train once per temperature and keep what is left of the gap; cached by content.

    Args:
        features: what to train on.
        options: everything but the temperature.
        temperatures: τ, ascending.
        progress: called with the share done; may raise to cancel.

    Raises:
        GapvizError: a temperature out of range.
    """
    ready = ready_temperature_study(features, options, temperatures)
    if ready is not None:
        return ready
    shared = _shared(options)
    figures = _figures(features, shared, temperatures, progress)
    write_arrays(KIND, _key(features, shared, temperatures), {"figures": figures})
    return _study(figures, shared, temperatures)


def ready_temperature_study(
    features: TrainingFeatures,
    options: TrainingOptions,
    temperatures: Sequence[float] = TEMPERATURES,
) -> TemperatureStudy | None:
    """What `temperature_study` returned for the same arguments, or None."""
    shared = _shared(options)
    kept = read_arrays(KIND, _key(features, shared, temperatures))
    if kept is None or "figures" not in kept:
        return None
    return _study(kept["figures"], shared, temperatures)


def shipped_gaps() -> dict[str, tuple[float, float]]:
    """Temperature and held-out gap of the shipped encoders trained by plain InfoNCE, by title."""
    found = {}
    for name in ("builtin", "builtin:warm"):
        held = builtin_collection(name).split(EVALUATE)
        image, text = (measure_cloud(held.modality(m).corpus.vectors) for m in ("image", "text"))
        gap = float(np.linalg.norm(image.centroid - text.centroid))
        note = BUILTIN_ENCODERS[name]
        found[note.title] = (1 / note.logit_scale, gap)
    return found


def _shared(options: TrainingOptions) -> TrainingOptions:
    return replace(options, temperature=1.0, record_every=options.steps)


def _key(features: TrainingFeatures, shared: TrainingOptions, temperatures: Sequence[float]) -> str:
    return content_key(
        features=features.content_hash,
        options=repr(shared),
        temperatures=list(temperatures),
        revision=REVISION,
    )


def _study(
    figures: Float64, shared: TrainingOptions, temperatures: Sequence[float]
) -> TemperatureStudy:
    before, gap, recall, bias = figures
    tried = np.array(temperatures, dtype=np.float64)
    return TemperatureStudy(tried, float(before[0]), gap, recall, bias, shared)


def _figures(
    features: TrainingFeatures,
    shared: TrainingOptions,
    temperatures: Sequence[float],
    progress: Progress | None,
) -> Float64:
    """`(4, n)`: gap before, gap after, recall, bias."""
    columns = []
    for number, temperature in enumerate(temperatures):
        if progress is not None:
            progress(number / len(temperatures), f"training at τ = {temperature:g}")
        first, *_, last = train_run(features, replace(shared, temperature=temperature)).steps
        columns.append([first.gap, last.gap, last.mean_recall, last.mean_bias])
    return np.array(columns, dtype=np.float64).T
