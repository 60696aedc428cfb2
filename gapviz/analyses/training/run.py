"""Two small heads trained on fixed features, with a record of every few steps.

The heads are those of the built-in encoder in small: standardise, look along some random
directions, widen, ReLU, narrow to the joint space, scale to length 1. Everything random
is drawn from generators of the run's own, so that runs in several threads neither wait for
nor disturb one another.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from safetensors.numpy import save

from gapviz.analyses.training.features import TrainingFeatures
from gapviz.analyses.training.objectives import (
    ALIGNMENT,
    INTRA_MODAL,
    UNIFORMITY,
    InfoNCE,
    Loss,
    ModGap,
    Objective,
    Sigmoid,
    with_intra_modal_terms,
)
from gapviz.analyses.training.record import TrainingStep, recorded
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.nearest import choose
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.heads import Head

LossName = Literal["infonce", "sigmoid", "modgap"]
LOSS_TITLES: dict[LossName, str] = {
    "infonce": "InfoNCE",
    "sigmoid": "sigmoid",
    "modgap": "ModGap",
}

MODGAP_WEIGHTS = (
    Parameter(
        "alignment",
        "Alignment",
        "number",
        ALIGNMENT,
        "weight of mean‖x − y‖², which draws both halves of a pair together; of the ModGap loss",
        symbol="λ₁",
        low=0.0,
        high=100.0,
    ),
    Parameter(
        "uniformity",
        "Uniformity",
        "number",
        UNIFORMITY,
        "weight of log mean exp(−2‖cᵢ − cⱼ‖²), which spreads the centroids of the pairs; of the "
        "ModGap loss",
        symbol="λ₂",
        low=0.0,
        high=100.0,
    ),
)
"""What the ModGap loss has and no other."""

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.005, 1.0
MAX_STEPS = 2_000

BATCH = 128
WIDTH = 384
"""Wider features are seen along so many random directions, which makes a step thrice as quick
and keeps distances to a few percent (Johnson and Lindenstrauss 1984)."""
HIDDEN = 256
DIM = 128
LEARNING_RATE = 1e-3
LOSS_LEARNING_RATE = 1e-2
WEIGHT_DECAY = 0.01
DROPOUT = 0.3
NOISE = 0.3
"""Standard deviation of what is added to standardised features, against learning by rote."""

_lock = threading.Lock()
_inside = 0
_usual = 1


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """What a visitor chooses.

    Raises:
        GapvizError: an unknown loss, or a number out of range.
    """

    temperature: float = 0.01
    """τ; the sigmoid loss starts from the scale 1/τ and learns it."""
    loss: LossName = "infonce"
    intra_modal: bool = False
    """Add CyCLIP's consistency terms."""
    seed: int = 42
    steps: int = 300
    record_every: int = 10
    alignment: float | None = None
    """λ₁ of the ModGap loss, its default where None; no other loss has one."""
    uniformity: float | None = None
    """λ₂ of the ModGap loss, likewise."""

    def __post_init__(self) -> None:
        if self.loss not in get_args(LossName):
            raise GapvizError(
                f"there is no loss {self.loss!r}", hint=choose(self.loss, LOSS_TITLES)
            )
        for name, value, low, high in (
            ("temperature", self.temperature, MIN_TEMPERATURE, MAX_TEMPERATURE),
            ("steps", self.steps, 1, MAX_STEPS),
            ("record_every", self.record_every, 1, self.steps),
        ):
            if not low <= value <= high:
                raise GapvizError(
                    f"{name} {value:g} is out of range", hint=f"choose {low:g} to {high:g}"
                )
        for weight in MODGAP_WEIGHTS:
            value = getattr(self, weight.name)
            if self.loss == "modgap":
                checked = weight.checked(weight.default if value is None else value)
                object.__setattr__(self, weight.name, checked)
            elif value is not None:
                raise GapvizError(
                    f"the loss {self.loss} has no weight {weight.name} {weight.symbol}",
                    hint="leave it out, or choose the loss modgap",
                )

    @property
    def title(self) -> str:
        """What tells the run from others, short."""
        terms = ", intra-modal" if self.intra_modal else ""
        weights = "".join(
            f"{one.described(getattr(self, one.name))}, "
            for one in MODGAP_WEIGHTS
            if self.loss == "modgap"
        )
        return (
            f"{LOSS_TITLES[self.loss]}{terms}, {weights}τ = {self.temperature:g}, seed {self.seed}"
        )

    def make_loss(self) -> Loss:
        """The loss, with fresh parameters of its own."""
        weight = INTRA_MODAL if self.intra_modal else 0.0
        plain: Objective
        if self.loss == "infonce":
            plain = InfoNCE(self.temperature)
        elif self.loss == "sigmoid":
            plain = Sigmoid(1 / self.temperature)
        else:
            weights = {one.name: getattr(self, one.name) for one in MODGAP_WEIGHTS}
            plain = ModGap(self.temperature, **weights)
        return with_intra_modal_terms(plain.loss(), weight, weight)


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A run to its end."""

    options: TrainingOptions
    steps: tuple[TrainingStep, ...]
    """Every `record_every` steps and the last one, from step 0 on, before any training."""
    heads: Mapping[str, Head]
    """Per modality the head of the last record, from features to the joint space."""

    def to_json(self) -> dict[str, Any]:
        """Options and figures as plain numbers, without points and heads; NaN becomes None."""
        return {
            "options": asdict(self.options),
            "modalities": list(self.heads),
            "steps": [step.to_json() for step in self.steps],
        }

    def heads_file(self) -> bytes:
        """Both heads as safetensors, with the options; `Head.load(path, modality)` reads one."""
        tensors: dict[str, Float32] = {}
        for name, head in self.heads.items():
            tensors |= head.tensors(name)
        # One entry: safetensors writes several in an order that changes.
        content: bytes = save(tensors, {"training": json.dumps(asdict(self.options))})
        return content


def train_run(
    features: TrainingFeatures, options: TrainingOptions, progress: Progress = no_progress
) -> TrainingRun:
    """Train both heads; the same features, options and machine give the same figures.

    Args:
        features: from `builtin_features` or `collection_features`.
        options: loss, temperature, seed, steps.
        progress: called with the share done after every record; may raise to cancel.

    Raises:
        GapvizError: as `training_steps`.
    """
    steps = []
    for record in _training(features, options):
        step, heads = record
        steps.append(step)
        progress(step.step / options.steps, f"{step.step:,} of {options.steps:,} steps")
    return TrainingRun(options, tuple(steps), heads)


def training_steps(features: TrainingFeatures, options: TrainingOptions) -> Iterator[TrainingStep]:
    """The records of a run, one by one: training goes on as far as they are asked for."""
    return (step for step, _ in _training(features, options))


def _training(
    features: TrainingFeatures, options: TrainingOptions
) -> Iterator[tuple[TrainingStep, dict[str, Head]]]:
    """Each record, and the heads that it is of."""
    needed("torch", "training")
    import torch
    from torch.nn.functional import normalize

    draw = torch.Generator().manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    blocks = (features.first, features.second)
    with _one_thread():
        heads = [_TrainedHead(block, features.train, draw) for block in blocks]
    held_out = [block[features.held_out] for block in blocks]
    loss = options.make_loss()
    groups = [
        {"params": [w for head in heads for w in head.weights], "weight_decay": WEIGHT_DECAY},
        {"params": [*loss.learned.values()], "weight_decay": 0.0, "lr": LOSS_LEARNING_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, lr=LEARNING_RATE)
    previous: TrainingStep | None = None
    n_train = features.train.size
    for step in range(options.steps + 1):
        with _one_thread():
            batch = rng.permutation(n_train)[: min(BATCH, n_train)]
            x, y = (normalize(head.joint(batch, draw), dim=1) for head in heads)
            value = loss.of(x, y)
        if step % options.record_every == 0 or step == options.steps:
            now = {
                name: head.exported() for name, head in zip(features.modalities, heads, strict=True)
            }
            vectors = {
                name: head.project(rows)
                for (name, head), rows in zip(now.items(), held_out, strict=True)
            }
            # What cosines are multiplied with in the loss, as far as it has been learned.
            learned = loss.learned.get("log_scale")
            scale = 1 / options.temperature if learned is None else float(learned.detach().exp())
            previous = recorded(step, float(value.detach()), vectors, scale=scale, before=previous)
            yield previous, now
        with _one_thread():
            optimiser.zero_grad()
            value.backward()
            optimiser.step()


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for torch inside; what was usual before, once no one is inside any more.

    Small matrices are multiplied on one: on a busy machine, two wait for each other. Part of
    torch's setting holds for the calling thread, part for the process, so it is set in every
    thread, and counted.
    """
    global _inside, _usual  # noqa: PLW0603 - torch's setting is one a process
    import torch

    with _lock:
        if not _inside:
            _usual = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                torch.set_num_threads(_usual)


