"""Equal items of a source stay in one half of the split that its reader makes."""

import numpy as np
from PIL import Image

from gapviz.core.equal_items import n_apart
from gapviz.sources.files import read
from gapviz.sources.images.copies import equal_pictures


def test_equal_vectors_stay_in_one_half(tmp_path):
    image, text = np.random.default_rng(0).standard_normal((2, 40, 8))
    image[21] = image[4]
    text[:20] = text[0]
    np.savez(tmp_path / "made.npz", image=image, text=text)
    collection = read(str(tmp_path / "made.npz")).collection
    halves = [set(members.tolist()) for members in collection.splits.values()]
    assert any({4, 21} <= half for half in halves)
    assert sorted(map(len, halves)) == [20, 20]


def pictures(folder, equal):
    for number in range(20):
        seed = equal.get(number, number)
        noise = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number:02}.bmp")


def test_equal_pictures_stay_in_one_half(tmp_path):
    equal = {number: number - 10 for number in range(10, 16)}
    pictures(tmp_path, equal)
    collection = read(str(tmp_path)).collection
    groups = np.array([equal.get(number, number) for number in range(20)])
    assert n_apart(groups, collection.splits) == 0
    assert all(len(members) == 10 for members in collection.splits.values())


def test_pictures_are_equal_where_their_bytes_are(tmp_path):
    pictures(tmp_path, {7: 3})
    references = ["03.bmp", "04.bmp", None, "07.bmp", "missing.bmp", "04.bmp"]
    numbers = equal_pictures(references, tmp_path)
    assert numbers[0] == numbers[3] != numbers[1] == numbers[5]
    assert numbers[2] == -1 and numbers[4] not in numbers[[0, 1]]
