from itertools import product

import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.measures.retrieval.outcomes import cross_values
from gapviz.strategies import StrategyOptions, fit_strategy


def crossed(collection, source, target, name="raw", **options):
    strategy = fit_strategy(StrategyOptions(name), collection)
    return evaluate_cross(collection, strategy, source, target, **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "target"),
    # No item has a second image.
    [way for way in product(("image", "text", "audio"), repeat=2) if way != ("image", "image")],
)
def test_ranks_agree_with_ranx(ranx, mixed_up_collection, source, target):
    collection = mixed_up_collection(seed=6)
    outcome = crossed(collection, source, target)
    asked, indexed = collection.modality(source).queries, collection.modality(target).corpus
    truth, run, items = {}, {}, []
    for n, (vector, item) in enumerate(zip(asked.vectors, asked.item_index, strict=True)):
        # A row does not find itself.
        itself = (indexed.vectors == vector).all(axis=1)
        match = np.flatnonzero((indexed.item_index == item) & ~itself)
        if match.size:
            items.append(int(item))
            scores = indexed.vectors.astype(float) @ vector.astype(float)
            truth[str(n)] = {str(m): 1 for m in match}
            run[str(n)] = {str(m): float(scores[m]) for m in np.flatnonzero(~itself)}
    theirs = ranx(truth=truth, run=run, metrics=["mrr", "hit_rate@1", "hit_rate@5", "ndcg@10"])
    assert outcome.items.tolist() == items
    assert outcome.reciprocal_rank.mean() == pytest.approx(theirs["mrr"])
    assert outcome.recall(1).mean() == pytest.approx(theirs["hit_rate@1"])
    assert outcome.recall(5).mean() == pytest.approx(theirs["hit_rate@5"])
    ndcg = cross_values(outcome)["ndcg"]
    assert ndcg.mean() == pytest.approx(theirs["ndcg@10"], abs=1e-9)


def test_any_of_several_captions_counts():
    rows = np.eye(3)
    collection = Collection(
        "x",
        items_of_rows(2),
        {
            "image": ModalityVectors.of(rows[:2]),
            "text": ModalityVectors.of(rows[[2, 0, 1]], [0, 0, 1]),
        },
    )
    assert crossed(collection, "image", "text").match_rank.tolist() == [1, 1]


def test_equal_scores_count_in_every_order_and_are_told():
    collection = Collection(
        "x",
        items_of_rows(4),
        {"image": ModalityVectors.of(np.ones((4, 3))), "text": ModalityVectors.of(np.ones((4, 3)))},
    )
    outcome = crossed(collection, "image", "text")
    assert outcome.match_rank == pytest.approx(2.5)
    assert outcome.reciprocal_rank == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert outcome.recall(1) == pytest.approx(1 / 4)
    ends = [outcome.at_end(won=won).recall(1).mean() for won in (False, True)]
    assert ends == [0, 1]
    assert outcome.tied.all()


def test_modalities_that_share_no_item_give_no_queries():
    collection = Collection(
        "x",
        items_of_rows(4),
        {
            "image": ModalityVectors.of(np.eye(2)),
            "text": ModalityVectors.of(np.eye(2), [2, 3]),
        },
    )
    for name in ("raw", "centre"):
        assert crossed(collection, "image", "text", name).match_rank.size == 0


def test_blocks_and_samples_keep_the_ranks(make_collection, monkeypatch):
    collection = make_collection(60)
    whole = crossed(collection, "image", "text")
    part = crossed(collection, "image", "text", max_queries=25, seed=3)
    np.testing.assert_array_equal(whole.match_rank[part.items], part.match_rank)
    monkeypatch.setattr("gapviz.measures.retrieval.cross.BLOCK_SCORES", 130)
    np.testing.assert_array_equal(whole.match_rank, crossed(collection, "image", "text").match_rank)


def test_an_unknown_modality_is_refused(make_collection):
    with pytest.raises(GapvizError, match="smell"):
        crossed(make_collection(5), "image", "smell")
