"""One file a format, each ending in a `Collection`."""

from gapviz.readers.reading import Reading, ReadOptions, Skipped
from gapviz.readers.source import read

__all__ = ["ReadOptions", "Reading", "Skipped", "read"]