class _TrainedHead:
    """One head while it is trained: its standardised features and its weights."""

    def __init__(self, features: Float32, train: Any, draw: Any) -> None:
        import torch

        rows = features[train]
        self._mean = rows.mean(axis=0)
        # A feature that is silent on the training items must not shout on others.
        self._spread = rows.std(axis=0) + np.float32(1e-4)
        standard = (rows - self._mean) / self._spread
        width = features.shape[1]
        if width > WIDTH:
            directions = torch.randn((WIDTH, width), generator=draw).numpy()
        else:
            directions = np.eye(width, dtype=np.float32)
        inputs = standard @ directions.T
        size = np.sqrt(np.square(inputs).mean()) + np.float32(1e-6)
        self._directions = directions / size
        self._inputs = torch.from_numpy(inputs / size)
        self.weights = [*_linear(inputs.shape[1], HIDDEN, draw), *_linear(HIDDEN, DIM, draw)]

    def joint(self, batch: Any, draw: Any) -> Any:
        """`(len(batch), DIM)` of training rows, with noise and dropout."""
        import torch

        rows = self._inputs[torch.from_numpy(batch)]
        rows = rows + NOISE * torch.randn(rows.shape, generator=draw)
        weight_in, bias_in, weight_out, bias_out = self.weights
        hidden = torch.relu(rows @ weight_in.T + bias_in)
        keep = torch.rand(hidden.shape, generator=draw) >= DROPOUT
        return hidden * keep / (1 - DROPOUT) @ weight_out.T + bias_out

    def exported(self) -> Head:
        """The head as it is now, in numpy, without noise and dropout."""
        weight_in, *others = (weight.detach().numpy().copy() for weight in self.weights)
        return Head(self._mean, self._spread, weight_in @ self._directions, *others)


def _linear(width: int, out: int, draw: Any) -> list[Any]:
    """Weights and biases as torch's own linear layer draws them: uniform within ±1/√width."""
    import torch

    bound = width**-0.5
    return [
        torch.nn.Parameter((2 * torch.rand(shape, generator=draw) - 1) * bound)
        for shape in ((out, width), (out,))
    ]
