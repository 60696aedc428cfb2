"""From items to vectors: a collection through an encoder, resumable, nothing done twice."""

from gapviz.encoders.encoding.run import Encoded, encode_collection
from gapviz.encoders.encoding.store import VectorStore

__all__ = ["Encoded", "VectorStore", "encode_collection"]
