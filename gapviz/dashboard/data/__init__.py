"""The page of a visitor's own collections: add, look, encode, remove."""

from gapviz.dashboard.data import adding, contents, encoding, library

__all__ = ["adding", "contents", "encoding", "library"]
