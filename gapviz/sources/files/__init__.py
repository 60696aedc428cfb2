"""One file a format, each ending in a `Collection`."""

from gapviz.sources.files.format import Reading, ReadOptions, Skipped, read

__all__ = ["ReadOptions", "Reading", "Skipped", "read"]
