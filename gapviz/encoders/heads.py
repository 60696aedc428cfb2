"""The trained part of the built-in encoder: what joins two frozen towers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Float32
from gapviz.encoders.image_only import POOLED
from gapviz.sources.builtin.shipped import shipped_tensors

JOINT_DIM = 256
INPUTS_FILE = "inputs.safetensors"
"""What all variants share, in the folder of the built-in encoder's heads."""


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
        return _unit(hidden @ self.weight_out.T + self.bias_out)

    def tensors(self, prefix: str) -> dict[str, Float32]:
        """The arrays under the names `load` looks for."""
        return _tensors(self, prefix)

    @classmethod
    def load(cls, path: Path, prefix: str) -> Self:
        """Read one head of a safetensors file.

        Raises:
            GapvizError: the file is missing, damaged or holds no such head.
        """
        head: Self = _loaded(cls, path, prefix, f"the {prefix} head of the built-in encoder is")
        return head


@dataclass(frozen=True, eq=False)
class JoinedHeads:
    """Heads that were trained from different seeds, asked together.

    The cosine of two rows is nearly the mean of the heads' cosines: their unit outputs stand side
    by side, and are brought back to fewer dimensions by the directions that both modalities share.
    """

    heads: tuple[Head, ...]
    directions: Float32
    """`(dim, heads · dim)`, orthonormal rows; the same for both modalities."""

    def side_by_side(self, features: Float32) -> Float32:
        """`(n, heads · dim)` of features `(n, features)`, before the directions."""
        return np.concatenate([head.project(features) for head in self.heads], axis=1)

    def project(self, features: Float32) -> Float32:
        """Unit rows `(n, dim)` of features `(n, features)`."""
        return _unit(self.side_by_side(features) @ self.directions.T)


@dataclass(frozen=True, eq=False)
class ImageInputs:
    """From the stages of the image tower to what the image heads read.

    Beside the stages stands what ImageNet's classifier says of the picture, in words: the mean of
    the embedded names of its classes, weighed by their probabilities. Of all of it, the principal
    directions of the training drawings are kept.
    """

    class_names: Float32
    """`(1000, t)`: the names of ImageNet's classes through the text tower."""
    mean: Float32
    """`(features,)`, of the training drawings."""
    scale: Float32
    """`(features,)`."""
    directions: Float32
    """`(inputs, features)`."""

    def of(self, stages: Float32, classifier: tuple[Float32, Float32]) -> Float32:
        """`(n, inputs)` of `EfficientNetEncoder.pixel_stages` and its `classifier`."""
        features = with_words(stages, classifier, self.class_names)
        return np.asarray((features - self.mean) / self.scale @ self.directions.T)

    def tensors(self) -> dict[str, Float32]:
        """The arrays under the names `load` looks for."""
        return _tensors(self, "image")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `tensors` gave.

        Raises:
            GapvizError: the file is missing or damaged.
        """
        inputs: Self = _loaded(cls, path, "image", "the image inputs of the built-in encoder are")
        return inputs


def with_words(
    stages: Float32, classifier: tuple[Float32, Float32], class_names: Float32
) -> Float32:
    """`(n, stages + t)`: the stages, then the classes' names weighed by their probabilities."""
    weights, biases = classifier
    logits = stages[:, POOLED] @ weights.T + biases
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.concatenate([stages, shares @ class_names], axis=1)


def load_joined(path: Path) -> dict[str, JoinedHeads]:
    """The heads of `image` and `text` that `joined_tensors` gave.

    Raises:
        GapvizError: the file is missing, damaged or holds no such heads.
    """
    what = "the heads of the built-in encoder are"
    stored = shipped_tensors(path, ["count", "directions"], what=what)
    directions = stored["directions"].astype(np.float32)
    return {
        part: JoinedHeads(
            tuple(Head.load(path, f"{part}.{i}") for i in range(int(stored["count"][0]))),
            directions,
        )
        for part in ("image", "text")
    }


def joined_tensors(joined: Mapping[str, JoinedHeads]) -> dict[str, npt.NDArray[Any]]:
    """The arrays under the names `load_joined` looks for."""
    tensors: dict[str, npt.NDArray[Any]] = {}
    for part, of_part in joined.items():
        for i, head in enumerate(of_part.heads):
            tensors |= head.tensors(f"{part}.{i}")
        tensors["count"] = np.array([len(of_part.heads)])
        tensors["directions"] = of_part.directions
    return tensors


def _unit(rows: Float32) -> Float32:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def _tensors(part: Any, prefix: str) -> dict[str, Float32]:
    return {
        f"{prefix}.{name}": np.ascontiguousarray(getattr(part, name))
        for name in part.__dataclass_fields__
    }


def _loaded(cls: Any, path: Path, prefix: str, what: str) -> Any:
    names = [f"{prefix}.{name}" for name in cls.__dataclass_fields__]
    stored = shipped_tensors(path, names, what=what)
    return cls(*(array.astype(np.float32) for array in stored.values()))
