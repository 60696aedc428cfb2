import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.measures.experiment import Experiment
from gapviz.retrieval.compare import compare_fusions
from gapviz.retrieval.queries import item_query
from gapviz.strategies import StrategyOptions


def indexes(collection, **routing):
    raw = Experiment(collection, fit="all")
    return raw.index, raw.having(StrategyOptions("route", **routing)).index


def test_bare_scores_shut_out_the_modality_beyond_the_gap(make_collection):
    collection = make_collection(40, gap=20)
    found = compare_fusions(*indexes(collection), item_query(collection, 0, "image"))
    assert found.best_list == "image"
    assert {hit.modality for hit in found.naive.hits} == {"image"}
    assert found.lists["image"].naive_rank_of_best == 1
    assert found.lists["text"].naive_rank_of_best == 40
    assert found.lists["image"].median > found.lists["text"].best
    assert found.naive.bias == 1 and found.by_rank.bias == 0.5
    naive, by_rank = ({hit.row for hit in one.hits} for one in (found.naive, found.by_rank))
    assert len(by_rank - naive) == 5


def test_both_lists_are_those_of_the_search(mixed_up_collection):
    collection = mixed_up_collection()
    naive, by_rank = indexes(collection, rrf_k=5, ties="other-first")
    query = item_query(collection, 2, "image")
    found = compare_fusions(naive, by_rank, query, 4)
    assert found.naive == naive.search(query, 4)
    assert found.by_rank == by_rank.search(query, 4)


def test_the_range_of_a_list_is_that_of_its_scores_in_the_whole_search(mixed_up_collection):
    collection = mixed_up_collection()
    naive, by_rank = indexes(collection)
    query = item_query(collection, 2, "image")
    found = compare_fusions(naive, by_rank, query)
    hits = naive.search(query, naive.rows.n_rows).hits
    for name, one in found.lists.items():
        theirs = [hit for hit in hits if hit.modality == name]
        assert one.best == theirs[0].score and one.naive_rank_of_best == theirs[0].rank
        assert one.median == np.median([hit.score for hit in theirs])


def test_an_empty_list_has_no_range(make_collection):
    collection = make_collection(1)
    found = compare_fusions(*indexes(collection), item_query(collection, 0, "image"))
    assert found.lists["image"].naive_rank_of_best == 0
    assert np.isnan(found.lists["image"].best)
    assert found.best_list == "text"


def test_fewer_than_one_result_is_refused(make_collection):
    collection = make_collection(5)
    with pytest.raises(GapvizError, match="at least 1"):
        compare_fusions(*indexes(collection), item_query(collection, 0, "image"), 0)
