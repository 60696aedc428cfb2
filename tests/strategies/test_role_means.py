import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.strategies import StrategyOptions, fit_strategy
from gapviz.strategies.role_means import RoleMeans


def less(rows, mean):
    moved = rows.astype(float) - mean
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def fitted(with_second_captions):
    return RoleMeans().fit(with_second_captions.split(CALIBRATE))


def test_documents_lose_the_mean_of_documents_and_queries_that_of_queries(
    with_second_captions, fitted
):
    text = with_second_captions.split(CALIBRATE).modality("text")
    rows = text.vectors
    documents, queries = rows[~text.query_only], rows[text.query_only]
    assert len(documents) == len(queries) == 30
    expected = less(rows, documents.astype(float).mean(axis=0))
    np.testing.assert_allclose(fitted.transform(rows, "text"), expected, atol=1e-6)
    expected = less(rows, queries.astype(float).mean(axis=0))
    np.testing.assert_allclose(fitted.transform_queries(rows, "text"), expected, atol=1e-6)


def test_where_the_indexed_rows_ask_it_is_centring(make_collection):
    collection = make_collection(40)
    one, two = (
        evaluate_mixed(collection, fit_strategy(StrategyOptions(name), collection))
        for name in ("role-means", "centre")
    )
    for name in one:
        np.testing.assert_array_equal(one[name].match_rank, two[name].match_rank)


def test_every_search_moves_its_query_as_a_query(with_second_captions, fitted):
    collection = with_second_captions.split(EVALUATE)
    rows, queries = corpus_rows(collection, fitted), query_rows(collection, fitted)
    asking = collection.modality("text").queries
    span = queries.spans[queries.code("text")]
    np.testing.assert_array_equal(
        queries.vectors[span], fitted.transform_queries(asking.vectors, "text")
    )
    index = ExactIndex.of(collection, fitted)
    cosines, _, _ = index.scored(Query(asking.vectors[0], "text"))
    np.testing.assert_allclose(cosines, rows.vectors @ queries.vectors[span][0], atol=1e-6)
    best = index.search_many(asking.vectors[:3], "text", 4).scores
    expected = np.sort(queries.vectors[span][:3] @ rows.vectors.T, axis=1)[:, ::-1][:, :4]
    np.testing.assert_allclose(best, expected, atol=1e-6)


def test_measured_queries_are_moved_as_queries(with_second_captions, fitted):
    collection = with_second_captions.split(EVALUATE)
    rows, queries = corpus_rows(collection, fitted), query_rows(collection, fitted)
    images, texts = rows.spans[0], queries.spans[1]
    scores = queries.vectors[texts] @ rows.vectors[images].T
    own = scores[queries.item[texts, None] == rows.item[images]]
    expected = 1 + (scores > own[:, None]).sum(axis=1)
    crossed = evaluate_cross(collection, fitted, "text", "image")
    np.testing.assert_array_equal(crossed.match_rank, expected)


def test_rows_of_the_index_that_ask_are_moved_apart_too(with_second_captions, fitted):
    kept = {
        name: ModalityVectors.of(block.corpus.vectors, block.corpus.item_index)
        for name, block in with_second_captions.modalities.items()
    }
    alone = type(with_second_captions)("alone", with_second_captions.items, kept)
    found = evaluate_mixed(alone, fitted)["text"]
    asking = fitted.transform_queries(kept["text"].vectors, "text")
    rows = corpus_rows(alone, fitted)
    scores = asking @ rows.vectors.T
    scores[:, rows.spans[1]][np.eye(60, dtype=bool)] = -np.inf
    top = np.argsort(-scores, axis=1)[:, :10]
    np.testing.assert_allclose(found.own_share, (rows.modality[top] == 1).mean(axis=1))
