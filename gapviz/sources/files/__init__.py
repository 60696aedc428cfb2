"""One file a format, each ending in a `Collection`."""

from gapviz.sources.files.reading import Reading, ReadOptions, Skipped
from gapviz.sources.files.source import read

__all__ = ["ReadOptions", "Reading", "Skipped", "read"]
