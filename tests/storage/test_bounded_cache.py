from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from gapviz.storage.bounded_cache import MOST_UNWEIGHED, BoundedCache, bytes_held


@dataclass(frozen=True, eq=False)
class Grows:
    n: int

    @cached_property
    def rows(self):
        return np.zeros(self.n, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Slotted:
    by_name: Mapping[str, np.ndarray]
    words: tuple[bytes, ...]


@pytest.fixture
def cache():
    return BoundedCache(100)


def test_bytes_are_those_of_the_arrays_each_counted_once():
    array = np.zeros((4, 5), dtype=np.float32)
    held = Slotted({"a": array, "half": array[:2], "again": array}, (b"12345",))
    assert bytes_held(held) == array.nbytes + 5
    assert bytes_held([held, held]) == array.nbytes + 5


def test_a_view_weighs_what_it_keeps_alive():
    assert bytes_held(np.zeros(100, dtype=np.uint8)[:1]) == 100


def test_what_stands_apart_is_not_counted():
    assert bytes_held([Grows(3), Slotted({}, (b"12",))], apart=(Slotted,)) == 0


def test_the_least_recently_used_goes_first(cache):
    for name in "ab":
        cache.put(name, bytes(40))
    assert cache.get("a")
    cache.put("c", bytes(40))
    assert [name for name in "abc" if cache.get(name)] == ["a", "c"]


def test_a_value_that_grew_is_weighed_again(cache):
    small = Grows(90)
    cache.put("grows", small)
    assert small.rows.nbytes == 90
    cache.put("next", bytes(20))
    assert cache.get("grows") is None


def test_values_that_grow_while_nothing_new_comes_are_weighed_too(cache):
    for number in range(MOST_UNWEIGHED + 2):
        cache.put(number, Grows(50))
    for number in range(MOST_UNWEIGHED):
        assert cache.get(number).rows.nbytes == 50
    assert len(cache) <= 3


def test_the_newest_stays_however_large(cache):
    cache.put("small", bytes(10))
    cache.put("large", bytes(1_000))
    assert (len(cache), len(cache.get("large"))) == (1, 1_000)


def test_clearing_forgets_everything(cache):
    cache.put("a", bytes(40))
    cache.clear()
    assert cache.get("a") is None
    cache.put("b", bytes(90))
    assert cache.get("b")
