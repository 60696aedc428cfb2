"""A search under a shift, whose corpus is never moved, finds what a search of moved rows finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz import Collection, ModalityVectors
from gapviz.core import unmoved
from gapviz.core.item import items_of_rows
from gapviz.core.rows import Rows, corpus_rows
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.queries import item_query
from gapviz.strategies import StrategyOptions, fit_strategy


def made(seed, n=60, dim=12, copies=0):
    """Two cones, of which some rows may be copies of others."""
    rng = np.random.default_rng(seed)
    sides = {}
    for name, side in (("image", 0.9), ("text", -0.9)):
        rows = rng.standard_normal((n, dim))
        rows[:, 0] += 2
        rows[:, 1] += side
        rows[n - copies :] = rows[:copies]
        sides[name] = ModalityVectors.of(rows)
    return Collection("made", items_of_rows(n), sides)


def moved_whole(index):
    """The same index over rows that were moved before."""
    rows = index.rows
    whole = Rows(rows.names, rows.vectors, rows.modality, rows.item)
    return ExactIndex(whole, index.strategy)


def shown(found):
    """What a page prints of a list."""
    hits = [(hit.row, hit.rank, f"{hit.score:.4f}", f"{hit.cosine:.4f}") for hit in found.hits]
    return hits, found.match_rank, f"{found.match_cosine:.4f}", found.bias, found.corpus_share


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    name=st.sampled_from(["offset", "centre", "half"]),
    strength=st.floats(0, 2),
    k=st.integers(1, 20),
    asking=st.sampled_from(["image", "text"]),
)
def test_lists_under_a_shift_are_those_of_the_moved_corpus(seed, name, strength, k, asking):
    collection = made(seed)
    options = StrategyOptions(name, [("strength", strength)])
    index = ExactIndex.of(collection, fit_strategy(options, collection))
    found = index.search(item_query(collection, seed % 60, asking), k)
    assert shown(found) == shown(
        moved_whole(index).search(item_query(collection, seed % 60, asking), k)
    )


@pytest.mark.parametrize("name", ["offset", "centre", "half", "raw", "route", "items-rrf"])
def test_a_search_moves_no_more_rows_than_it_shows(monkeypatch, name):
    collection = made(3, n=4_000)
    index = ExactIndex.of(collection, fit_strategy(StrategyOptions(name), collection))
    moved, move = [], unmoved.Unmoved.take
    monkeypatch.setattr(
        unmoved.Unmoved, "take", lambda self, rows: moved.append(rows.size) or move(self, rows)
    )
    index.search(item_query(collection, 5, "text"))
    assert index.rows.unmoved is not None
    assert sum(moved) < 100


def test_copies_keep_the_order_of_the_rows():
    collection = made(5, copies=20)
    index = ExactIndex.of(collection, fit_strategy(StrategyOptions("centre"), collection))
    hits = index.search(item_query(collection, 0, "text"), 120).hits
    by_score = {}
    for hit in hits:
        by_score.setdefault(hit.score, []).append(hit.row)
    assert max(map(len, by_score.values())) > 1
    assert all(rows == sorted(rows) for rows in by_score.values())


def test_rows_that_a_shift_leaves_nearly_nothing_of_are_moved_one_by_one():
    """Rows of one modality that all but coincide lie on the origin once centred."""
    rng = np.random.default_rng(0)
    rows = np.eye(12)[[0] * 40] + 0.02 * rng.standard_normal((40, 12))
    sides = {"image": ModalityVectors.of(rows), "text": ModalityVectors.of(rng.random((40, 12)))}
    collection = Collection("close", items_of_rows(40), sides)
    index = ExactIndex.of(collection, fit_strategy(StrategyOptions("centre"), collection))
    query = item_query(collection, 7, "text")
    found = index.search(query)
    assert index.rows.unmoved is None
    assert shown(found) == shown(moved_whole(index).search(query))


def test_strategies_share_the_rows_as_encoded():
    collection = made(1)
    indexes = [
        ExactIndex.of(collection, fit_strategy(StrategyOptions(name), collection))
        for name in ("raw", "offset", "route")
    ]
    raws = {id(index.rows.stored.raw) for index in indexes}
    assert len(raws) == 1


def test_some_items_are_searched_without_moving_the_others():
    collection = made(2)
    strategy = fit_strategy(StrategyOptions("offset"), collection)
    wanted = np.arange(60) % 3 == 0
    index = ExactIndex.of(collection, strategy, wanted)
    query = item_query(collection, 6, "text")
    found = index.search(query)
    assert {hit.item % 3 for hit in found.hits} == {0}
    expected = corpus_rows(collection, strategy).vectors
    assert np.array_equal(index.rows.vectors, expected[np.tile(wanted, 2)])
