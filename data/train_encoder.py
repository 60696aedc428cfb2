"""Train the two heads of the built-in encoder: `data/encoder/`.

Run it as `python data/train_encoder.py`; about ten minutes on two cores. The same
versions on the same machine give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from imagenet_classes import class_features, class_names
from PIL import Image
from safetensors.numpy import save

from gapviz.builtin.drawings import render, render_transparent
from gapviz.builtin.names import drawn_items
from gapviz.collection import CALIBRATE, EVALUATE, Item
from gapviz.encoders.builtin import HEADS_FILE, JOINT_DIM
from gapviz.encoders.towers import IMAGE_EDGE, Head, ImageTower, TextTower
from gapviz.files import write_atomically
from gapviz.vectors import Float32, Indices

FOLDER = Path(__file__).resolve().parent / "encoder"
TRAIN = "train"

# Words whose meaning a mirrored drawing would turn round.
SIDED_WORDS = ("left", "right", "west", "east")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that decides what the heads become."""

    seed: int = 0
    temperature: float = 0.01
    """Fixed where CLIP's ends up after training; low, so the gap it was born with stays."""
    batch: int = 400
    steps: int = 500
    eval_every: int = 10
    learning_rate: float = 1e-3
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
class Step:
    """One line of the training log; recalls and gap are those of `calibrate`."""

    step: int
    loss: float | None
    text_to_image_recall_at_10: float
    image_to_text_recall_at_10: float
    gap: float
    separation: float


@dataclass(frozen=True, eq=False)
class Features:
    """What the frozen towers make of the items."""

    images: Float32
    """`(n_items, f)` of the plain drawings."""
    views: Float32
    """`(views, n_items, f)`; rows of items outside `train` are zero and never read."""
    texts: Float32
    """`(n_captions, t)`, all captions of all items in order."""
    captions: list[Indices]
    """Per item, its rows in `texts`."""
    class_images: Float32
    """`(1000, f)`, where photographs of ImageNet's classes lie; train only."""
    class_texts: Float32
    """`(1000, t)` of the names of those classes."""

    @property
    def first(self) -> Indices:
        """`(n_items,)` rows of the first captions."""
        return np.array([rows[0] for rows in self.captions])


def split_items(items: tuple[Item, ...], seed: int) -> dict[str, Indices]:
    """Half train, a fifth calibrate, three tenths evaluate, alike within every label.

    Items are shuffled within their label, then dealt out in turn along the whole row of
    labels, so small labels are spread as evenly as large ones.
    """
    rng = np.random.default_rng(seed)
    by_label: dict[str, list[int]] = {}
    for position, item in enumerate(items):
        by_label.setdefault(item.label or "", []).append(position)
    row = [int(i) for label in sorted(by_label) for i in rng.permutation(by_label[label])]
    turns = [TRAIN, EVALUATE, TRAIN, CALIBRATE, TRAIN, EVALUATE, TRAIN, CALIBRATE, TRAIN, EVALUATE]
    splits: dict[str, list[int]] = {TRAIN: [], CALIBRATE: [], EVALUATE: []}
    for place, position in enumerate(row):
        splits[turns[place % len(turns)]].append(position)
    return {name: np.array(sorted(members), dtype=np.int64) for name, members in splits.items()}


def altered(drawing: Image.Image, rng: np.random.Generator, *, mirror: bool) -> Image.Image:
    """The drawing on a pale colour, scaled, turned, moved and perhaps mirrored."""
    colour = tuple(int(value) for value in rng.integers(150, 256, 3))
    canvas = Image.new("RGB", (IMAGE_EDGE, IMAGE_EDGE), colour)
    edge = int(IMAGE_EDGE * rng.uniform(0.75, 1.2))
    layer = drawing.resize((edge, edge), Image.Resampling.BICUBIC)
    if rng.random() < 0.5 and mirror:
        layer = layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    layer = layer.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC)
    low, high = sorted((0, IMAGE_EDGE - edge))
    left, top = (int(value) for value in rng.integers(low, high + 1, 2))
    canvas.paste(layer, (left, top), layer)
    return canvas


