"""The collections that the dashboard can open: the built-in one, and those of the workspace."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from gapviz.encoders.registry import is_dual_encoder
from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.sources.builtin import encoder_title as builtin_title
from gapviz.sources.library.stored import StoredCollection, Workspace

BUILTIN_NOTE = (
    "The built-in one is a small real dual encoder (EfficientNet-lite0 and MiniLM, with heads "
    "trained by contrastive loss on half of these drawings). It is not CLIP. The others are the "
    "same towers with heads trained on the same drawings by other losses."
)


@dataclass(frozen=True, slots=True)
class View:
    """A collection as one encoder saw it: what a page is about."""

    collection: str
    encoder: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A collection on offer."""

    title: str
    """Unlike that of any other entry."""
    encoders: Mapping[str, str]
    """Encoder names, as `load_encoder` takes them where it can, with their titles."""
    encoder_note: str
    """What the encoders are, and what they are not."""
    modalities: Mapping[str, tuple[str, ...]]
    """By encoder."""

    def encoders_of(self, modalities: Collection[str]) -> dict[str, str]:
        """Names and titles of the encoders that have vectors of all these modalities."""
        wanted = set(modalities)
        return {k: title for k, title in self.encoders.items() if wanted <= {*self.modalities[k]}}


@cache
def workspace() -> Workspace:
    """The one workspace of this server."""
    return Workspace()


def catalogue() -> dict[str, CatalogueEntry]:
    """Every collection that has vectors, by id; those that ship come first."""
    entries = {
        name: CatalogueEntry(
            title=shipped.title,
            encoders={encoder: builtin_title(encoder) for encoder in shipped.encoders},
            encoder_note=BUILTIN_NOTE,
            modalities=dict.fromkeys(shipped.encoders, shipped.modalities),
        )
        for name, shipped in SHIPPED_COLLECTIONS.items()
    }
    for stored in workspace().collections():
        if stored.encodings:
            taken = stored.title in {entry.title for entry in entries.values()}
            title = f"{stored.title} ({stored.id})" if taken else stored.title
            entries[stored.id] = _stored_entry(stored, title)
    return entries


def encoder_title(view: View) -> str:
    """The encoder of a view, for people."""
    entry = catalogue().get(view.collection)
    return entry.encoders.get(view.encoder, view.encoder) if entry else view.encoder


def live_encoder(view: View) -> str | None:
    """The encoder that can encode what a visitor types or drops, as `load_encoder` takes it.

    None where vectors came as a file, without the model that made them.
    """
    name = view.encoder
    if view.collection not in SHIPPED_COLLECTIONS:
        name = workspace().find(view.collection).encoding(view.encoder).loads_as or name
    return name if is_dual_encoder(name) else None


def _stored_entry(stored: StoredCollection, title: str) -> CatalogueEntry:
    # The first is what a visitor meets: one of two modalities shows what this is about.
    encodings = sorted(stored.encodings, key=lambda encoding: len(encoding.rows) < 2)
    return CatalogueEntry(
        title=title,
        encoders={encoding.encoder: builtin_title(encoding.encoder) for encoding in encodings},
        encoder_note="Each was run over this collection, or its vectors came with it.",
        modalities={encoding.encoder: tuple(encoding.rows) for encoding in encodings},
    )
