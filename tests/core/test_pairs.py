import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core.pairs import Pairs, matching_rows

owners = st.lists(st.integers(0, 6), max_size=12).map(lambda items: np.array(items, dtype=np.int64))


@given(owners, owners)
def test_rows_of_one_item_are_matched_whatever_their_order(items_a, items_b):
    pairs = matching_rows(items_a, items_b)
    expected = [
        (a, b)
        for a, item in enumerate(items_a.tolist())
        for b in np.flatnonzero(items_b == item).tolist()
    ]
    assert list(zip(pairs.rows_a.tolist(), pairs.rows_b.tolist(), strict=True)) == expected
    order = np.argsort(items_b, kind="stable")
    known = matching_rows(items_a, items_b, by_item_b=order)
    np.testing.assert_array_equal(known.rows_b, pairs.rows_b)


@given(owners, owners)
def test_rows_have_one_owner_where_they_have_one_item_in_both(items_a, items_b):
    owner_a, owner_b = matching_rows(items_a, items_b).owners(items_a.size, items_b.size)
    paired = set(items_a.tolist()) & set(items_b.tolist())
    items, owner = np.concatenate([items_a, items_b]), np.concatenate([owner_a, owner_b])
    for row in range(items.size):
        same = items == items[row] if items[row] in paired else np.arange(items.size) == row
        np.testing.assert_array_equal(owner == owner[row], same)


def test_one_pair_an_item_is_its_first():
    pairs = matching_rows(np.array([4, 2, 2, 9]), np.array([2, 4, 4, 2, 4]))
    one = pairs.one_an_item()
    assert one.rows_a.tolist() == [0, 1]
    assert one.rows_b.tolist() == [1, 0]


@pytest.mark.parametrize("n", [0, 5])
def test_pairs_of_items_with_one_row_each_stay_as_they_are(n):
    pairs = Pairs(np.arange(n)[::-1].copy(), np.arange(n))
    one = pairs.one_an_item()
    np.testing.assert_array_equal(one.rows_a, pairs.rows_a)
    np.testing.assert_array_equal(one.rows_b, pairs.rows_b)
