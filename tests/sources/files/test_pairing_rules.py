"""Rows without ids: pairing row by row is a guess where counts or repeats speak against it."""

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.pairing import guesses, pairing_of
from gapviz.sources.files import read
from gapviz.sources.files.format import ReadOptions

RNG = np.random.default_rng(0)
IMAGES, TEXTS = RNG.standard_normal((8, 16)), RNG.standard_normal((40, 16))


@pytest.fixture
def reading(tmp_path):
    def read_back(pairing="rows", captions=(), **arrays):
        np.savez(tmp_path / "x.npz", **arrays)
        if captions:
            lines = "\n".join(["caption", *captions])
            (tmp_path / "x.csv").write_text(lines + "\n", "utf-8")
        return read(str(tmp_path / "x.npz"), ReadOptions(pairing=pairing)).collection

    return read_back


def test_five_captions_an_image_are_a_guess_that_is_said(reading):
    (words,) = guesses(reading(image=IMAGES, text=TEXTS))
    assert words.startswith("40 text rows are 5 × 8 image rows")
    assert "row-by-row pairing is a guess" in words
    assert "text_ids" in words and "in-turn" in words


def test_told_ids_are_no_guess(reading):
    ids = np.array([f"photo {n}" for n in range(8)])
    told = reading(image=IMAGES, text=TEXTS, image_ids=ids, text_ids=ids.repeat(5))
    assert guesses(told) == ()


@pytest.mark.parametrize(
    ("pairing", "of_first"), [("in-turn", [0, 1, 2, 3, 4]), ("by-turns", [0, 8, 16, 24, 32])]
)
def test_the_grouping_that_is_offered_gives_each_image_its_captions(reading, pairing, of_first):
    words = [f"line {n}" for n in range(40)]
    found = reading(pairing, words, image=IMAGES, text=TEXTS)
    assert found.n_items == 8
    rows = np.flatnonzero(found.modality("text").item_index == 0)
    assert rows.tolist() == of_first
    assert found.items[0].captions == tuple(f"line {n}" for n in of_first)
    assert guesses(found) == ()
    assert "paired by the items' ids" in pairing_of(found).sentences[0]


def test_counts_that_do_not_divide_are_no_groups(reading):
    with pytest.raises(GapvizError, match="no multiple of 8"):
        reading("in-turn", image=IMAGES, text=TEXTS[:30])


def test_rows_that_repeat_are_told_kept_together_and_merged_on_demand(reading):
    flat = IMAGES.repeat(5, axis=0) + 1e-5 * RNG.standard_normal((40, 16))
    for name in ("image", "x"):
        found = reading(**{name: flat, "text": TEXTS})
        assert guesses(found)[0].startswith(f"40 {name} rows repeat 8 vectors")
        for members in found.splits.values():
            assert np.bincount(members // 5, minlength=8).tolist().count(5) == 4
        merged = reading("equal", **{name: flat, "text": TEXTS})
        assert merged.n_items == 8
        assert merged.modality(name).n_rows == 8
        assert merged.modality("text").item_index.tolist() == np.arange(8).repeat(5).tolist()


def test_an_unknown_pairing_is_refused():
    with pytest.raises(GapvizError, match="choose one of rows, in-turn, by-turns, equal"):
        ReadOptions(pairing="zigzag")
