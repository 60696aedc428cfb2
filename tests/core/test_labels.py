"""Several labels an item: sharing one is what counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core.item import Item
from gapviz.core.labels import (
    LabelledRows,
    has_label,
    is_labelled,
    padded,
    share_label,
    sharing_rows,
)

sets_of_labels = st.lists(st.sets(st.integers(0, 5), max_size=3), min_size=1, max_size=8)


@given(sets_of_labels)
def test_two_rows_share_a_label_where_their_sets_meet(sets):
    codes = padded([sorted(one) for one in sets])
    meet = np.array([[bool(one & other) for other in sets] for one in sets])
    np.testing.assert_array_equal(sharing_rows(codes, codes), meet)
    np.testing.assert_array_equal(share_label(codes, codes[::-1]), np.diag(meet[:, ::-1]))
    asking = np.arange(len(sets))[::-1]
    pairs = LabelledRows(codes).sharing(asking)
    found = list(zip(asking[pairs.rows_a].tolist(), pairs.rows_b.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == {(int(a), int(b)) for a, b in np.argwhere(meet)}
    np.testing.assert_array_equal(is_labelled(codes), [bool(one) for one in sets])
    np.testing.assert_array_equal(has_label(codes, 3), [3 in one for one in sets])


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=8))
def test_one_label_a_row_may_be_given_flat(codes):
    flat = np.array(codes)
    np.testing.assert_array_equal(sharing_rows(flat, flat), sharing_rows(*[flat[:, None]] * 2))
    pairs, others = (
        LabelledRows(one).sharing(np.arange(len(codes))) for one in (flat, flat[:, None])
    )
    np.testing.assert_array_equal(pairs.rows_b, others.rows_b)


@pytest.fixture
def collection(make_collection):
    made = make_collection(4)
    labels = [("a",), ("b", "c"), (), ("c", "a")]
    items = tuple(
        Item(item.id, one[0] if one else None, other_labels=one[1:])
        for item, one in zip(made.items, labels, strict=True)
    )
    return made, items


def test_codes_of_first_labels_do_not_change_by_the_others(collection):
    made, items = collection
    several = replace(made, items=items)
    single = replace(made, items=tuple(replace(item, other_labels=()) for item in items))
    assert several.labels.tolist() == single.labels.tolist() == [0, 1, -1, 2]
    assert several.label_sets.tolist() == [[0, -1], [1, 2], [-1, -1], [2, 0]]
    assert single.label_sets.tolist() == [[0], [1], [-1], [2]]
    assert several.content_hash != single.content_hash
