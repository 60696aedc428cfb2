"""What is given where a collection is wanted: one, arrays by modality, or the name of a source."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.values import kind_of
from gapviz.core.same_items import with_items_of
from gapviz.notebook.read import reading_of
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection

Source = Collection | Mapping[str, Any] | str | os.PathLike[str]
"""A collection, arrays `(n_items, dim)` by modality, or what `gapviz.read` takes."""


@dataclass(frozen=True, eq=False)
class GivenSource:
    """A source, and the same items by all of its models."""

    collection: Collection
    collections: tuple[Collection, ...]
    name: str = ""
    """What it was read from; empty for what lay in memory."""

    def others(self, also: Sequence[Source] = ()) -> dict[str, Collection]:
        """By encoder, the same items by other models: of the source, and of what is named beside.

        Raises:
            GapvizError: a source that cannot be read, or that lacks some of the items.
        """
        found: dict[str, Collection] = {}
        for source, one in self._others(also):
            taken = one.encoder == self.collection.encoder or one.encoder in found
            found[f"{one.encoder} ({source})" if taken else one.encoder] = one
        return found

    def _others(self, also: Sequence[Source]) -> Iterator[tuple[str, Collection]]:
        mine = self.collection.encoder
        if self.name in BUILTIN_ENCODERS:
            yield from ((one, builtin_collection(one)) for one in BUILTIN_ENCODERS if one != mine)
        else:
            yield from ((self.name, one) for one in self.collections if one.encoder != mine)
        for source in also:
            given = given_source(source)
            for one in given.collections:
                one.refuse_without_vectors()
                yield given.name or one.name, with_items_of(one, self.collection)


def given_source(source: Source, encoder: str | None = None) -> GivenSource:
    """Whatever stands for a collection.

    Args:
        source: see `Source`.
        encoder: the model whose vectors to take, where a named source holds several.

    Raises:
        GapvizError: nothing that can stand for one, or what its reader says.
    """
    if isinstance(source, Collection):
        return GivenSource(source, (source,))
    if isinstance(source, Mapping):
        made = Collection.from_arrays(source)
        return GivenSource(made, (made,))
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        reading = reading_of(name, encoder=encoder)
        collection = reading.encoded_by(encoder)
        seen = reading.collections if encoder is None else (collection,)
        return GivenSource(collection, seen, str(name))
    raise GapvizError(
        f"{kind_of(source)} is no collection",
        hint="give a gapviz.Collection (from_arrays or from_frame make one), arrays by modality "
        "such as {'image': X, 'text': Y}, or the name of a source such as 'builtin'",
    )
