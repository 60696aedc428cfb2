"""Separate encoders before any training: where the cones of a real model lie at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.builtin import builtin_collection
from gapviz.builtin.drawings import render
from gapviz.cache import cached_arrays, content_key
from gapviz.collection import EVALUATE
from gapviz.encoders.base import Progress
from gapviz.training.record import TrainingStep, recorded

MODEL = "ViT-S-32-alt"
"""The smallest dual transformer of open_clip: 32-pixel patches, 256 dimensions."""
DRAWINGS = 100
KIND = "random-start"
# Raise it when the code below would give other vectors for the same drawings.
REVISION = 1


@dataclass(frozen=True, eq=False)
class RandomStart:
    """A dual encoder at random weights, over some built-in drawings and their names."""

    model: str
    seed: int
    figures: TrainingStep
    """At step 0; its `loss` is NaN, since nothing is trained."""
    n_items: int


def random_start(
    *, model: str = MODEL, seed: int = 0, items: int = DRAWINGS, progress: Progress | None = None
) -> RandomStart:
    """Encode built-in drawings and names by an open_clip model with random weights.

    The vectors are kept on disk by model, seed and items.

    Args:
        model: a name of `open_clip.list_models()`.
        seed: of the weights.
        items: how many drawings of the evaluate split.
        progress: called with the share done; may raise to cancel.

    Raises:
        GapvizError: no such model.
    """
    held = builtin_collection().split(EVALUATE).items[:items]
    key = content_key(model=model, seed=seed, items=[item.id for item in held], revision=REVISION)

    def encode() -> dict[str, np.ndarray]:
        from gapviz.encoders.open_clip import OpenClipEncoder

        say = progress or (lambda share, stage: None)
        say(0.05, f"building {model} with random weights")
        encoder = OpenClipEncoder(model, seed=seed, device="cpu")
        say(0.3, f"encoding {len(held)} names")
        texts = encoder.encode_texts([item.captions[0] for item in held])
        size = 224
        pictures = [render(item.id, size) for item in held]
        images = encoder.encode_images(
            pictures, progress=lambda share, stage: say(0.4 + 0.6 * share, stage)
        )
        return {"image": images, "text": texts}

    vectors = cached_arrays(KIND, key, encode)
    ordered = {name: vectors[name] for name in ("image", "text")}
    figures = recorded(0, float("nan"), ordered, scale=float("nan"), before=None)
    return RandomStart(model, seed, figures, len(held))
