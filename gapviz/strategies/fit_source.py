"""What an estimator is fitted on: a collection, arrays by modality, or the name of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError

Source = Collection | Mapping[str, Any] | str
"""A collection, paired arrays, or what the command line reads: `builtin`, a file, a folder, a
store."""


def collection_of(source: Source) -> Collection:
    """What `fit` takes, as a collection.

    Raises:
        GapvizError: arrays that do not pair, a source that cannot be read, or something else.
    """
    if isinstance(source, Collection):
        return source
    if isinstance(source, str):
        from gapviz.sources.library.named import read_by_name  # all readers, which few fits need

        return read_by_name(source).collection
    if isinstance(source, Mapping):
        return replace(Collection.from_arrays(source), splits={})
    raise GapvizError(
        f"a {type(source).__name__} is no collection",
        hint="give a gapviz.Collection, arrays by modality such as {'image': X, 'text': Y}, or the "
        "name of a source",
    )
