"""The loop that fits the two heads by an objective, and chooses among its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from held_out import match_ranks
from recipes import Recipe, Variant
from splitting import TRAIN
from tower_features import TowerFeatures

from gapviz.core.splits import CALIBRATE
from gapviz.core.vectors import Float32, Indices
from gapviz.encoders.builtin import JOINT_DIM, Head
from gapviz.training.objectives import Objective


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
    """Heads that one objective led to, and how it got there."""

    objective: Objective
    heads: dict[str, Head]
    """`image` and `text`, as they were at the step kept."""
    kept: Step
    learned: dict[str, float]
    """What the loss had learned itself by then."""
    log: list[Step]


def train(
    features: TowerFeatures, splits: dict[str, Indices], objective: Objective, recipe: Recipe
) -> Trained:
    """Fit both heads by one objective; keep the earliest of the best checkpoints."""
    import torch
    from torch.nn.functional import normalize

    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(True)
    # Sums are then added up in one order, however many cores there are.
    torch.set_num_threads(1)
    rng = np.random.default_rng(recipe.seed)
    members = splits[TRAIN]
    rows = np.concatenate([features.captions[i] for i in members])
    image_scaler = _scaler(features.images[members])
    text_scaler = _scaler(features.texts[rows])
    # Classes of ImageNet stand behind the items, each with one caption and one view.
    n_items, n_classes = len(features.captions), len(features.class_texts)
    pairs = np.concatenate([members, np.arange(n_items, n_items + n_classes)])
    captions_of = [*features.captions, *(len(features.texts) + np.arange(n_classes))[:, None]]
    plain = _standard([features.images, features.class_images], image_scaler)
    texts = _standard([features.texts, features.class_texts], text_scaler)
    views = [_standard([view, features.class_images], image_scaler) for view in features.views]
    image_net = _network(plain.shape[1], recipe)
    text_net = _network(texts.shape[1], recipe)
    loss = objective.loss()
    optimiser = _optimiser([*image_net.parameters(), *text_net.parameters()], loss.learned, recipe)
    log: list[Step] = []
    kept: list[tuple[dict[str, Head], dict[str, float]]] = []
    loss_value: float | None = None
    for step in range(recipe.steps + 1):
        if step % recipe.eval_every == 0:
            heads = {
                "image": _exported(image_net, image_scaler),
                "text": _exported(text_net, text_scaler),
            }
            log.append(_log_line(step, loss_value, heads, features, splits[CALIBRATE]))
            kept.append((heads, {name: round(v.item(), 4) for name, v in loss.learned.items()}))
        batch = rng.permutation(pairs)[: recipe.batch]
        seen = plain[batch]
        for row in np.flatnonzero(rng.random(batch.size) >= recipe.plain_share):
            seen[row] = views[rng.integers(recipe.views)][batch[row]]
        read = texts[[int(rng.choice(captions_of[i])) for i in batch]]
        x = normalize(image_net(seen + recipe.image_noise * torch.randn_like(seen)), dim=1)
        y = normalize(text_net(read + recipe.text_noise * torch.randn_like(read)), dim=1)
        value = loss.of(x, y)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        loss_value = float(value.detach())
    best = _earliest_of_the_best(log, recipe.near_equal)
    return Trained(objective, kept[best][0], log[best], kept[best][1], log)


def train_variant(
    features: TowerFeatures, splits: dict[str, Indices], variant: Variant, recipe: Recipe
) -> tuple[Trained, list[Trained]]:
    """Train every candidate of a variant.

    Returns:
        The one that recall on `calibrate` chooses, of the nearly equal the last; and all.
    """
    runs = [train(features, splits, objective, recipe) for objective in variant.candidates]
    best = max(run.kept.recall for run in runs)
    near = [run for run in runs if run.kept.recall >= best - recipe.near_equal]
    return near[-1], runs


def _earliest_of_the_best(log: Sequence[Step], near_equal: float) -> int:
    best = max(line.recall for line in log)
    return next(i for i, line in enumerate(log) if line.recall >= best - near_equal)


def _scaler(features: Float32) -> tuple[Float32, Float32]:
    # The floor keeps a feature that is silent on drawings from shouting on photographs.
    return features.mean(axis=0), features.std(axis=0) + np.float32(1e-4)


def _standard(parts: list[Float32], scaler: tuple[Float32, Float32]) -> Any:
    import torch

    return torch.from_numpy((np.concatenate(parts) - scaler[0]) / scaler[1])


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
    loss: float | None,
    heads: dict[str, Head],
    features: TowerFeatures,
    members: Indices,
) -> Step:
    x = heads["image"].project(features.images[members])
    y = heads["text"].project(features.texts[features.first[members]])
    gap, separation = _gap_and_separation(x, y)
    return Step(
        step=step,
        loss=None if loss is None else round(loss, 4),
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
