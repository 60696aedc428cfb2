"""The loop that fits heads by an objective, and chooses among its checkpoints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from held_out import match_ranks
from inputs import FLOOR, Inputs
from recipes import Recipe, Variant
from splitting import TRAIN

from gapviz.analyses.training.objectives import Objective
from gapviz.core.splits import CALIBRATE
from gapviz.core.vectors import Float32, Indices
from gapviz.encoders.heads import JOINT_DIM, Head, JoinedHeads


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the training log; recalls and gap are those of `calibrate`."""

    step: int
    loss: float | None
    text_to_image_recall_at_10: float
    image_to_text_recall_at_10: float
    gap: float
    separation: float

    @property
    def recall(self) -> float:
        """Mean R@10 of the two directions: what chooses."""
        return (self.text_to_image_recall_at_10 + self.image_to_text_recall_at_10) / 2


@dataclass(frozen=True, eq=False)
class Trained:
    """Heads that one objective led to, and how they got there."""

    objective: Objective
    heads: dict[str, JoinedHeads]
    """`image` and `text`, as they were at the step kept."""
    kept: Step
    learned: dict[str, float]
    """What the loss of the first heads had learned itself by then."""
    log: list[Step]


class _Run:
    """Heads of both modalities while they are trained from one seed."""

    def __init__(self, inputs: Inputs, objective: Objective, recipe: Recipe, seed: int) -> None:
        import torch

        torch.manual_seed(seed)
        self._rng = np.random.default_rng(seed)
        self._recipe = recipe
        self._images, self._texts = inputs.training_images, inputs.training_texts
        self._classes = inputs.classes, inputs.features.class_texts
        # The inputs of images are scaled as they are made.
        width = self._images.inputs.shape[1]
        as_they_are = np.zeros(width, dtype=np.float32), np.ones(width, dtype=np.float32)
        read = np.concatenate([self._texts.inputs, self._classes[1]])
        self._scalers = [as_they_are, _scaler(read)]
        self._nets = [_network(width, recipe), _network(read.shape[1], recipe)]
        self.loss = objective.loss()
        weights = [weight for net in self._nets for weight in net.parameters()]
        self._optimiser = _optimiser(weights, self.loss.learned, recipe)
        steps = recipe.steps
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps))
        )
        # Each run draws from its own state, so that they may take turns.
        self._state = torch.get_rng_state()

    def step(self) -> float:
        """One batch; the loss before it."""
        import torch

        torch.set_rng_state(self._state)
        recipe, rng = self._recipe, self._rng
        pairs = rng.permutation(self._images.ends.size - 1)[: recipe.batch]
        drawn = self._images.inputs[self._images.chosen(pairs, recipe.plain_share, rng)]
        read = self._texts.inputs[self._texts.chosen(pairs, recipe.name_share, rng)]
        value = self.loss.of(self._joint(0, drawn), self._joint(1, read))
        # Classes are a batch of their own: the class that the tower takes a drawing for is no
        # wrong answer to it.
        classes = rng.permutation(len(self._classes[0]))[: recipe.class_batch]
        points, names = (self._joint(i, rows[classes]) for i, rows in enumerate(self._classes))
        value = value + recipe.class_weight * self.loss.of(points, names)
        self._optimiser.zero_grad()
        value.backward()
        self._optimiser.step()
        self._schedule.step()
        self._state = torch.get_rng_state()
        return float(value.detach())

    def _joint(self, part: int, rows: Float32) -> Any:
        """Unit rows of images (0) or texts (1), with noise and dropout."""
        import torch
        from torch.nn.functional import normalize

        mean, scale = self._scalers[part]
        noise = (self._recipe.image_noise, self._recipe.text_noise)[part]
        seen = torch.from_numpy((rows - mean) / scale)
        return normalize(self._nets[part](seen + noise * torch.randn_like(seen)), dim=1)

    def heads(self) -> tuple[Head, Head]:
        """Of images and of texts, as they are now."""
        image, text = (
            _exported(net, scaler) for net, scaler in zip(self._nets, self._scalers, strict=True)
        )
        return image, text


def train(
    inputs: Inputs,
    splits: dict[str, Indices],
    objective: Objective,
    recipe: Recipe,
    *,
    repeat: int = 0,
) -> Trained:
    """Fit heads of several seeds by one objective; keep the earliest of the best checkpoints.

    Args:
        inputs: of all items.
        splits: the items of each split.
        objective: what training minimises.
        recipe: all else.
        repeat: another number, other seeds.
    """
    import torch

    torch.use_deterministic_algorithms(True)
    # Sums are then added up in one order, however many cores there are.
    torch.set_num_threads(1)
    runs = [
        _Run(inputs, objective, recipe, repeat * recipe.heads + number)
        for number in range(recipe.heads)
    ]
    log: list[Step] = []
    kept: list[tuple[dict[str, JoinedHeads], dict[str, float]]] = []
    losses: list[float] = []
    for step in range(recipe.steps + 1):
        if step % recipe.eval_every == 0:
            heads = _joined([run.heads() for run in runs])
            log.append(_log_line(step, losses, heads, inputs, splits[CALIBRATE]))
            learned = {name: round(v.item(), 4) for name, v in runs[0].loss.learned.items()}
            kept.append((heads, learned))
        losses = [run.step() for run in runs] if step < recipe.steps else []
    best = _earliest_of_the_best(log, recipe.near_equal)
    heads = _narrowed(kept[best][0], inputs, splits[TRAIN])
    return Trained(objective, heads, log[best], kept[best][1], log)


