"""Every number that decides what the heads of the built-in encoder and its variants become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gapviz.training.objectives import INTRA_MODAL, InfoNCE, Objective, Sigmoid

# Where CLIP's ends up after training; low, so the gap that the heads were born with stays.
TEMPERATURE = 0.01


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all variants share, so that only the objective tells them apart."""

    seed: int = 0
    batch: int = 400
    steps: int = 500
    eval_every: int = 10
    learning_rate: float = 1e-3
    loss_learning_rate: float = 1e-2
    """For what a loss learns itself; such numbers have far to go in 500 steps."""
    weight_decay: float = 0.01
    hidden: int = 512
    dropout: float = 0.3
    image_noise: float = 0.3
    """Standard deviation of the noise added to standardised features."""
    text_noise: float = 0.5
    views: int = 4
    """Altered renderings of each training drawing, beside the plain one."""
    plain_share: float = 0.5
    near_equal: float = 0.01
    """Of checkpoints whose recall differs by less, the earliest is kept."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A set of heads to train."""

    name: str
    """As after the colon of the encoder's name; empty for the built-in encoder itself."""
    candidates: Sequence[Objective]
    """Where there are several, recall on `calibrate` chooses; of the nearly equal, the last."""


VARIANTS = (
    Variant("", [InfoNCE(TEMPERATURE)]),
    Variant("sigmoid", [Sigmoid()]),
    Variant(
        "intra-modal",
        [InfoNCE(TEMPERATURE, INTRA_MODAL, INTRA_MODAL, "InfoNCE with intra-modal terms")],
    ),
    Variant("warm", [InfoNCE(0.03), InfoNCE(0.05), InfoNCE(0.1)]),
)