def read_features(items: tuple[Item, ...], train: Indices, recipe: Recipe) -> Features:
    """Run the frozen towers over drawings, their altered views, and captions."""
    tower = ImageTower("cpu")
    images = tower.features([render(item.id, IMAGE_EDGE) for item in items])
    transparent = [render_transparent(items[i].id, IMAGE_EDGE) for i in train]
    mirror = [_may_be_mirrored(items[i]) for i in train]
    views = np.zeros((recipe.views, *images.shape), dtype=np.float32)
    for number in range(recipe.views):
        rng = np.random.default_rng([recipe.seed, number])
        pictures = [
            altered(drawing, rng, mirror=free)
            for drawing, free in zip(transparent, mirror, strict=True)
        ]
        views[number, train] = tower.features(pictures)
    captions = [caption for item in items for caption in item.captions]
    ends = np.cumsum([len(item.captions) for item in items])
    owners = [
        np.arange(end - len(item.captions), end) for item, end in zip(items, ends, strict=True)
    ]
    texts = TextTower("cpu")
    return Features(
        images,
        views,
        texts.features(captions),
        owners,
        class_features(tower, images[train]),
        texts.features(class_names()),
    )


def _may_be_mirrored(item: Item) -> bool:
    said = " ".join(item.captions).lower()
    return not any(word in said for word in SIDED_WORDS)


def train(
    features: Features, splits: dict[str, Indices], recipe: Recipe
) -> tuple[dict[str, Head], list[Step], int]:
    """Fit both heads by InfoNCE in both directions; keep the earliest of the best.

    Returns:
        The heads `image` and `text`, the log, and the step that was kept.
    """
    import torch
    from torch.nn.functional import cross_entropy, normalize

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
    optimiser = torch.optim.AdamW(
        [*image_net.parameters(), *text_net.parameters()],
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )
    log: list[Step] = []
    kept: list[dict[str, Head]] = []
    loss_value: float | None = None
    for step in range(recipe.steps + 1):
        if step % recipe.eval_every == 0:
            heads = {
                "image": _exported(image_net, image_scaler),
                "text": _exported(text_net, text_scaler),
            }
            log.append(_log_line(step, loss_value, heads, features, splits[CALIBRATE]))
            kept.append(heads)
        batch = rng.permutation(pairs)[: recipe.batch]
        seen = plain[batch]
        for row in np.flatnonzero(rng.random(batch.size) >= recipe.plain_share):
            seen[row] = views[rng.integers(recipe.views)][batch[row]]
        read = texts[[int(rng.choice(captions_of[i])) for i in batch]]
        x = normalize(image_net(seen + recipe.image_noise * torch.randn_like(seen)), dim=1)
        y = normalize(text_net(read + recipe.text_noise * torch.randn_like(read)), dim=1)
        scores = x @ y.T / recipe.temperature
        truth = torch.arange(batch.size)
        loss = (cross_entropy(scores, truth) + cross_entropy(scores.T, truth)) / 2
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        loss_value = float(loss.detach())
    best = _choose(log, recipe.near_equal)
    return kept[best], log, log[best].step


def _choose(log: list[Step], near_equal: float) -> int:
    recalls = [
        (line.text_to_image_recall_at_10 + line.image_to_text_recall_at_10) / 2 for line in log
    ]
    return next(i for i, recall in enumerate(recalls) if recall >= max(recalls) - near_equal)


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
    features: Features,
    members: Indices,
) -> Step:
    x = heads["image"].project(features.images[members])
    y = heads["text"].project(features.texts[features.first[members]])
    gap, separation = gap_and_separation(x, y)
    return Step(
        step=step,
        loss=None if loss is None else round(loss, 4),
        text_to_image_recall_at_10=round(float((match_ranks(y, x) < 10).mean()), 4),
        image_to_text_recall_at_10=round(float((match_ranks(x, y) < 10).mean()), 4),
        gap=round(gap, 4),
        separation=round(separation, 4),
    )


