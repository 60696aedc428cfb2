"""One file a format, each ending in a `Collection`."""

from gapviz.readers.reading import Reading, ReadOptions, Skipped
from gapviz.readers.source import read, read_source

__all__ = ["ReadOptions", "Reading", "Skipped", "read", "read_source"]
