"""Encode the drawings and their captions: `data/builtin/`, with the heads in `data/encoder/`.

Run it as `python data/build_collection.py`, after `data/train_encoder.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from train_encoder import Recipe, split_items

from gapviz.builtin import ATTRIBUTION
from gapviz.builtin.drawings import render
from gapviz.builtin.names import drawn_items
from gapviz.collection import Collection, ModalityVectors
from gapviz.encoders.builtin import BuiltinEncoder
from gapviz.encoders.towers import IMAGE_EDGE

FOLDER = Path(__file__).resolve().parent / "builtin"


def main() -> None:
    """Write `collection.json` and `vectors.safetensors`."""
    items = drawn_items()
    encoder = BuiltinEncoder("cpu")
    captions = [(row, text) for row, item in enumerate(items) for text in item.captions]
    owners = np.array([row for row, _ in captions])
    # The first caption of each item is indexed; the others only ask.
    asks = np.concatenate([[False], owners[1:] == owners[:-1]])
    collection = Collection(
        name="OpenMoji drawings",
        items=items,
        modalities={
            "image": ModalityVectors.of(
                encoder.encode_images([render(item.id, IMAGE_EDGE) for item in items])
            ),
            "text": ModalityVectors.of(
                encoder.encode_texts([text for _, text in captions]), owners, asks
            ),
        },
        splits=split_items(items, Recipe().seed),
        encoder=encoder.card.name,
        attribution=ATTRIBUTION,
    )
    collection.save(FOLDER)
    print(f"{collection.n_items} items, {len(captions)} captions")


if __name__ == "__main__":
    main()
