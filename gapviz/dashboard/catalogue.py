"""The collections that the dashboard can open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gapviz.builtin import builtin_collection
from gapviz.builtin.drawings import drawing_png
from gapviz.collection import Collection, Item

OPENMOJI = "openmoji:"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A collection on offer."""

    title: str
    encoders: Mapping[str, str]
    """Encoder names, as `load_encoder` takes them, with their titles."""
    encoder_note: str
    """What the encoders are, and what they are not."""
    modalities: tuple[str, ...]
    load: Callable[[], Collection]


COLLECTIONS: dict[str, CatalogueEntry] = {
    "builtin": CatalogueEntry(
        title="OpenMoji drawings (built in)",
        encoders={"builtin": "Small dual encoder (built in)"},
        encoder_note=(
            "The built-in one is a small real dual encoder (EfficientNet-lite0 and MiniLM, with "
            "heads trained by contrastive loss on half of these drawings). It is not CLIP."
        ),
        modalities=("image", "text"),
        load=builtin_collection,
    ),
}


def thumbnail(item: Item, size: int) -> bytes | None:
    """PNG of an item's picture, `size` pixels square; None where it has none."""
    if item.image is None or not item.image.startswith(OPENMOJI):
        return None
    return drawing_png(item.image.removeprefix(OPENMOJI), size)
