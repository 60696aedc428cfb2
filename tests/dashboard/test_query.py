"""The items of a large collection that a visitor may choose from."""

from dataclasses import replace

import pytest

from gapviz.core.item import Item
from gapviz.dashboard import query
from gapviz.dashboard.query import MOST_OPTIONS, item_title, items_having

N = 3 * MOST_OPTIONS


@pytest.fixture(scope="module")
def large(make_collection):
    items = tuple(
        Item(f"{i}\udcff" if i == 7 else str(i), captions=(f"{'Red' if i % 5 else 'blue'} {i}",))
        for i in range(N)
    )
    return replace(make_collection(N, 4), items=items)


def test_without_words_the_first_items_are_there(large):
    assert items_having(large, "", None) == list(range(MOST_OPTIONS))


def test_words_are_found_in_whatever_case(large):
    assert items_having(large, "BLUE", None) == list(range(0, N, 5))
    assert items_having(large, "red 2999", None) == [2999]
    assert items_having(large, "green", None) == []


def test_the_item_of_a_link_is_among_them_wherever_it_stands(large):
    found = items_having(large, "", item_title(large.items[2500]))
    assert len(found) == MOST_OPTIONS and found[-1] == 2500
    assert items_having(large, "blue", item_title(large.items[1])) == [0, 1, *range(5, N, 5)]
    assert items_having(large, "", "nothing of that name") == list(range(MOST_OPTIONS))


def test_titles_are_made_once_a_collection(large, monkeypatch):
    items_having(large, "red", None)
    monkeypatch.setattr(query, "item_title", None)
    assert items_having(large, "red 11", None)[0] == 11
