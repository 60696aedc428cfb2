"""Separate encoders before any training: where the cones of a real model lie at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gapviz.builtin import builtin_collection
from gapviz.builtin.drawings import render
from gapviz.collection import EVALUATE, Item
from gapviz.progress import Progress
from gapviz.storage.cache import content_key, read_arrays, write_arrays
from gapviz.training.record import TrainingStep, recorded
from gapviz.vectors import Float32

MODEL = "ViT-S-32-alt"
"""The smallest dual transformer of open_clip: 32-pixel patches, 256 dimensions."""
DRAWINGS = 100
EDGE = 224
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
    ready = ready_random_start(model=model, seed=seed, items=items)
    if ready is not None:
        return ready
    held = _items(items)
    say = progress or (lambda share, stage: None)
    say(0.05, f"building {model} with random weights")
    from gapviz.encoders.open_clip import OpenClipEncoder

    encoder = OpenClipEncoder(model, seed=seed, device="cpu")
    say(0.3, f"encoding {len(held)} names")
    texts = encoder.encode_texts([item.captions[0] for item in held])
    images = encoder.encode_images(
        [render(item.id, EDGE) for item in held],
        progress=lambda share, stage: say(0.4 + 0.6 * share, stage),
    )
    vectors = {"image": images, "text": texts}
    write_arrays(KIND, _key(model, seed, held), vectors)
    return _measured(vectors, model, seed)


def ready_random_start(
    *, model: str = MODEL, seed: int = 0, items: int = DRAWINGS
) -> RandomStart | None:
    """What `random_start` returned for the same arguments, or None where it has to be made."""
    vectors = read_arrays(KIND, _key(model, seed, _items(items)))
    return None if vectors is None else _measured(vectors, model, seed)


def _items(count: int) -> tuple[Item, ...]:
    return builtin_collection().split(EVALUATE).items[:count]


def _key(model: str, seed: int, items: tuple[Item, ...]) -> str:
    ids = [item.id for item in items]
    return content_key(model=model, seed=seed, items=ids, revision=REVISION)


def _measured(vectors: Mapping[str, Float32], model: str, seed: int) -> RandomStart:
    ordered = {name: vectors[name] for name in ("image", "text")}
    figures = recorded(0, float("nan"), ordered, scale=float("nan"), before=None)
    return RandomStart(model, seed, figures, len(ordered["image"]))
