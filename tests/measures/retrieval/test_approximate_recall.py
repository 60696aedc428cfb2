"""Recall against exact search, the effort it needs, and who asks whom."""

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.approximate_recall import (
    cost_at,
    effort_curves,
    effort_ratio,
    sampled,
)
from gapviz.retrieval.approximate import Hnsw, Ivf
from gapviz.strategies import StrategyOptions
from tests.worlds import clustered

PAIR = ("image", "text")
EFFORTS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96)
"""Of lists from the first, of a graph from the tenth."""


def sample_of(collection, n_queries=150, most_rows=20_000, seed=0):
    return sampled(collection, PAIR, n_queries=n_queries, most_rows=most_rows, seed=seed)


def curves_of(collection, kind, name="raw", **named):
    strategy = Experiment(collection).fitted(StrategyOptions(name))
    found = effort_curves(sample_of(collection), strategy, kind, seed=0, **named)
    return {(one.source, one.target): one for one in found}


@pytest.mark.parametrize("kind", [Hnsw(8, 60), Ivf()])
@pytest.mark.parametrize("name", ["raw", "centre"])
def test_queries_that_lie_elsewhere_cost_more_whatever_becomes_of_the_gap(kind, name):
    found = curves_of(clustered(scattered=True), kind, name, efforts=EFFORTS)
    factor = effort_ratio(found["text", "image"], found["image", "image"], 0.95)
    assert factor.low > 1.3


@pytest.mark.parametrize("kind", [Hnsw(8, 60), Ivf()])
def test_queries_across_a_gap_alone_cost_no_more(kind):
    found = curves_of(clustered(), kind, efforts=EFFORTS)
    factor = effort_ratio(found["text", "image"], found["image", "image"], 0.95)
    assert 0.75 < factor.value < 1.25 and factor.low < 1.1 and factor.high > 0.9


def test_items_that_ask_are_held_out_and_never_find_themselves():
    collection = clustered(400)
    sample = sample_of(collection, n_queries=40)
    held_out = collection.splits["evaluate"]
    for name, other in (PAIR, PAIR[::-1]):
        asking = sample.asking[name].item_index
        assert asking.size == 40 and np.isin(asking, held_out).all()
        assert not np.isin(asking, sample.indexed[name].item_index).any()
        assert np.isin(asking, sample.indexed[other].item_index).all()
        assert not np.isin(asking, sample.asking[other].item_index).any()
    assert sample.n_rows == 2 * 400 - 2 * 40


def test_at_most_as_many_rows_are_indexed_as_are_asked_for():
    small = sample_of(clustered(400), n_queries=20, most_rows=200)
    assert 150 <= small.n_rows <= 200
    again = sample_of(clustered(400), n_queries=20, most_rows=200)
    assert np.array_equal(small.indexed["text"].item_index, again.indexed["text"].item_index)


def test_second_captions_ask_and_no_caption_of_their_item_is_indexed(with_second_captions):
    sample = sample_of(with_second_captions, n_queries=5)
    asking = sample.asking["text"]
    assert asking.query_only.all() and asking.n_rows == 5
    assert not np.isin(asking.item_index, sample.indexed["text"].item_index).any()


def test_too_few_items_are_refused_in_one_sentence(make_collection):
    with pytest.raises(GapvizError, match=r"image row.* that can ask"):
        sample_of(make_collection(2))


def test_entries_that_equal_the_tenth_count():
    """Every image is one of three vectors, so that any hundred of one kind are the right ten."""
    n = 300
    rows = np.eye(4)[np.arange(n) % 3]
    text = rows + 0.5 * np.eye(4)[3]
    made = Collection(
        "copies",
        items_of_rows(n),
        {"image": ModalityVectors.of(rows), "text": ModalityVectors.of(text)},
        alternate_splits(n),
    )
    found = curves_of(made, Ivf(3), efforts=(1,))
    assert found["text", "image"].recall.min() == 1


def test_recall_is_of_exact_search_under_the_moved_vectors():
    found = curves_of(clustered(400), Hnsw(), "centre", efforts=(10, 800))
    for curve in found.values():
        assert curve.recall[:, 1].min() == 1
        assert curve.n_indexed == (700 if curve.target is None else 350)


def test_the_same_seed_gives_the_same_curves():
    once, again = (curves_of(clustered(300), Hnsw(), efforts=(10, 20)) for _ in range(2))
    for way, curve in once.items():
        assert np.array_equal(curve.recall, again[way].recall)
        assert np.array_equal(curve.distances, again[way].distances)
        assert curve.needed(0.9) == again[way].needed(0.9)


def test_the_cost_of_a_level_lies_between_two_efforts():
    recall, cost = np.array([[0.5, 0.7, 0.9]]), np.array([[10.0, 100.0, 1_000.0]])
    assert cost_at(recall, cost, 0.8)[0] == pytest.approx(100 * 10**0.5)
    assert cost_at(recall, cost, 0.4)[0] == 10
    assert cost_at(recall, cost, 0.9)[0] == pytest.approx(1_000)
    assert cost_at(recall, cost, 0.95)[0] == np.inf
    dip = np.array([[0.7, 0.6, 0.9]])
    assert 100 < cost_at(dip, cost, 0.8)[0] < 1_000


def test_a_level_that_is_never_reached_has_no_cost_and_no_factor():
    found = curves_of(clustered(400), Ivf(), storage="binary", efforts=(1, 2))
    own, across = found["image", "image"], found["text", "image"]
    assert np.isnan(own.needed(0.999).value)
    assert np.isnan(effort_ratio(across, own, 0.999).value)


def test_the_same_items_are_resampled_together():
    found = curves_of(clustered(400), Hnsw())
    curve = found["text", "image"]
    same = effort_ratio(curve, curve, 0.95)
    assert (same.value, same.low, same.high) == (1, 1, 1)


def test_entries_that_are_fetched_beside_are_ranked_again_and_counted():
    plain = curves_of(clustered(400), Ivf(4), storage="binary", efforts=(4,))
    again = curves_of(clustered(400), Ivf(4), storage="binary", efforts=(4,), overfetched=5)
    for way, curve in plain.items():
        assert again[way].recall.mean() > curve.recall.mean() + 0.05
        assert (again[way].distances == curve.distances + 50).all()
