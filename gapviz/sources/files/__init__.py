"""One file a format, each ending in a `Collection`."""

from gapviz.sources.files.beside import read
from gapviz.sources.files.format import Reading, ReadOptions, Skipped

__all__ = ["ReadOptions", "Reading", "Skipped", "read"]
