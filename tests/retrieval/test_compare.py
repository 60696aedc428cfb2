import numpy as np
import pytest
from gapviz.retrieval.search import search
from gapviz.strategies.alignment import Raw

from gapviz import GapvizError
from gapviz.core.rows import corpus_rows
from gapviz.retrieval.compare import compare_fusions
from gapviz.strategies.fusion import RankFusion


def rows_of(collection):
    alignment = Raw().fit({n: b.corpus.vectors for n, b in collection.modalities.items()})
    return corpus_rows(collection, alignment)


def test_bare_scores_shut_out_the_modality_beyond_the_gap(make_collection):
    corpus = rows_of(make_collection(40, gap=20))
    found = compare_fusions(corpus, corpus.vectors[0], "image", item=0, k=10)
    assert found.best_list == "image"
    assert {hit.modality for hit in found.naive.hits} == {"image"}
    assert found.lists["image"].naive_rank_of_best == 1
    assert found.lists["text"].naive_rank_of_best == 40
    assert found.lists["image"].median > found.lists["text"].best
    assert found.naive.bias == 1 and found.by_rank.bias == 0.5
    assert len(found.only_by_rank) == 5


def test_both_lists_are_those_of_the_search(mixed_up_collection):
    corpus = rows_of(mixed_up_collection())
    query, fusion = corpus.vectors[2], RankFusion(k=5, ties="other-first")
    found = compare_fusions(corpus, query, "image", item=2, k=4, fusion=fusion)
    assert found.naive == search(corpus, query, "image", item=2, k=4)
    assert found.by_rank == search(corpus, query, "image", item=2, k=4, fusion=fusion)
    rows = {hit.row for hit in found.naive.hits} - {hit.row for hit in found.by_rank.hits}
    assert set(found.only_naive) == rows


def test_an_empty_list_has_no_range(make_collection):
    corpus = rows_of(make_collection(1))
    found = compare_fusions(corpus, corpus.vectors[0], "image", item=0)
    assert found.lists["image"].naive_rank_of_best == 0
    assert np.isnan(found.lists["image"].best)
    assert found.best_list == "text"


def test_fewer_than_one_result_is_refused(make_collection):
    corpus = rows_of(make_collection(5))
    with pytest.raises(GapvizError, match="at least 1"):
        compare_fusions(corpus, corpus.vectors[0], "image", k=0)
