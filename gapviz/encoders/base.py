"""What every encoder promises, whichever family it comes from, and what all of them share.

torch is imported where a tower is built or run, not before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from PIL import Image

from gapviz.core.encoder_record import NO_RECORD, EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32, unit_rows
from gapviz.encoders.pixels import IMAGE_BATCH, Pixels, Preparation
from gapviz.sources.files.texts import is_utf8

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What is to be known of an encoder before it is given anything."""

    name: str
    """Stable id, as it stands in URLs and caches (`builtin`, `open_clip:ViT-B-32:openai`)."""
    dim: int
    """Dimensions of the joint space."""
    text_limit: int = 0
    """Most tokens of a text that the text tower reads (special tokens included); 0 where it
    reads no texts."""
    record: EncoderRecord = NO_RECORD
    """What a collection that it encodes remembers of it."""
    variant: str = ""
    """What its vectors depend on beside the name, such as a prompt."""

    @property
    def stored_as(self) -> str:
        """What its vectors are stored by, so that those of another variant are kept apart."""
        return f"{self.name}, {self.variant}" if self.variant else self.name


class _AnyEncoder:
    """What encoders of texts, of pictures and of both have in common."""

    card: EncoderCard
    device: str
    """Where it computes: `cpu`, `cuda`, `mps`."""
    modalities: ClassVar[tuple[str, ...]]
    """What it encodes: `image`, `text` or both."""

    def for_queries(self, prompt: str | None = None) -> Self:
        """The same encoder as it takes what asks, which is another variant where that differs.

        Args:
            prompt: what stands before a query, as `EncoderRecord.query_prompt`; None takes the
                model's own. No matter to a model without prompts.
        """
        return self


class TextEncoder(_AnyEncoder, ABC):
    """Texts into vectors of `card.dim` dimensions."""

    modalities: ClassVar[tuple[str, ...]] = ("text",)

    def encode_texts(
        self, texts: Sequence[str], *, cut: bool = False, progress: Progress = no_progress
    ) -> Float32:
        """Unit rows `(len(texts), card.dim)` float32.

        Args:
            texts: at least one.
            cut: take of a text over `card.text_limit` tokens what its tower reads, as open_clip
                does, rather than refuse it.
            progress: told after every batch.

        Raises:
            GapvizError: no texts, an empty text, or one over `card.text_limit` tokens unless `cut`.
        """
        refuse_unreadable_texts(texts, self, cut=cut)
        return unit_rows(self.text_features(texts, progress), where="encoded texts")

    @abstractmethod
    def count_tokens(self, text: str) -> int:
        """Tokens that `text` becomes, special tokens included, without truncation."""

    @abstractmethod
    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        """`(len(texts), card.dim)` of any length, of texts that can be read.

        Of more than `card.text_limit` tokens, the first and the closing special ones count.
        """


class ImageEncoder(_AnyEncoder, ABC):
    """Pictures into vectors of `card.dim` dimensions."""

    modalities: ClassVar[tuple[str, ...]] = ("image",)
    preprocessing: Preparation
    """What is done to a picture first, so that another process can do it."""

    def encode_images(
        self, images: Sequence[Image.Image], *, progress: Progress = no_progress
    ) -> Float32:
        """Unit rows `(len(images), card.dim)` float32; images of any mode and size.

        Transparent pixels are laid over white before the tower sees them.

        Raises:
            GapvizError: no images.
        """
        return unit_rows(self.image_features(images, progress), where="encoded images")

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Float32:
        """Unit rows `(n, card.dim)` of one batch of pictures from `preprocessing`."""
        return unit_rows(self.pixel_features(pixels), where="encoded images")

    def image_features(
        self, images: Sequence[Image.Image], progress: Progress = no_progress
    ) -> Float32:
        """What `encode_images` gives, of any length: prepared and encoded in batches."""
        if not len(images):
            raise GapvizError("there are no images to encode", hint="give at least one")

        def encode(batch: Sequence[Image.Image]) -> Float32:
            return self.pixel_features([self.preprocessing.pixels(one) for one in batch])

        return in_batches(encode, images, IMAGE_BATCH, progress, "images")

    @abstractmethod
    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        """What `encode_pixels` gives, of any length."""


