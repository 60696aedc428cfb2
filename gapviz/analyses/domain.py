"""Whether pictures are of the kind that the built-in encoder was trained on: drawings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.splits import CALIBRATE
from gapviz.core.vectors import Float32, Float64
from gapviz.encoders.catalogue import ModelEntry, available_models
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.builtin.photographs import recall_on_photographs

SHRINKAGE = 0.001
"""Share of the identity in the covariance of the training drawings."""
FAR_SHARE = 0.05
"""Of held-out drawings, how many count as far from those of training."""
FEWEST_FAR = 0.2
"""Share of far pictures below which nothing is said, however sure it is."""
CHANCE = 0.001
"""How rarely as many pictures of the encoder's own kind may be far."""
MOST_PICTURES = 2_000
"""Of a larger collection, as many pictures are looked at."""

REAL_MODEL = ("ViT-B-32", "laion2b_s34b_b79k")
"""CLIP, small enough for a laptop."""
REAL_MODEL_LICENCE = "MIT"
"""Of its weights."""


@dataclass(frozen=True, slots=True)
class Domain:
    """How many pictures lie far from the drawings that the encoder was trained on.

    A picture is far where its Mahalanobis distance from the training drawings (Lee et al. 2018,
    one class) is greater than that of 95 % of the drawings of the calibrate split. Of 485 further
    drawings (evaluate) 5 to 7 % are far, of 100 photographs of COCO 82 to 99 %, by encoder.
    """

    n_pictures: int
    n_far: int

    @property
    def share(self) -> float:
        """Of the pictures that are far."""
        return self.n_far / self.n_pictures

    @property
    def is_outside(self) -> bool:
        """Whether more are far than drawings ever would: by the binomial tail, and a fifth."""
        from scipy.special import bdtrc  # not at the import of gapviz

        tail = bdtrc(self.n_far - 1, self.n_pictures, FAR_SHARE)
        return bool(tail < CHANCE and self.share >= FEWEST_FAR)


def domain_of(collection: Collection) -> Domain | None:
    """Hold the pictures of a collection against the drawings of the built-in encoder's training.

    None where another encoder made the vectors, or there are no pictures.
    """
    if collection.encoder not in BUILTIN_ENCODERS or "image" not in collection.modalities:
        return None
    vectors = collection.modality("image").corpus.vectors
    if len(vectors) > MOST_PICTURES:
        chosen = np.linspace(0, len(vectors) - 1, MOST_PICTURES).astype(int)
        vectors = vectors[chosen]
    drawings = _drawings(collection.encoder)
    n_far = int((drawings.distances(vectors) > drawings.limit).sum())
    return Domain(len(vectors), n_far)


def domain_reading(collection: Collection) -> str | None:
    """What is to be said of pictures that are unlike the encoder's, and the way to a real model.

    None where they are like them, or nothing is known of the encoder.
    """
    domain = domain_of(collection)
    if domain is None or not domain.is_outside:
        return None
    return (
        f"These pictures are not of the kind that the built-in encoder knows: {domain.share:.0%} "
        f"of them lie further from its training drawings than {1 - FAR_SHARE:.0%} of other "
        f"drawings do.{_known_of_photographs(collection.encoder)} What follows is of its weakness, "
        f"not of your data. Encode them with a real model: {_real_model()}."
    )


def _known_of_photographs(encoder: str) -> str:
    """What was measured on photographs, one sentence."""
    found = recall_on_photographs(encoder)
    return (
        f" Of {found.n} photographs that it never saw, a caption finds its own among the first ten "
        f"in {found.text_to_image.value:.0%} of cases, a guess in {found.chance:.0%}."
    )


def real_model() -> ModelEntry | None:
    """The real model that is named where pictures are not the built-in encoder's kind; None where
    the list of models has it no more.
    """
    return next((one for one in available_models() if (one.model, one.tag) == REAL_MODEL), None)


def without_way(reading: str) -> str:
    """A `domain_reading` for whoever shows the way to a real model in a button beside it."""
    return reading.removesuffix(f" Encode them with a real model: {_real_model()}.")


def _real_model() -> str:
    """Name, download, licence, and the command."""
    model, tag = REAL_MODEL
    entry = real_model()
    size = entry.download_bytes if entry else None
    download = "" if size is None else f"about {size / 1e6:,.0f} MB to download once, "
    return (
        f"CLIP {model} ({download}{REAL_MODEL_LICENCE} licence), on the Data page or by "
        f"“gapviz encode --encoder {model} --pretrained {tag}”"
    )


@dataclass(frozen=True, eq=False)
class _Drawings:
    """The training drawings of an encoder, as a cloud."""

    centre: Float64
    """`(dim,)`."""
    precision: Float64
    """`(dim, dim)`: the inverse of their covariance, shrunken."""
    limit: float = 0.0
    """Squared distance within which other drawings lie as a rule."""

    def distances(self, vectors: Float32 | Float64) -> Float64:
        """`(n,)` squared Mahalanobis distances."""
        apart = vectors - self.centre
        return np.asarray((apart @ self.precision * apart).sum(axis=1))


@cache
def _drawings(encoder: str) -> _Drawings:
    shipped = builtin_collection(encoder)
    block = shipped.modality("image").corpus
    trained, other = (
        block.vectors[np.isin(block.item_index, shipped.splits[split])].astype(np.float64)
        for split in ("train", CALIBRATE)
    )
    covariance = np.cov(trained.T)
    dim = len(covariance)
    even = np.eye(dim) * np.trace(covariance) / dim
    precision = np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * even)
    cloud = _Drawings(trained.mean(axis=0), precision)
    return replace(cloud, limit=float(np.quantile(cloud.distances(other), 1 - FAR_SHARE)))
