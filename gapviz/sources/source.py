"""The one way to read whatever a source is: the built-in collection, files, or a vector store."""

from __future__ import annotations

from gapviz.sources.files.beside import judgment_files, with_queries
from gapviz.sources.files.beside import read as read_files
from gapviz.sources.files.format import Reading, ReadOptions, as_asked
from gapviz.sources.files.judgments.format import read_judgments
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.limits import limited
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
    if not is_store(source):
        return read_files(source, options)
    reading = read_store(source, options, _judged_items(options))
    return with_queries(as_asked(reading, options), options)


def _judged_items(options: ReadOptions) -> frozenset[str]:
    """Ids of the items that the judgments name: a sample without them could not be judged."""
    if options.judgments is None or options.sample is None:
        return frozenset()
    with limited(options.limits):
        columns = [read_judgments(one, Told()).item for one in judgment_files(options.judgments)]
    return frozenset(text for column in columns for text in column.texts.to_pylist() if text)
