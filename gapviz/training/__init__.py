"""Why there is a gap: heads trained while one looks on, and an experiment for each cause."""

from gapviz.training.features import TrainingFeatures, builtin_features, collection_features
from gapviz.training.live import LiveRun
from gapviz.training.order import DirectionUnderShift, ShiftStudy, shift_study
from gapviz.training.random_start import RandomStart, random_start, ready_random_start
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
    TEMPERATURES,
    TemperatureStudy,
    ready_temperature_study,
    shipped_gaps,
    temperature_study,
)

__all__ = [
    "LOSS_TITLES",
    "TEMPERATURES",
    "DirectionUnderShift",
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
    "collection_features",
    "random_start",
    "ready_random_start",
    "ready_temperature_study",
    "shift_study",
    "shipped_gaps",
    "temperature_study",
    "train_run",
    "training_steps",
]
