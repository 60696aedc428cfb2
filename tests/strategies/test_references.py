import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.strategies import references as module
from gapviz.strategies.csls import CrossDomainLocalScaling
from gapviz.strategies.nnn import NearestNeighbourNormalisation
from gapviz.strategies.raw import Raw


def rows_of(collection):
    raw = Raw().fit(collection)
    return corpus_rows(collection, raw), query_rows(collection, raw)


def mean_of_best(scores, k):
    return np.sort(scores)[::-1][:k].mean()


@pytest.mark.parametrize(("alpha", "k"), [(0.75, 4), (1.0, 1), (0.5, 500)])
def test_nnn_subtracts_each_rows_mean_of_best_reference_scores(make_collection, alpha, k):
    collection = make_collection(40)
    corpus, queries = rows_of(collection.split(EVALUATE))
    _, references = rows_of(collection.split(CALIBRATE))
    scoring = NearestNeighbourNormalisation(alpha=alpha, neighbours=k)
    scoring.fit(collection.split(CALIBRATE))
    prepared = scoring.prepare(corpus, queries)
    for name, span in zip(references.names, references.spans, strict=True):
        scores = queries.vectors[span] @ corpus.vectors.T
        with_references = corpus.vectors @ references.vectors[span].T
        expected = [mean_of_best(row, k) for row in with_references]
        np.testing.assert_allclose(
            prepared.adjust(scores, name), scores - alpha * np.array(expected), atol=1e-6
        )


def test_a_reference_that_is_the_row_itself_is_passed_over(make_collection):
    collection = make_collection(20)
    corpus, queries = rows_of(collection)
    nnn = NearestNeighbourNormalisation(neighbours=1).fit(collection)
    prepared = nnn.prepare(corpus, queries)
    level = -prepared.adjust(np.zeros((1, corpus.n_rows), np.float32), "image")[0]
    assert level.max() < 1 - 1e-6


@pytest.mark.parametrize("k", [1, 3, 500])
def test_csls_follows_its_formula_within_each_pair_of_modalities(mixed_up_collection, k):
    collection = mixed_up_collection()
    corpus, queries = rows_of(collection)
    csls = CrossDomainLocalScaling(neighbours=k).fit(collection)
    prepared = csls.prepare(corpus, queries)
    for code, name in enumerate(corpus.names):
        asking = queries.spans[code]
        scores = queries.vectors[asking] @ corpus.vectors.T
        own = (queries.item[asking, None] == corpus.item) & (corpus.modality == code)
        scores[own] = -np.inf
        adjusted = prepared.adjust(scores, name)
        for q in range(len(scores)):
            for x in np.flatnonzero(~own[q]):
                of_row = scores[np.isfinite(scores[:, x]), x]
                same_list = corpus.modality == corpus.modality[x]
                of_query = scores[q, same_list & ~own[q]]
                expected = 2 * scores[q, x] - mean_of_best(of_row, k) - mean_of_best(of_query, k)
                assert adjusted[q, x] == pytest.approx(expected, abs=1e-5)
        assert np.isneginf(adjusted[own]).all()


def test_csls_learns_nothing_from_the_calibration_items(make_collection):
    corpus, queries = rows_of(make_collection(20))
    scores = queries.vectors[:20] @ corpus.vectors.T
    one, other = (
        CrossDomainLocalScaling(neighbours=3)
        .fit(make_collection(20, seed=seed))
        .prepare(corpus, queries)
        .adjust(scores, "image")
        for seed in (1, 2)
    )
    np.testing.assert_array_equal(one, other)


def test_blocks_do_not_show_and_references_are_thinned(make_collection, monkeypatch):
    collection = make_collection(50)
    corpus, queries = rows_of(collection)
    scores = queries.vectors[:50] @ corpus.vectors.T

    def adjusted(scoring):
        return scoring.fit(collection).prepare(corpus, queries).adjust(scores, "image")

    for kind in (NearestNeighbourNormalisation, CrossDomainLocalScaling):
        whole = adjusted(kind())
        with monkeypatch.context() as patch:
            patch.setattr(module, "BLOCK_SCORES", 170)
            np.testing.assert_allclose(adjusted(kind()), whole, atol=1e-6)
            patch.setattr(module, "MAX_REFERENCES", 25)
            assert not np.allclose(adjusted(kind()), whole)


def test_a_modality_that_was_not_fitted_is_refused(make_collection):
    corpus, queries = rows_of(make_collection(6))
    image = make_collection(6, modalities=("image",))
    prepared = NearestNeighbourNormalisation().fit(image).prepare(corpus, queries)
    with pytest.raises(GapvizError, match="has not seen the modality 'text'"):
        prepared.adjust(corpus.vectors @ corpus.vectors.T, "text")


def test_numbers_out_of_range_are_refused():
    for options in ({"alpha": -1.0}, {"alpha": float("nan")}, {"neighbours": 0}):
        with pytest.raises(GapvizError, match="out of range"):
            NearestNeighbourNormalisation(**options)
    with pytest.raises(GapvizError, match="out of range"):
        CrossDomainLocalScaling(neighbours=0)
