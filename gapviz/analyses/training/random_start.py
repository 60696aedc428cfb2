"""Separate encoders before any training: where the cones of a real model lie at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gapviz.analyses.training.record import DEPTH, TrainingStep, recorded
from gapviz.core.libraries import refuse_missing
from gapviz.core.progress import Progress, no_progress
from gapviz.core.splits import EVALUATE
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.drawings import render
from gapviz.storage.cache import cached

MODEL = "ViT-S-32-alt"
"""The smallest dual transformer of open_clip: 32-pixel patches, 256 dimensions."""
DRAWINGS = 100
EDGE = 224
# Raise it when the same drawings would give other figures.
REVISION = 1


@dataclass(frozen=True, eq=False)
class RandomStart:
    """A dual encoder at random weights, over some built-in drawings and their names."""

    model: str
    seed: int
    figures: TrainingStep
    """At step 0; its `loss` is NaN, since nothing is trained."""
    n_items: int

    @property
    def chance(self) -> float:
        """R@10 of an order drawn by lot."""
        return min(1.0, DEPTH / self.n_items)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; NaN becomes None."""
        figures = self.figures.to_json()
        named = ("gap", "separation", "cone", "recall_at_10", "bias_at_10")
        return {
            "model": self.model,
            "seed": self.seed,
            "n_items": self.n_items,
            **{name: figures[name] for name in named},
            "recall_at_10_by_chance": self.chance,
        }


@cached("random-start", revision=REVISION)
def cached_random_start(
    *, seed: int = 0, items: int = DRAWINGS, progress: Progress = no_progress
) -> RandomStart:
    """Built-in drawings and names, encoded by `MODEL` with random weights.

    Args:
        seed: of the weights.
        items: how many drawings of the evaluate split.
        progress: told of each stage.
    """
    refuse_missing("torch", "open_clip", use="an untrained CLIP")
    held = builtin_collection().split(EVALUATE).items[:items]
    progress(0.05, f"building {MODEL} with random weights")
    from gapviz.encoders.open_clip import OpenClipEncoder

    encoder = OpenClipEncoder(MODEL, seed=seed, device="cpu")
    progress(0.3, f"encoding {len(held)} names")
    texts = encoder.encode_texts([item.captions[0] for item in held])
    images = encoder.encode_images(
        [render(item.id, EDGE) for item in held],
        progress=lambda share, stage: progress(0.4 + 0.6 * share, stage),
    )
    vectors = {"image": images, "text": texts}
    figures = recorded(0, float("nan"), vectors, scale=float("nan"), before=None)
    return RandomStart(MODEL, seed, figures, len(held))