def _joined(heads: Sequence[tuple[Head, Head]]) -> dict[str, JoinedHeads]:
    """Heads side by side, with all their dimensions."""
    all_directions = np.eye(len(heads) * JOINT_DIM, dtype=np.float32)
    images, texts = zip(*heads, strict=True)
    return {
        "image": JoinedHeads(images, all_directions),
        "text": JoinedHeads(texts, all_directions),
    }


def _narrowed(
    heads: dict[str, JoinedHeads], inputs: Inputs, members: Indices
) -> dict[str, JoinedHeads]:
    """The same heads, their outputs on the directions that keep most of what they trained on."""
    if len(heads["image"].heads) == 1:
        return heads
    features = inputs.features
    pictures = np.concatenate([inputs.images[members], inputs.classes])
    texts = np.concatenate([features.texts[features.first[members]], features.class_texts])
    sides = [heads["image"].side_by_side(pictures), heads["text"].side_by_side(texts)]
    rows = np.concatenate(sides).astype(np.float64)
    # Not centred: what is kept is cosines, and the gap with them.
    directions = np.linalg.eigh(rows.T @ rows)[1][:, : -JOINT_DIM - 1 : -1]
    # Turned so that they come nearest to the first head's own dimensions: the leading direction of
    # all is the gap, and it would be a dimension of its own, which no trained network has.
    left, _, right = np.linalg.svd(directions[:JOINT_DIM])
    shared = np.ascontiguousarray((directions @ (left @ right).T).T, dtype=np.float32)
    return {part: replace(of_part, directions=shared) for part, of_part in heads.items()}


def train_variant(
    inputs: Inputs, splits: dict[str, Indices], variant: Variant, recipe: Recipe
) -> tuple[Trained, list[Trained]]:
    """Train every candidate of a variant.

    Returns:
        The one that recall on `calibrate` chooses, of the nearly equal the last; and all.
    """
    runs = [train(inputs, splits, objective, recipe) for objective in variant.candidates]
    best = max(run.kept.recall for run in runs)
    near = [run for run in runs if run.kept.recall >= best - recipe.near_equal]
    return near[-1], runs


def _earliest_of_the_best(log: Sequence[Step], near_equal: float) -> int:
    best = max(line.recall for line in log)
    return next(i for i, line in enumerate(log) if line.recall >= best - near_equal)


def _scaler(inputs: Float32) -> tuple[Float32, Float32]:
    return inputs.mean(axis=0), inputs.std(axis=0) + FLOOR


def _network(width: int, recipe: Recipe) -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Dropout(recipe.dropout),
        nn.Linear(width, recipe.hidden),
        nn.ReLU(),
        nn.Dropout(recipe.dropout),
        nn.Linear(recipe.hidden, JOINT_DIM),
    )


def _optimiser(weights: list[Any], learned: dict[str, Any], recipe: Recipe) -> Any:
    import torch

    groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": recipe.weight_decay}]
    if learned:
        own = {"params": [*learned.values()], "weight_decay": 0.0, "lr": recipe.loss_learning_rate}
        groups.append(own)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate)


def _exported(network: Any, scaler: tuple[Float32, Float32]) -> Head:
    parts = [
        layer.detach().numpy().copy()
        for linear in (network[1], network[4])
        for layer in (linear.weight, linear.bias)
    ]
    return Head(*scaler, *parts)


def _log_line(
    step: int,
    losses: Sequence[float],
    heads: dict[str, JoinedHeads],
    inputs: Inputs,
    members: Indices,
) -> Step:
    x = heads["image"].project(inputs.images[members])
    y = heads["text"].project(inputs.features.texts[inputs.features.first[members]])
    gap, separation = _gap_and_separation(x, y)
    return Step(
        step=step,
        loss=round(sum(losses) / len(losses), 4) if losses else None,
        text_to_image_recall_at_10=round(float((match_ranks(y, x) < 10).mean()), 4),
        image_to_text_recall_at_10=round(float((match_ranks(x, y) < 10).mean()), 4),
        gap=round(gap, 4),
        separation=round(separation, 4),
    )


def _gap_and_separation(x: Float32, y: Float32) -> tuple[float, float]:
    """Distance of the centroids, and that over the mean distance to the own centroid."""
    cx, cy = x.mean(axis=0), y.mean(axis=0)
    gap = float(np.linalg.norm(cx - cy))
    spread = [float(np.linalg.norm(rows - c, axis=1).mean()) for rows, c in ((x, cx), (y, cy))]
    return gap, gap / (sum(spread) / 2)
