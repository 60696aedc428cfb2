"""What is followed while heads train, with its unit and direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gapviz.analyses.training.record import TrainingStep


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is drawn against the step."""

    title: str
    axis: str
    """With unit and direction."""
    values: Callable[[TrainingStep], Mapping[str, float]]
    """By part (a modality, a direction), or one nameless number."""
    top: float | None = None
    """Upper end of the axis, where it is fixed."""


QUANTITIES: Mapping[str, Quantity] = {
    "gap": Quantity("Gap", "‖Δ‖ (0 to 2, lower is closer)", lambda s: {"": s.gap}),
    "loss": Quantity("Loss", "nats a pair (lower is better)", lambda s: {"": s.loss}),
    "cone": Quantity("In-cone cosine", "mean cosine (1 = one point)", lambda s: dict(s.cone), 1),
    "recall": Quantity(
        "Held-out recall",
        "R@10 (higher is better)",
        lambda s: {f"{a} → {b}": value for (a, b), value in s.recall.items()},
        1,
    ),
    "bias": Quantity("Bias rate", "bias@10 (½ is neutral)", lambda s: dict(s.bias), 1),
}
