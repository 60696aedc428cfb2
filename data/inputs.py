"""What the heads read: everything the towers made, brought to their inputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from imagenet_classes import class_stages
from tower_features import TowerFeatures

from gapviz.core.vectors import Float32, Indices
from gapviz.encoders.heads import ImageInputs, with_words
from gapviz.encoders.image_only import efficientnet

FLOOR = np.float32(1e-4)
"""Added to standard deviations: keeps a feature that is silent on drawings from shouting on
photographs."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one modality that train, by the pair they belong to: the training items in order."""

    inputs: Float32
    """`(n, width)`."""
    ends: Indices
    """`(n_pairs + 1,)`: rows `ends[p]` to `ends[p + 1]` are those of pair p, the plainest first."""

    @classmethod
    def grouped(cls, inputs: Float32, pairs: Indices, n_pairs: int) -> Rows:
        """Rows in any order of pairs; those of one pair keep theirs."""
        order = np.argsort(pairs, kind="stable")
        counts = np.bincount(pairs, minlength=n_pairs)
        return cls(inputs[order], np.concatenate([[0], np.cumsum(counts)]))

    def chosen(self, pairs: Indices, plain_share: float, rng: np.random.Generator) -> Indices:
        """A row of each pair: with `plain_share` its first, else any of the others."""
        counts = self.ends[pairs + 1] - self.ends[pairs]
        others = 1 + (rng.random(pairs.size) * (counts - 1)).astype(np.int64)
        plain = (rng.random(pairs.size) < plain_share) | (counts == 1)
        return np.asarray(self.ends[pairs] + np.where(plain, 0, others), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of all heads."""

    features: TowerFeatures
    of_images: ImageInputs
    train: Indices
    """Positions of the training items."""

    @cached_property
    def images(self) -> Float32:
        """`(n_items, width)` of the plain drawings."""
        return self.image_rows(self.features.stages)

    def image_rows(self, stages: Float32) -> Float32:
        """`(n, width)` of stages."""
        return self.of_images.of(stages, efficientnet("cpu").classifier())

    @cached_property
    def training_images(self) -> Rows:
        """Plain drawings, their altered renderings, and those of other sets."""
        stages = [self.features.stages[self.train]]
        pairs = [np.arange(self.train.size)]
        for view in self.features.views:
            stages.append(view.stages)
            pairs.append(self._pairs_of(view.items))
        rows = self.image_rows(np.concatenate(stages))
        return Rows.grouped(rows, np.concatenate(pairs), self.train.size)

    @cached_property
    def training_texts(self) -> Rows:
        """Captions, further names and keywords."""
        features = self.features
        captions = [features.captions[i] for i in self.train]
        rows = np.concatenate([features.texts[np.concatenate(captions)], features.more.features])
        owners = np.repeat(np.arange(self.train.size), [own.size for own in captions])
        pairs = np.concatenate([owners, self._pairs_of(features.more.items)])
        return Rows.grouped(rows, pairs, self.train.size)

    @cached_property
    def classes(self) -> Float32:
        """`(1000, width)`: where photographs of ImageNet's classes should lie."""
        drawings = self.features.stages[self.train]
        return self.image_rows(class_stages(efficientnet("cpu"), drawings))

    def _pairs_of(self, items: Indices) -> Indices:
        """Positions among the training items; all must be some."""
        pairs = np.searchsorted(self.train, items)
        if not np.array_equal(self.train[np.minimum(pairs, self.train.size - 1)], items):
            raise ValueError("a view or a word of an item that is not for training")
        return pairs


def fitted(features: TowerFeatures, train: Indices, width: int) -> ImageInputs:
    """Mean, spread and principal directions of the training drawings, views included."""
    stages = [features.stages[train], *(view.stages for view in features.views)]
    seen = with_words(
        np.concatenate(stages), efficientnet("cpu").classifier(), features.class_texts
    )
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + FLOOR
    standard = (seen - mean) / scale
    directions = np.linalg.eigh(standard.T @ standard)[1][:, : -width - 1 : -1]
    # One scale for all, so that the strong directions stay the strong ones.
    plain = standard[: train.size] @ directions
    return ImageInputs(
        features.class_texts, mean, scale, np.ascontiguousarray(directions.T / plain.std())
    )
