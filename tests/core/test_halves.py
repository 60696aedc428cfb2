"""Halves that hold the same modalities, whatever the order in which the items came."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core.equal_items import n_apart
from gapviz.core.halves import even_halves


def table(*rows):
    """One word an item, of the first letters of its modalities: image, text, audio."""
    return np.array([[letter in row for letter in "ita"] for row in rows])


def in_both(halves, has, *columns):
    whole = has[:, columns].all(axis=1)
    return all(whole[members].any() for members in halves.values())


@pytest.mark.parametrize(
    ("rows", "must_be_in_both"),
    [
        (["i", "t"] * 20, "it"),  # images and texts that take turns
        (["ita", "it"] * 4, "ita"),  # every second item has a sound
        (["ita", "it", "it", "it", "ita", "it"], "ita"),
        (["it", "ia", "ta", "it"], "ita"),
        (["ia", "ta", "it", "it"], "ita"),  # each sound is of a kind of its own
        (["i", "t", "a", "a", "t", "i"], "ita"),
    ],
)
def test_both_halves_hold_every_modality_that_two_items_have(rows, must_be_in_both):
    has = table(*rows)
    halves = even_halves(has, [None] * len(rows))
    for letter in must_be_in_both:
        assert in_both(halves, has, "ita".index(letter)), letter


def test_both_halves_hold_pairs_where_two_items_are_pairs():
    has = table("it", "ita", "i", "t", "a", "i", "t", "a")
    halves = even_halves(has, [None] * 8)
    assert in_both(halves, has, 0, 1)


def test_every_label_is_halved_though_labels_take_turns():
    labels = ["cat", "dog"] * 10
    halves = even_halves(np.ones((20, 2), bool), labels)
    for members in halves.values():
        assert sorted(labels[at] for at in members) == ["cat"] * 5 + ["dog"] * 5


def test_without_labels_and_with_everything_everywhere_even_rows_calibrate():
    halves = even_halves(np.ones((7, 2), bool), [None] * 7)
    assert halves["calibrate"].tolist() == [0, 2, 4, 6]


def test_one_modality_of_a_single_item_stands_in_one_half_and_the_rest_in_both():
    has = table("ita", "it", "it", "it")
    halves = even_halves(has, [None] * 4)
    assert in_both(halves, has, 0, 1)


def halvable(has):
    """Whether some halves hold every modality that two items have."""
    shared = has[:, has.sum(axis=0) > 1]
    return any(
        shared[list(side)].any(axis=0).all() and shared[[not one for one in side]].any(axis=0).all()
        for side in product([False, True], repeat=len(has))
    )


@given(
    st.lists(st.tuples(*[st.booleans()] * 3).filter(any), min_size=1, max_size=7),
    st.lists(st.sampled_from([None, "a", "b"]), min_size=7, max_size=7),
)
def test_whatever_can_be_halved_is(rows, labels):
    has = np.array(rows)
    halves = even_halves(has, labels[: len(has)])
    lacking = [c for c in range(3) if has[:, c].sum() > 1 and not in_both(halves, has, c)]
    assert not lacking or not halvable(has)


@given(
    st.lists(st.tuples(*[st.booleans()] * 3).filter(any), min_size=8, max_size=25),
    st.permutations(range(25)),
    st.lists(st.sampled_from([None, "a", "b"]), min_size=25, max_size=25),
)
def test_equal_items_stay_together_and_no_item_is_lost(rows, places, labels):
    n = len(rows)
    equal = np.array(places[:n]) // 2
    halves = even_halves(np.array(rows), labels[:n], equal)
    assert sorted(np.concatenate([*halves.values()]).tolist()) == list(range(n))
    assert not n_apart(equal, halves)


def test_every_small_table_is_halved():
    """Every way in which four items can have some of three modalities."""
    kinds = ["i", "t", "a", "it", "ia", "ta", "ita"]
    for rows in combinations(kinds * 2, 4):
        has = table(*rows)
        halves = even_halves(has, [None] * 4)
        lacking = [c for c in range(3) if has[:, c].sum() > 1 and not in_both(halves, has, c)]
        assert not lacking, rows
