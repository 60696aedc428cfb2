"""The one way to read whatever a source is: the built-in collection, files, or a vector store."""

from __future__ import annotations

from gapviz.sources.files.beside import read as read_files
from gapviz.sources.files.beside import with_queries
from gapviz.sources.files.format import Reading, ReadOptions, as_asked
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.registry import names_store


def is_store(source: str) -> bool:
    """Whether a source is the address of a vector store."""
    return "://" in source and names_store(source)


def read(source: str, options: ReadOptions = ReadOptions()) -> Reading:
    """What a source holds, with the queries and judgments that the options name.

    Args:
        source: `builtin` or a variant of it, a file or folder, or the address of a vector store.
        options: how to read it.

    Raises:
        GapvizError: as `gapviz.sources.files.read`, or `read_store`.
    """
    if is_store(source):
        return with_queries(as_asked(read_store(source, options), options), options)
    return read_files(source, options)
