import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.item_lookup import find_item

ITEMS = (
    Item("1F431", captions=("Cat face", "a cat"), image="photos/cat.png"),
    Item("1F408", captions=("a black cat",), image="photos/more/Cat2.png"),
    Item("1f436", captions=("dog",), image="openmoji:1F436"),
    Item("cat", captions=("the word",), other_pictures=(("sketch", "drawn/word.svg"),)),
    Item("CAT", captions=("the word again",)),
)
PETS = Collection("pets", ITEMS, {})


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("1F431", 0),
        ("1f431", 0),
        ("1F436", 2),
        ("cat", 3),
        ("CAT", 4),
        ("photos/cat.png", 0),
        ("cat2.png", 1),
        ("Cat2", 1),
        ("word.svg", 3),
        ("cat face", 0),
        ("  Cat   FACE ", 0),
        ("black", 1),
    ],
)
def test_an_item_goes_by_its_id_its_picture_or_its_caption(typed, place):
    assert find_item(PETS, typed) == place


@pytest.mark.parametrize("typed", ["Cat", "a"])
def test_what_fits_several_items_names_them(typed):
    with pytest.raises(GapvizError, match="items go by") as refused:
        find_item(PETS, typed)
    assert "'1F431'" in str(refused.value) or "'cat'" in str(refused.value)


def test_an_unknown_item_names_those_of_a_like_id():
    with pytest.raises(GapvizError, match=r"has no item '1F4311'.*such as '1F431'"):
        find_item(PETS, "1F4311")
    with pytest.raises(GapvizError, match="has no item ''"):
        find_item(PETS, "")
    assert np.unique([item.id for item in ITEMS]).size == len(ITEMS)


def test_a_row_that_was_numbered_goes_by_its_number_without_zeros():
    rows = Collection("rows", tuple(Item(one) for one in ("00", "07", "0A")), {})
    assert [find_item(rows, typed) for typed in ("7", "0", "007")] == [1, 0, 1]
    with pytest.raises(GapvizError, match="has no item '8'"):
        find_item(rows, "8")