class Encoder(ImageEncoder, TextEncoder):
    """A dual encoder: texts and images into one joint space of `card.dim` dimensions."""

    modalities: ClassVar[tuple[str, ...]] = ("image", "text")


def choose_device(device: str | None = None) -> str:
    """`device`, or else the fastest that this machine has: cuda, mps, cpu.

    Raises:
        GapvizError: a device that this machine does not have.
    """
    torch = needed("torch")
    mps = torch.backends.mps.is_available()
    if device is None:
        return "cuda" if torch.cuda.is_available() else "mps" if mps else "cpu"
    kind, _, number = device.partition(":")
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(mps)}
    if (number and not number.isdigit()) or int(number or 0) >= there.get(kind, 0):
        known = ", ".join(name for name, count in there.items() if count)
        raise GapvizError(
            f"this machine has no device {device[:40]!r}", hint=f"choose one of {known}"
        )
    return device


def refuse_unreadable_texts(
    texts: Sequence[str], encoder: TextEncoder, *, cut: bool = False
) -> None:
    """Refuse a list that the encoder's tower would have to guess at.

    A tower given more tokens than it reads would silently drop the rest, and its vector
    would stand for another text.

    Args:
        texts: to be encoded.
        encoder: that would.
        cut: whether texts of too many tokens will be cut, and are let through.

    Raises:
        GapvizError: no texts, one that is not a string, blank or not valid Unicode, or one of
            more than `encoder.card.text_limit` tokens unless `cut`.
    """
    if isinstance(texts, str) or not len(texts):
        raise GapvizError("there are no texts to encode", hint="give a list of at least one text")
    for number, text in enumerate(texts, start=1):
        where = f"text {number}" if len(texts) > 1 else "text"
        if not isinstance(text, str) or not text.strip():
            raise GapvizError("is empty", where=where, hint="write at least one word")
        if not is_utf8(text):
            raise GapvizError("is not valid Unicode", where=where, hint="save it again as UTF-8")
        # Counted whatever the length in characters: one ligature can be many tokens.
        if not cut and (tokens := encoder.count_tokens(text)) > (limit := encoder.card.text_limit):
            raise GapvizError(
                f"has {tokens} tokens, and the encoder reads {limit}",
                where=where,
                hint="shorten it or split it in two",
            )


def in_batches(
    encode: Callable[[Sequence[Thing]], Float32],
    things: Sequence[Thing],
    size: int,
    progress: Progress,
    noun: str,
) -> Float32:
    """Rows of things, `size` of them encoded at a time.

    Args:
        encode: gives the rows of one batch.
        things: what is encoded, at least one.
        size: of a batch.
        progress: told after every batch.
        noun: what they are, in the plural.
    """
    parts = []
    for start in range(0, len(things), size):
        parts.append(encode(things[start : start + size]))
        done = min(start + size, len(things))
        progress(done / len(things), f"encoded {done:,} of {len(things):,} {noun}")
    return np.concatenate(parts)


def standardised_features(
    model: Callable[[Any], Any],
    pixels: Sequence[Pixels],
    statistics: Mapping[str, Any],
    device: str,
) -> Float32:
    """`(n, dim)`: what a model of torch makes of pixels 0…1 with each channel standardised.

    Args:
        model: of a batch `(n, 3, height, width)` on `device`, without gradients.
        pixels: n pictures `(height, width, 3)`, 0…255.
        statistics: `mean` and `std` of each channel, of pixels 0…1.
        device: where the batch is put.
    """
    import torch

    batch = torch.from_numpy(np.stack(pixels)).to(device).permute(0, 3, 1, 2).contiguous()
    mean, std = (
        torch.tensor(statistics[name], dtype=torch.float32, device=device).view(1, 3, 1, 1)
        for name in ("mean", "std")
    )
    with torch.inference_mode():
        rows = model(batch.float().div_(255).sub_(mean).div_(std))
        features: Float32 = rows.float().cpu().numpy()
    return features
