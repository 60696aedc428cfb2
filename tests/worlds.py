"""Made collections whose directions are known by construction."""

from __future__ import annotations

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits

N_HELD_OUT = 40
N_HUBS = 6
"""Held-out items whose text stands before the own text of every other image."""
N_SWAPPED = 10
"""Held-out items whose sound is that of another item."""


def with_hubs(names=("image", "text", "audio"), *, lacking_audio=()):
    """Eighty items in two equal halves; every modality is one direction an item, and exact.

    - A text is its item's direction, an image that and a common one. Six texts in each half are
      the common direction, so that they stand before the match of every other image: image → text
      has R@1 6/40 and its other matches at rank 7, text → image has R@1 1.
    - A sound is its item's text, but for ten items in each half, which have that of another: text
      and audio find each other with R@1 30/40.
    - A video is its item's image.

    Args:
        names: the modalities.
        lacking_audio: places within each half, 0 … 39, of items without a sound.
    """
    n = 2 * N_HELD_OUT
    own, common = np.eye(n, n + 1), np.eye(n + 1)[n]
    place = np.arange(n) // 2
    hub = place % 7 == 0
    text = np.where(hub[:, None], 0.3 * own + common, own)
    image = np.where(hub[:, None], text, own + 1.5 * common)
    audio = text.copy()
    for first in (1, 8, 15, 22, 29):
        for half in (0, 1):
            pair = [2 * first + half, 2 * first + 2 + half]
            audio[pair] = text[pair[::-1]]
    rows = {"image": image, "text": text, "audio": audio, "video": image}
    heard = np.flatnonzero(~np.isin(place, lacking_audio))
    blocks = {
        name: ModalityVectors.of(rows[name][heard], heard)
        if name == "audio"
        else ModalityVectors.of(rows[name])
        for name in names
    }
    return Collection("hubs", items_of_rows(n), blocks, alternate_splits(n), encoder="exact")


def wider_and_worse(n=80, dim=12, *, better=False):
    """Four modalities, each further off than the one before, with ever more noise, or ever less."""
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((n, dim))
    blocks = {}
    for place, name in enumerate(("text", "image", "audio", "video")):
        noise = (3 - place if better else place) * 0.35 + 0.1
        rows = meaning + noise * rng.standard_normal((n, dim))
        blocks[name] = ModalityVectors.of(rows + place * 1.5 * np.eye(dim)[place])
    return Collection("wider", items_of_rows(n), blocks, alternate_splits(n), encoder="four")


def clustered(n=1_200, dim=24, *, scattered=False, gap=2.0):
    """Images in sixty tight clusters, and texts across a gap that no image direction shares.

    Args:
        n: items.
        dim: of the part that is shared; the gap has a dimension of its own.
        scattered: whether texts lie in no cluster, so that the images nearest to one lie in many;
            else they lie as images do, and only the gap lies between.
        gap: how wide.
    """
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((60, dim))

    def drawn():
        return centres[rng.integers(60, size=n)] + 0.15 * rng.standard_normal((n, dim))

    images = drawn()
    texts = rng.standard_normal((n, dim)) if scattered else drawn()
    sides = [
        np.concatenate([rows, np.full((n, 1), side * gap / 2)], axis=1)
        for rows, side in ((images, 1), (texts, -1))
    ]
    return Collection(
        "clusters",
        items_of_rows(n),
        {
            name: ModalityVectors.of(rows)
            for name, rows in zip(("image", "text"), sides, strict=True)
        },
        alternate_splits(n),
        encoder="exact",
    )
