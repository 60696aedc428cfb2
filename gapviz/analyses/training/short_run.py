"""A short run, kept record by record, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from gapviz.analyses.training.features import TrainingFeatures
from gapviz.analyses.training.record import DEPTH, TrainingStep
from gapviz.analyses.training.run import TrainingOptions, train_run
from gapviz.core.progress import Progress, no_progress
from gapviz.core.wording import figure
from gapviz.storage.cache import CachedResult, cached

SHORT_STEPS = 60
SHORT_RECORD_EVERY = 4
APART = 0.5
"""Share of the first gap that must be left for two clouds to be called apart still."""
LEARNED = 0.05
"""How much recall must grow for a run to be said to have learned anything."""
# Raise it when training would give other records for the same features and options.
REVISION = 1


@dataclass(frozen=True, eq=False)
class ShortRun:
    """Every record of a run, with both clouds."""

    options: TrainingOptions
    steps: tuple[TrainingStep, ...]
    """From step 0 on, before any training."""


def short_run(
    features: TrainingFeatures,
    *,
    seed: int,
    steps: int = SHORT_STEPS,
    record_every: int = SHORT_RECORD_EVERY,
) -> CachedResult[ShortRun]:
    """A few seconds of InfoNCE at its usual temperature.

    Args:
        features: what to train on.
        seed: of everything random.
        steps: updates of both heads.
        record_every: steps from one record to the next.
    """
    return _run(features, TrainingOptions(seed=seed, steps=steps, record_every=record_every))


def short_run_reading(run: ShortRun) -> str:
    """What became of recall and of the gap."""
    first, last = run.steps[0], run.steps[-1]
    found = (
        f"Before training {first.mean_recall:.0%} of the queries find their match among the first "
        f"{DEPTH}, after {last.step} steps {last.mean_recall:.0%}."
    )
    gap = f"The gap between the clouds goes from {figure(first.gap, 2)} to {figure(last.gap, 2)}"
    learned = last.mean_recall - first.mean_recall >= LEARNED
    if last.gap < APART * first.gap:
        return f"{found} {gap}: here training brings the clouds together."
    if not learned:
        return f"{found} {gap}: so few steps have taught the heads next to nothing."
    return f"{found} {gap}: the heads learn to find pairs, and the clouds stay apart."


@cached("short-run", revision=REVISION)
def _run(
    features: TrainingFeatures, options: TrainingOptions, progress: Progress = no_progress
) -> ShortRun:
    return ShortRun(options, train_run(features, options, progress).steps)
