"""The three causes of the gap as one result: start, order, temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from gapviz.core.collection import EVALUATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.training.features import collection_features
from gapviz.training.order import ShiftStudy, shift_study
from gapviz.training.random_start import RandomStart, cached_random_start
from gapviz.training.run import TrainingOptions
from gapviz.training.temperature import (
    STUDY_STEPS,
    TemperatureStudy,
    cached_temperatures,
    shipped_gaps,
)

Force = Literal["start", "order", "temperature"]
FORCES: tuple[Force, ...] = get_args(Force)


@dataclass(frozen=True, eq=False)
class Forces:
    """One experiment a cause; None for what was not asked for."""

    start: RandomStart | None = None
    """Encoders at random weights: not of the collection, but of built-in drawings."""
    order: ShiftStudy | None = None
    temperature: TemperatureStudy | None = None
    shipped: Mapping[str, tuple[float, float]] | None = None
    """Temperature and gap to lay beside `temperature`; see `shipped_gaps`."""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers by experiment; NaN becomes None."""
        made = {"start": self.start, "order": self.order, "temperature": self.temperature}
        figures = {name: one.to_json() for name, one in made.items() if one is not None}
        if self.shipped is not None:
            figures["shipped"] = {
                title: {"temperature": temperature, "gap": gap}
                for title, (temperature, gap) in self.shipped.items()
            }
        return figures


def three_forces(
    collection: Collection,
    pair: tuple[str, str],
    *,
    only: Sequence[str] = FORCES,
    shift: float = 1.0,
    steps: int = STUDY_STEPS,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> Forces:
    """The experiments of the page, with its protocol; what takes long is cached.

    Args:
        collection: with splits; the order is looked at on the evaluate split.
        pair: the two modalities.
        only: of `FORCES`.
        shift: of the answers, in gaps; see `shift_study`.
        steps: of each run at a temperature.
        seed: of weights, samples and training.
        progress: told of each stage; may raise to cancel.

    Raises:
        GapvizError: an unknown experiment, a number out of range, no such modality, or too few
            pairs for what was asked.
    """
    for name in only:
        if name not in FORCES:
            raise GapvizError(
                f"there is no experiment {name[:40]!r}", hint=f"choose of {', '.join(FORCES)}"
            )
    options = TrainingOptions(seed=seed, steps=steps, record_every=steps)
    say = progress or (lambda share, stage: None)
    # What can be refused comes before what takes long.
    features = collection_features(collection, pair) if "temperature" in only else None
    order = None
    if "order" in only:
        order = shift_study(collection.split(EVALUATE), pair, shift, seed=seed)
    start = None
    if "start" in only:
        start = cached_random_start(seed=seed).compute(lambda share, stage: say(share / 2, stage))
    if features is None:
        return Forces(start, order)
    study = cached_temperatures(features, options).compute(
        lambda share, stage: say(0.5 + share / 2, stage)
    )
    return Forces(start, order, study, shipped_gaps(collection.encoder))