def match_ranks(queries: Float32, items: Float32) -> Indices:
    """`(n,)`: how many items beat (or tie with) item i for query i, itself left out."""
    scores = queries @ items.T
    own = np.diag(scores).copy()
    np.fill_diagonal(scores, -np.inf)
    return np.asarray((scores >= own[:, None]).sum(axis=1), dtype=np.int64)


def gap_and_separation(x: Float32, y: Float32) -> tuple[float, float]:
    """Distance of the centroids, and that over the mean distance to the own centroid."""
    cx, cy = x.mean(axis=0), y.mean(axis=0)
    gap = float(np.linalg.norm(cx - cy))
    spread = [float(np.linalg.norm(rows - c, axis=1).mean()) for rows, c in ((x, cx), (y, cy))]
    return gap, gap / (sum(spread) / 2)


def bias_at_10(own: Float32, other: Float32) -> float:
    """Share of the ten nearest in the mixed index that have the query's modality.

    Queries are `own`; each one's own entry is left out by its position.
    """
    scores = own @ np.concatenate([own, other]).T
    scores[np.arange(len(own)), np.arange(len(own))] = -np.inf
    top = np.argpartition(-scores, 9, axis=1)[:, :10]
    return float((top < len(own)).mean())


def bootstrap_interval(values: npt.NDArray[Any], seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean of `(n,)` values, over 2,000 resamples."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, values.size, values.size)].mean() for _ in range(2000)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def held_out_figures(
    features: Features, heads: dict[str, Head], members: Indices
) -> Iterator[tuple[str, str]]:
    """Rows (what, figure) of the model card, all of the evaluate items."""
    x = heads["image"].project(features.images[members])
    y = heads["text"].project(features.texts[features.first[members]])
    asking = [rows[min(1, len(rows) - 1)] for rows in (features.captions[i] for i in members)]
    q = heads["text"].project(features.texts[asking])
    for name, ranks in (
        ("text → image", match_ranks(y, x)),
        ("image → text", match_ranks(x, y)),
        ("second caption → image", match_ranks(q, x)),
    ):
        for k in (1, 5, 10):
            hits = ranks < k
            low, high = bootstrap_interval(hits)
            yield f"R@{k} {name}", f"{hits.mean():.3f} [{low:.3f}, {high:.3f}]"
    gap, separation = gap_and_separation(x, y)
    yield "gap (distance of the centroids)", f"{gap:.3f}"
    yield "cloud separation (variant A)", f"{separation:.2f}"
    yield "bias@10, text queries", f"{bias_at_10(y, x):.3f}"
    yield "bias@10, image queries", f"{bias_at_10(x, y):.3f}"


def main(say: Callable[[str], None] = print) -> None:
    """Train, choose, measure and write `data/encoder/`."""
    from model_card import write_model_card

    recipe = Recipe()
    items = drawn_items()
    splits = split_items(items, recipe.seed)
    say(f"{len(items)} items, {', '.join(f'{k} {v.size}' for k, v in splits.items())}")
    features = read_features(items, splits[TRAIN], recipe)
    say("features read, training")
    heads, log, step = train(features, splits, recipe)
    FOLDER.mkdir(exist_ok=True)
    tensors = heads["image"].tensors("image") | heads["text"].tensors("text")
    write_atomically(FOLDER / HEADS_FILE, save(tensors))
    record = {"recipe": asdict(recipe), "kept_step": step, "log": [asdict(line) for line in log]}
    write_atomically(FOLDER / "training_log.json", (json.dumps(record, indent=1) + "\n").encode())
    figures = list(held_out_figures(features, heads, splits[EVALUATE]))
    write_model_card(FOLDER, asdict(recipe), step, splits, figures)
    for what, figure in figures:
        say(f"{what}: {figure}")


if __name__ == "__main__":
    main()
