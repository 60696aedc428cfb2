"""Why there is a gap: heads trained while one looks on, and an experiment for each cause."""

from gapviz.training.features import TrainingFeatures, builtin_features, collection_features
from gapviz.training.forces import FORCES, Forces, three_forces
from gapviz.training.live import LiveRun
from gapviz.training.order import DirectionUnderShift, ShiftStudy, shift_study, temperature_of
from gapviz.training.random_start import RandomStart, cached_random_start
from gapviz.training.record import TrainingStep
from gapviz.training.run import (
    LOSS_TITLES,
    LossName,
    TrainingOptions,
    TrainingRun,
    train_run,
    training_steps,
)
from gapviz.training.temperature import (
    STUDY_STEPS,
    TEMPERATURES,
    TemperatureStudy,
    cached_temperatures,
    shipped_gaps,
)

__all__ = [
    "FORCES",
    "LOSS_TITLES",
    "STUDY_STEPS",
    "TEMPERATURES",
    "DirectionUnderShift",
    "Forces",
    "LiveRun",
    "LossName",
    "RandomStart",
    "ShiftStudy",
    "TemperatureStudy",
    "TrainingFeatures",
    "TrainingOptions",
    "TrainingRun",
    "TrainingStep",
    "builtin_features",
    "cached_random_start",
    "cached_temperatures",
    "collection_features",
    "shift_study",
    "shipped_gaps",
    "temperature_of",
    "three_forces",
    "train_run",
    "training_steps",
]
