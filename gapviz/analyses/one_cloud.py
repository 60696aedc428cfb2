"""What can be said of one modality's cloud alone, where there is no second to hold it against."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan

from gapviz.core.collection import Collection
from gapviz.core.splits import EVALUATE
from gapviz.core.wording import figure
from gapviz.measures.geometry.centroids import Cloud, measure_cloud
from gapviz.measures.geometry.spectrum import Spectrum, spectrum


@dataclass(frozen=True, eq=False)
class OneCloud:
    """One modality's indexed rows of the held-out items, as encoded."""

    modality: str
    n_items: int
    """Held out; all items where no row of the modality is."""
    dim: int
    cloud: Cloud
    spectrum: Spectrum

    def to_json(self) -> dict[str, float | None]:
        """Plain numbers; what is not known is None."""
        figures = {
            "n_items": self.n_items,
            "dim": self.dim,
            "cone": self.cloud.cone,
            "mean_norm": self.cloud.mean_norm,
            "mean_distance": self.cloud.mean_distance,
            "effective_rank": self.spectrum.effective_rank,
        }
        return {name: value if isfinite(value) else None for name, value in figures.items()}


def study_cloud(collection: Collection, modality: str) -> OneCloud:
    """Cone, spread and spectrum of one modality.

    Args:
        collection: with vectors of that modality; its evaluate split is measured, or all of it
            where that split holds none.
        modality: whose cloud.

    Raises:
        GapvizError: no such modality.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> images = study_cloud(builtin_collection(), "image")
    >>> images.n_items, images.dim, round(images.cloud.cone, 2)
    (485, 256, 0.8)
    """
    members = collection.splits.get(EVALUATE, ())
    held_out = collection.subset(members) if len(members) else collection
    if modality not in held_out.modality_names:
        held_out = collection
    block = held_out.modality(modality).corpus
    return OneCloud(
        modality=modality,
        n_items=held_out.n_items,
        dim=block.dim,
        cloud=measure_cloud(block.vectors, block.item_index),
        spectrum=spectrum(block.vectors),
    )


def cloud_reading(one: OneCloud) -> str:
    """How narrow one modality's cone is, and over how many directions it spreads."""
    if isnan(one.cloud.cone):
        return f"The {one.modality} vectors of a single item are no cone."
    rank = one.spectrum.effective_rank
    spread = (
        "without any spread"
        if isnan(rank)
        else f"spread over some {rank:.0f} of {one.dim} directions"
    )
    return (
        f"Two {one.modality} vectors have a cosine of {figure(one.cloud.cone, 2)} on average (0: "
        f"every direction, 1: one point), {spread}."
    )
