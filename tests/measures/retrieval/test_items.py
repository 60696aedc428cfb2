"""Several vectors per item, against the search itself and against the mixed index."""

import numpy as np
import pytest

from gapviz import Collection, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.strategies import StrategyOptions, fit_strategy

OPTIONS = [
    StrategyOptions("items-max"),
    StrategyOptions("items-rrf"),
    StrategyOptions("items-rrf", rrf_k=2, weights=(("text", 1.7),), rank_base=0),
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("k", [1, 10, 60])
def test_every_outcome_is_what_searching_query_by_query_gives(mixed_up_collection, options, k):
    collection = mixed_up_collection(seed=3)
    strategy = fit_strategy(options, collection)
    corpus = corpus_rows(collection, strategy)
    queries = query_rows(collection, strategy)
    for code, (name, outcome) in enumerate(evaluate_mixed(collection, strategy, k=k).items()):
        block = collection.modality(name)
        for place, row in enumerate(range(*queries.spans[code].indices(queries.n_rows))):
            item = int(queries.item[row])
            itself = int(block.indexed_queries[place])
            open_rows = np.ones(corpus.n_rows, dtype=bool)
            if itself >= 0:
                open_rows[corpus.spans[code].start + itself] = False
            cosines = corpus.vectors @ queries.vectors[row]
            scores = np.where(open_rows, cosines, -np.inf).astype(np.float32)
            found = strategy.fusion.ranked(corpus, scores, open_rows, code, 60, item)
            items = corpus.item[found.rows]
            mine = found.scores[items == item]
            others = (block.corpus.item_index == item).sum() - (itself >= 0)
            if mine.size and (itself < 0 or others > 0):
                above = (found.scores > mine[0] + 1e-9).sum()
                equal = (np.abs(found.scores - mine[0]) < 1e-9).sum()
                assert outcome.match_rank[place] == 1 + above + (equal - 1) / 2
            else:
                assert outcome.match_rank[place] == 0 and np.isnan(outcome.ndcg[place])
            is_own = corpus.modality[found.rows[:k]] == code
            tied = np.unique(found.scores.round(12)).size < items.size
            assert tied or outcome.own_share[place] == pytest.approx(np.mean(is_own))


def test_every_item_is_listed_once(mixed_up_collection):
    collection = mixed_up_collection()
    for options in OPTIONS:
        strategy = fit_strategy(options, collection)
        corpus = corpus_rows(collection, strategy)
        found = ExactIndex(corpus, strategy).search(Query(corpus.vectors[0], "image"), 60)
        items = [hit.item for hit in found.hits]
        assert sorted(items) == np.unique(corpus.item).tolist()


def test_by_best_cosine_the_gap_stays(make_collection):
    outcome = evaluate_mixed(
        collection := make_collection(40, gap=50),
        fit_strategy(StrategyOptions("items-max"), collection),
    )
    for each in outcome.values():
        assert (each.own_share == 1).all()
        # Last stands the query's own item, by its row of the other modality alone.
        assert (each.first_other_rank == 40).all()
        assert np.isnan(each.ndcg).all()


def test_chance_is_the_mean_share_of_own_rows_among_the_rows_of_an_item():
    rows = np.random.default_rng(0).standard_normal((7, 4))
    collection = Collection(
        "three",
        items_of_rows(3),
        {
            "image": ModalityVectors.of(rows[:3]),
            "text": ModalityVectors.of(rows[3:], [0, 0, 1, 2], [False, False, False, True]),
        },
    )
    strategy = fit_strategy(StrategyOptions("items-max"), collection)
    outcome = evaluate_mixed(collection, strategy)
    # Item 0: an image and two texts; item 1: one of each; item 2: an image only.
    expected = [(0 + 1 / 2 + 1) / 3, (1 / 3 + 0 + 1) / 3, (1 / 3 + 1 / 2) / 2]
    np.testing.assert_allclose(outcome["image"].expected_share, expected)
    assert outcome["image"].match_rank[2] == 0


def test_a_second_caption_finds_its_item_by_both_vectors():
    rows = np.eye(4)
    collection = Collection(
        "captions",
        items_of_rows(3),
        {
            "image": ModalityVectors.of(rows[:3]),
            "text": ModalityVectors.of(
                rows[[0, 1, 2, 2]] + 0.1, [0, 1, 2, 2], [False, False, False, True]
            ),
        },
    )
    strategy = fit_strategy(StrategyOptions("items-rrf"), collection)
    assert evaluate_mixed(collection, strategy)["text"].match_rank[-1] == 1
