"""A picture from outside is known as an item's own by its pixels."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.retrieval.queries import KnownPicture, known_picture, picture_query
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.drawings import drawing_png
from gapviz.sources.images.references import thumbnail_png

CAT = "1F431"


@pytest.fixture
def folder(tmp_path):
    """Pictures in a folder, and vectors by which the same picture is nearest to itself."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((4, 8))
    for number, suffix in enumerate(("png", "jpg", "jpg", "png")):
        pixels = rng.integers(0, 256, (90, 130 + number, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.{suffix}")
    names = ("0.png", "1.jpg", "2.jpg", "3.png")
    return Collection(
        "pictures",
        tuple(Item(name, image=name) for name in names),
        {
            "image": ModalityVectors.of(vectors),
            "text": ModalityVectors.of(rng.standard_normal((4, 8))),
        },
        root=tmp_path,
    )


def vector_of(collection, position):
    return collection.modality("image").corpus.vectors[position]


@pytest.mark.parametrize("position", range(4))
def test_the_file_of_an_item_is_known_and_its_own_entry_left_out(folder, position):
    image = Image.open(folder.root / folder.items[position].image)
    query = picture_query(folder, image, vector_of(folder, position))
    assert (query.item, query.modality, query.leave_out_own) == (position, "image", True)


def test_the_same_pixels_in_another_file_and_the_thumbnail_of_a_picture_are_known(folder):
    buffer = BytesIO()
    Image.open(folder.root / "1.jpg").save(buffer, "BMP")
    assert picture_query(folder, Image.open(buffer), vector_of(folder, 1)).item == 1
    small = thumbnail_png("1.jpg", folder.root, 96)
    assert picture_query(folder, Image.open(BytesIO(small)), vector_of(folder, 1)).item == 1


@pytest.mark.parametrize("saved", [{"format": "JPEG", "quality": 30}, {"format": "WEBP"}])
@pytest.mark.parametrize("width", [96, 300])
def test_a_drawing_that_was_saved_and_resized_anew_is_known_and_said_to_be_so(saved, width):
    shipped = builtin_collection()
    position, buffer = shipped.position[CAT], BytesIO()
    image = Image.open(BytesIO(drawing_png(CAT, 224))).convert("RGB").resize((width, width))
    image.save(buffer, **saved)
    known = known_picture(shipped, Image.open(buffer), vector_of(shipped, position))
    assert known == KnownPicture(position, same_pixels=False)
    assert known.words != KnownPicture(position, same_pixels=True).words


def test_a_drawing_that_the_collection_lacks_is_not_taken_for_one_like_it():
    shipped = builtin_collection()
    position = shipped.position[CAT]
    others = np.flatnonzero(np.arange(shipped.n_items) != position)
    kept = shipped.subset(others)
    image = Image.open(BytesIO(drawing_png(CAT, 224)))
    assert known_picture(kept, image, vector_of(shipped, position)) is None


def test_of_pictures_that_look_alike_the_nearest_in_pixels_is_meant(folder):
    image = Image.open(folder.root / "0.png").convert("RGB")
    pixels = np.asarray(image).astype(int)
    Image.fromarray(np.clip(pixels + 6, 0, 255).astype(np.uint8)).save(folder.root / "3.png")
    touched = Image.fromarray(np.clip(pixels + 1, 0, 255).astype(np.uint8))
    assert known_picture(folder, touched, vector_of(folder, 3)) == KnownPicture(0, False)


def test_a_picture_that_is_gone_is_passed_over(folder):
    image = Image.open(folder.root / "0.png").copy()
    (folder.root / "0.png").unlink()
    assert picture_query(folder, image, vector_of(folder, 0)).item is None


@pytest.mark.parametrize("size", [192, 618])
def test_a_built_in_drawing_of_any_size_is_known(size):
    shipped = builtin_collection()
    position = shipped.position[CAT]
    image = Image.open(BytesIO(drawing_png(CAT, size)))
    assert picture_query(shipped, image, vector_of(shipped, position)).item == position
