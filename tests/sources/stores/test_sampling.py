"""The sample of a store: every stratum has its share, and only ids, seed and size decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.sources.stores.sampling import (
    ItemCount,
    apportioned,
    drawn,
    is_among,
    label_mark,
    place_of,
)

ITEMS = st.lists(
    st.tuples(st.text(max_size=6), st.integers(1, 7), st.sampled_from([None, "a", "b", "c"])),
    max_size=120,
    unique_by=lambda one: one[0],
)


def count_of(entries, *, seed=0, most=10**6, step=11):
    count = ItemCount(most=most)
    for start in range(0, len(entries), step):
        few = entries[start : start + step]
        count.add(
            [place_of(item, seed) for item, _, _ in few],
            [pattern for _, pattern, _ in few],
            [label_mark(label) for _, _, label in few],
        )
    return count.settle()


@given(ITEMS, st.integers(1, 60), st.randoms(), st.integers(1, 30))
def test_the_order_and_the_batches_of_the_entries_change_nothing(items, size, random, step):
    shuffled = list(items)
    random.shuffle(shuffled)
    one, other = count_of(items), count_of(shuffled, step=step)
    assert np.array_equal(drawn(one, size), drawn(other, size))


@given(ITEMS, st.integers(1, 60))
def test_a_sample_has_its_size_and_every_pattern_its_share(items, size):
    counted = count_of(items)
    chosen = drawn(counted, size)
    assert chosen.size == min(size, len(items))
    patterns = {place_of(item, 0): pattern for item, pattern, _ in items}
    of_pattern = dict.fromkeys(patterns.values(), 0)
    for place in chosen.tolist():
        of_pattern[patterns[place]] += 1
    for pattern, n_drawn in of_pattern.items():
        share = sum(one == pattern for one in patterns.values()) / max(len(items), 1)
        # One more or less by rounding, and as much as rarer patterns have been given.
        assert abs(n_drawn - share * chosen.size) <= 1 + len(of_pattern)
        assert n_drawn >= (size >= len(of_pattern))


@given(ITEMS, st.integers(1, 40), st.integers(1, 30))
def test_a_larger_sample_of_one_stratum_holds_the_smaller_one(items, size, more):
    counted = count_of([(item, 1, None) for item, _, _ in items])
    assert set(drawn(counted, size)) <= set(drawn(counted, size + more))


@given(ITEMS, st.integers(1, 20), st.randoms())
def test_where_a_part_is_given_up_the_rest_depends_on_no_order(items, most, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    one, other = count_of(items, most=most, step=3), count_of(shuffled, most=most, step=5)
    assert one.n <= most
    assert np.array_equal(one.place, other.place) and one.halvings == other.halvings


def test_how_many_items_there_are_is_reckoned_from_a_part():
    counted = count_of([(str(n), 1, None) for n in range(20_000)], most=2_000)
    assert counted.n <= 2_000
    assert counted.n_items == pytest.approx(20_000, rel=0.1)


def test_entries_of_one_item_count_once_with_all_of_their_modalities():
    counted = count_of([("a", 1, None), ("a", 4, "red"), ("b", 2, None)], step=2)
    assert counted.n == 2
    assert set(counted.pattern.tolist()) == {5, 2}
    assert label_mark("red") in counted.label.tolist()


def test_another_seed_draws_others():
    items = [(str(n), 1, None) for n in range(400)]
    first = {n for n in range(400) if place_of(str(n), 0) in set(drawn(count_of(items), 40))}
    other = count_of(items, seed=1)
    second = {n for n in range(400) if place_of(str(n), 1) in set(drawn(other, 40))}
    assert len(first) == len(second) == 40 and len(first & second) < 20


def test_places_are_found_among_those_wanted():
    wanted = np.array([3, 5, 9], dtype=np.uint64)
    assert is_among([5, 4, 9, 10], wanted).tolist() == [True, False, True, False]
    assert not is_among([5], np.zeros(0, dtype=np.uint64)).any()


@given(st.lists(st.integers(1, 500), min_size=1, max_size=12), st.integers(1, 400))
def test_shares_add_up_and_are_off_by_less_than_one(sizes, total):
    quotas = apportioned(sizes, total)
    assert sum(quotas) == min(total, sum(sizes))
    for size, quota in zip(sizes, quotas, strict=True):
        assert quota <= size
        assert abs(quota - size * min(total / sum(sizes), 1)) < 1
