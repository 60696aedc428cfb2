"""Write the card of the built-in encoder from what its training measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gapviz.collection import CALIBRATE, EVALUATE
from gapviz.files import write_atomically
from gapviz.vectors import Indices

CARD = """# The built-in encoder

A small dual encoder that comes with gapviz: **EfficientNet-lite0** (images) and
**all-MiniLM-L6-v2** (texts), both frozen, each with one trained head (standardise, linear,
ReLU, linear to 256 dimensions, unit length). It is **not CLIP**: it saw {n_train} drawings
where CLIP saw hundreds of millions of photographs. What it shares with CLIP is the
training objective at a low temperature, and with it a modality gap that nobody put there.

## Training

- Data: {n_train} OpenMoji drawings with one to three captions each (`train`); {n_calibrate}
  more (`calibrate`) chose the step. Splits are by item and alike within every label.
- The 1,000 classes of ImageNet, as (point of the feature space, name): the points are read
  off the frozen tower's own classifier, so no photograph was needed.
- Objective: InfoNCE in both directions, temperature {temperature} (fixed), batches of
  {batch}, AdamW at {learning_rate}, one of an item's captions at random.
- Against overfitting: dropout {dropout}, noise on the standardised features
  ({image_noise} on images, {text_noise} on texts), {views} altered renderings of each
  drawing (pale backgrounds, scale, shift, turn, mirror).
- Kept: step {step}, the earliest whose mean R@10 on `calibrate` is within {near_equal} of
  the best. The whole course, from the untrained heads on, is in `training_log.json`.

## Held out: {n_evaluate} `evaluate` items

Neither trained on nor used to choose anything. Every query searches these {n_evaluate}
items; ties count against the query; in brackets the 95 % bootstrap interval over items.

| | |
|---|---|
{table}

Chance R@10 is {chance:.3f}. A "second caption" is another name of the item, or a line of
hints ("fruit, food, tropical"), or the first where it has no other.

## Limits

- Photographs: the heads never saw one. What they know of them comes from the names of
  ImageNet's classes, and how far that carries is not measured. Expect coarse matches at
  best: of scikit-learn's two sample photographs, a temple comes nearest to the name
  "national park" and a flower to "shortcake".
- Half of the held-out items are not among the ten nearest to their own name: "slice of
  pizza" finds "cut of meat" and "takeout box" before the pizza, which is held out.
- It knows the concepts that emoji name. Text in pictures, counts, left and right, and
  relations are beyond it.
- Texts over 256 tokens are refused. English only.
- Drawings of people carry OpenMoji's view of them, and names carry Unicode's.

## Licences

Heads: trained on OpenMoji drawings (CC BY-SA 4.0, openmoji.org), shared under CC BY-SA 4.0.
Towers: EfficientNet-lite0 Apache-2.0; all-MiniLM-L6-v2 Apache-2.0. Neither is copied here.
"""


def write_model_card(
    folder: Path,
    recipe: Mapping[str, Any],
    step: int,
    splits: Mapping[str, Indices],
    figures: Sequence[tuple[str, str]],
) -> None:
    """Write `MODEL_CARD.md`; `figures` become the rows of its table."""
    n_evaluate = splits[EVALUATE].size
    text = CARD.format(
        **recipe,
        step=step,
        n_train=splits["train"].size,
        n_calibrate=splits[CALIBRATE].size,
        n_evaluate=n_evaluate,
        chance=10 / n_evaluate,
        table="\n".join(f"| {what} | {figure} |" for what, figure in figures),
    )
    write_atomically(folder / "MODEL_CARD.md", text.encode())
