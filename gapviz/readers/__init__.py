"""One file a format, each ending in a `Collection`."""

from gapviz.readers.source import read_source

__all__ = ["read_source"]
