"""What heads are trained on: one row of features an item and modality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.seeds import seeded_sample
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float32, Indices
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection, dedicated_vectors
from gapviz.storage.cache import content_key

MOST_TRAINED = 2_000
MOST_HELD_OUT = 500
FEWEST_TRAINED = 4


@dataclass(frozen=True, eq=False)
class TrainingFeatures:
    """Matched features of two modalities, and which pairs train and which are held out."""

    modalities: tuple[str, str]
    first: Float32
    """`(n_pairs, f)` of the first modality; row i and row i of `second` are one item's."""
    second: Float32
    """`(n_pairs, g)` of the second."""
    train: Indices
    """Rows that train."""
    held_out: Indices
    """Rows that never train, and that every figure is measured on."""
    source: str
    """Where the features come from, one sentence."""

    @cached_property
    def content_hash(self) -> str:
        """Hash of everything that a run depends on."""
        arrays = (self.first, self.second, self.train, self.held_out)
        return content_key(modalities=self.modalities, arrays=arrays)


def builtin_features() -> TrainingFeatures:
    """Image and text features of the built-in drawings, as the frozen towers made them.

    No tower has to run. Half of the drawings train, three tenths are held out.

    Raises:
        GapvizError: the shipped files are missing or damaged.
    """
    splits = builtin_collection().splits
    image, text = dedicated_vectors("image"), dedicated_vectors("text")
    return TrainingFeatures(
        modalities=("image", "text"),
        first=image.vectors,
        second=text.vectors,
        train=splits["train"],
        held_out=splits[EVALUATE],
        source=(
            f"Features: {image.title} for images and {text.title} for texts, two frozen networks "
            "that were trained apart and never saw a pair."
        ),
    )


def collection_features(collection: Collection, pair: tuple[str, str]) -> TrainingFeatures:
    """The vectors of a collection as features: one pair an item that has both modalities.

    An encoder's own vectors stand in for features of separate networks, so there the heads
    start from a space that was joint already. A seeded sample bounds large collections.

    Args:
        collection: with splits; what is neither `train` nor `evaluate` trains where there
            is no `train`.
        pair: the two modalities.

    Raises:
        GapvizError: no such modality, or too few items that have both.
    """
    if collection.encoder in BUILTIN_ENCODERS and collection.name == builtin_collection().name:
        return builtin_features()
    first, second = (collection.modality(name).corpus for name in pair)
    owner, rows_a, rows_b = one_pair_each(collection, pair)
    rng = np.random.default_rng(0)
    training = collection.splits.get("train", collection.splits.get(CALIBRATE, ()))
    members = [
        seeded_sample(np.flatnonzero(np.isin(owner, split)), most, rng).astype(np.int64)
        for split, most in (
            (training, MOST_TRAINED),
            (collection.splits.get(EVALUATE, ()), MOST_HELD_OUT),
        )
    ]
    if min(rows.size for rows in members) < FEWEST_TRAINED:
        raise GapvizError(
            f"has {members[0].size} pairs of {pair[0]} and {pair[1]} to train on and "
            f"{members[1].size} to hold out, too few to train heads",
            where=collection.name,
            hint=f"give at least {2 * FEWEST_TRAINED} items that have both",
        )
    train, held_out = members
    return TrainingFeatures(
        modalities=pair,
        first=first.vectors[rows_a],
        second=second.vectors[rows_b],
        train=train,
        held_out=held_out,
        source=(
            f"Features: this collection's own vectors ({collection.encoder}), since there are no "
            "features of separate networks; the heads learn a new joint space on top of them."
        ),
    )


def one_pair_each(
    collection: Collection, pair: tuple[str, str]
) -> tuple[Indices, Indices, Indices]:
    """The items that have both modalities, rising, and one row of either for each, `(n,)` all.

    Raises:
        GapvizError: one modality twice, or no such modality.
    """
    if pair[0] == pair[1]:
        raise GapvizError(
            f"has the one modality {pair[0]}, and a gap needs two",
            where=collection.name,
            hint="choose a collection with a second modality",
        )
    pairs = collection.pairs(*pair)
    items = collection.modality(pair[0]).corpus.item_index[pairs.rows_a]
    owner, first = np.unique(items, return_index=True)
    return owner, pairs.rows_a[first], pairs.rows_b[first]
