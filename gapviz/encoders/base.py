"""What every encoder promises, whichever family it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32
from gapviz.encoders.pixels import Pixels, Preprocessing


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
    """Most tokens of a text that the text tower reads (special tokens included); 0 where it
    reads no texts."""
    logit_scale: float | None = None
    """Factor on cosines in the loss that the model was trained with, 1/temperature."""
    logit_bias: float | None = None
    """What a sigmoid loss adds to them; None for a softmax loss."""


class TextEncoder(Protocol):
    """Texts into vectors of `card.dim` dimensions."""

    @property
    def card(self) -> EncoderCard: ...

    @property
    def device(self) -> str:
        """Where it computes: `cpu`, `cuda`, `mps`."""
        ...

    def encode_texts(self, texts: Sequence[str], *, progress: Progress | None = None) -> Float32:
        """Unit rows `(len(texts), dim)` float32.

        Raises:
            GapvizError: an empty text, or one over `card.text_limit` tokens.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens that `text` becomes, special tokens included, without truncation."""
        ...


class ImageEncoder(Protocol):
    """Pictures into vectors of `card.dim` dimensions."""

    @property
    def card(self) -> EncoderCard: ...

    @property
    def device(self) -> str:
        """Where it computes: `cpu`, `cuda`, `mps`."""
        ...

    @property
    def preprocessing(self) -> Preprocessing:
        """What is done to a picture first, so that another process can do it."""
        ...

    def encode_images(
        self, images: Sequence[Image.Image], *, progress: Progress | None = None
    ) -> Float32:
        """Unit rows `(len(images), dim)` float32; images of any mode and size.

        Transparent pixels are laid over white before the tower sees them.
        """
        ...

    def encode_pixels(self, pixels: Pixels) -> Float32:
        """Unit rows `(n, dim)` of one batch `(n, height, width, 3)` from `preprocessing`."""
        ...


class Encoder(ImageEncoder, TextEncoder, Protocol):
    """A dual encoder: texts and images into one joint space of `card.dim` dimensions."""
