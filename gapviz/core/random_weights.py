"""Encoders with random weights: how their names say it, and what is said of their vectors."""

from __future__ import annotations

import re

_RANDOM = re.compile(r"(?:^|:)random-\d{1,9}$")

WARNING = (
    "The encoder of these vectors has random weights. They show the gap that a model is born "
    "with; they know nothing of what pictures and texts mean, so that no figure of retrieval says "
    "anything of a trained model."
)


def random_weights_warnings(encoder: str) -> tuple[str, ...]:
    """What speaks against vectors of an encoder with random weights; nothing of any other.

    Args:
        encoder: as `Collection.encoder` has it.

    >>> len(random_weights_warnings("open_clip:ViT-B-32:random-0"))
    1
    >>> random_weights_warnings("open_clip:ViT-B-32:openai")
    ()
    """
    return (WARNING,) if _RANDOM.search(encoder) else ()
