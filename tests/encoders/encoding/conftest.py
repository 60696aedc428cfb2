"""Pictures on disk, and an encoder that counts what it is given."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.vectors import unit_rows
from gapviz.encoders.base import EncoderCard, refuse_unreadable_texts
from gapviz.encoders.encoding import VectorStore
from gapviz.encoders.pixels import Preprocessing


class CountingEncoder:
    """Mean colours and letter counts; remembers how many it was given."""

    device = "cpu"
    preprocessing = Preprocessing((8, 8), "shortest")

    def __init__(self, name="counting"):
        self.card = EncoderCard(name, 5, text_limit=12)
        self.batches = []
        self.n_texts = 0

    def encode_pixels(self, pixels):
        self.batches.append(len(pixels))
        flat = np.stack(pixels).reshape(len(pixels), -1, 3).astype(np.float64)
        colour = np.hstack([flat.mean(1) + 1, flat[:, :1, 0] + 1, flat[:, -1:, 1] + 1])
        # As in a real tower, a row's last bits depend on the batch that it stands in.
        return unit_rows(colour + len(pixels) * 1e-4)

    def encode_images(self, images, *, progress=None):
        return self.encode_pixels([self.preprocessing.pixels(one) for one in images])

    def encode_texts(self, texts, *, cut=False, progress=None):
        refuse_unreadable_texts(texts, self, cut=cut)
        self.n_texts += len(texts)
        return unit_rows([[1 + text.count(letter) for letter in "aeiou"] for text in texts])

    def count_tokens(self, text):
        return len(text.split())

    @property
    def n_images(self):
        return sum(self.batches)


@pytest.fixture
def encoder():
    return CountingEncoder()


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    return VectorStore()


@pytest.fixture
def paint(tmp_path):
    """`paint(n)`: n different pictures in a folder, and the collection that names them."""

    def make(n, *, start=0, captions=lambda i: (f"picture {i}",)):
        folder = tmp_path / "pictures"
        folder.mkdir(exist_ok=True)
        for index in range(start, n):
            picture(folder / f"{index}.png", index)
        items = tuple(Item(str(index), None, captions(index), f"{index}.png") for index in range(n))
        return Collection("painted", items, {}, root=folder)

    return make


def picture(path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 255, (9, 11, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
