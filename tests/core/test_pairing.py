"""What belongs together is said in words."""

import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.core.item import Item, items_of_rows
from gapviz.core.pairing import pairing_of
from gapviz.sources.files import read

ROWS = np.random.default_rng(0).standard_normal((12, 4))


@pytest.fixture
def reading(tmp_path):
    def read_back(**arrays):
        np.savez(tmp_path / "x.npz", **arrays)
        return read(str(tmp_path / "x.npz")).collection

    return read_back


def test_rows_without_pair_are_counted(reading):
    pairing = pairing_of(reading(image=ROWS, text=ROWS[:9]))
    assert pairing.sentences == (
        "9 image–text pairs: row i of image belongs to row i of text.",
        "3 items have image vectors only, and no pair.",
    )


def test_a_row_left_out_leaves_the_others_paired_by_position(reading):
    image = ROWS.copy()
    image[0] = np.nan
    pairing = pairing_of(reading(image=image, text=ROWS))
    assert pairing.sentences == (
        "11 image–text pairs: row i of image belongs to row i of text.",
        "1 item has text vectors only, and no pair.",
    )


def test_told_ids_pair_by_id(reading):
    ids = np.array([f"photo {n}" for n in range(12)])
    assert "paired by the items' ids" in pairing_of(reading(a=ROWS, b=ROWS, ids=ids)).sentences[0]


def test_one_modality_says_what_is_left_to_do(reading):
    (sentence,) = pairing_of(reading(image=ROWS)).sentences
    assert "image vectors only" in sentence and "Within a modality" in sentence


def test_modalities_of_different_items_have_no_pair():
    blocks = {"a": ModalityVectors.of(ROWS[:6]), "b": ModalityVectors.of(ROWS[6:], range(6, 12))}
    told = pairing_of(Collection("apart", items_of_rows(12), blocks)).sentences
    assert told[0].startswith("No item has both a and b vectors")


def test_every_two_of_three_modalities_are_counted(reading):
    pairing = pairing_of(reading(a=ROWS, b=ROWS[:5], c=ROWS[:3]))
    assert pairing.both == {("a", "b"): 5, ("a", "c"): 3, ("b", "c"): 3}
    assert pairing.alone == {"a": 7}


def test_without_vectors_there_is_nothing_to_pair():
    with pytest.raises(GapvizError):
        pairing_of(Collection("bare", (Item("a"),), {}))
