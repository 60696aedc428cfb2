"""What every encoder promises, whichever family it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from gapviz.vectors import Float32

Progress = Callable[[float, str], None]
"""Called with the share done (0…1) and a short phrase; may raise to cancel."""


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What a person needs to know of an encoder before trusting a figure it made."""

    name: str
    """Stable id, as it stands in URLs and caches (`builtin`, `open_clip:ViT-B-32:openai`)."""
    title: str
    """Name for people."""
    dim: int
    """Dimensions of the joint space."""
    description: str
    """One or two plain sentences: what it is, what it is not."""
    text_limit: int
    """Most tokens of a text that the text tower reads (special tokens included)."""


class Encoder(Protocol):
    """A dual encoder: texts and images into one joint space of `card.dim` dimensions."""

    @property
    def card(self) -> EncoderCard: ...

    def encode_texts(self, texts: Sequence[str], *, progress: Progress | None = None) -> Float32:
        """Unit rows `(len(texts), dim)` float32.

        Raises:
            GapvizError: an empty text, or one over `card.text_limit` tokens.
        """
        ...

    def encode_images(
        self, images: Sequence[Image.Image], *, progress: Progress | None = None
    ) -> Float32:
        """Unit rows `(len(images), dim)` float32; images of any mode and size.

        Transparent pixels are laid over white before the tower sees them.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens that `text` becomes, special tokens included, without truncation."""
        ...
