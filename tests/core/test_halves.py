"""Halves that hold the same modalities, whatever the order in which the items came."""

from itertools import combinations

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


@given(
    st.lists(st.tuples(*[st.booleans()] * 3).filter(any), min_size=1, max_size=25),
    st.lists(st.integers(0, 8), min_size=25, max_size=25),
    st.lists(st.sampled_from([None, "a", "b"]), min_size=25, max_size=25),
)
def test_halves_are_whole_disjoint_and_alike_and_part_no_equals(rows, groups, labels):
    has = np.array(rows)
    n = len(has)
    equal, labels = np.array(groups[:n]), labels[:n]
    for known in (None, equal):
        halves = even_halves(has, labels, known)
        assert sorted(np.concatenate([*halves.values()]).tolist()) == list(range(n))
        if known is not None and n_apart(known, halves):
            continue  # groups too large to stay together
        units = np.arange(n) if known is None else known
        for column in range(3):
            if len({units[at] for at in np.flatnonzero(has[:, column])}) > 1 and known is None:
                assert in_both(halves, has, column)
        if known is None:
            sizes = [len(members) for members in halves.values()]
            assert abs(sizes[0] - sizes[1]) <= 3


def test_every_small_table_is_halved():
    """Every way in which four items can have some of three modalities."""
    kinds = ["i", "t", "a", "it", "ia", "ta", "ita"]
    for rows in combinations(kinds * 2, 4):
        has = table(*rows)
        halves = even_halves(has, [None] * 4)
        lacking = [c for c in range(3) if has[:, c].sum() > 1 and not in_both(halves, has, c)]
        assert not lacking, rows
