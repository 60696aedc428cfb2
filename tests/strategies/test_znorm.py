import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.strategies.raw import Raw
from gapviz.strategies.znorm import PairNormalisation


def rows_of(collection):
    raw = Raw().fit(collection)
    return corpus_rows(collection, raw), query_rows(collection, raw)


def test_levels_are_those_of_all_pairs_of_two_different_items(mixed_up_collection):
    collection = mixed_up_collection()
    corpus, _ = rows_of(collection)
    levels = PairNormalisation().fit(collection).levels_
    cosines = corpus.vectors.astype(float) @ corpus.vectors.astype(float).T
    for a, in_a in zip(corpus.names, corpus.spans, strict=True):
        for b, in_b in zip(corpus.names, corpus.spans, strict=True):
            apart = corpus.item[in_a, None] != corpus.item[None, in_b]
            scores = cosines[in_a, in_b][apart]
            assert levels[a, b].mean == pytest.approx(scores.mean(), abs=1e-9)
            assert levels[a, b].spread == pytest.approx(scores.std(), abs=1e-9)


def test_calibration_scores_become_standard_in_every_pair_of_modalities(make_collection):
    collection = make_collection(80)
    corpus, queries = rows_of(collection)
    prepared = PairNormalisation().fit(collection).prepare(corpus, queries)
    for name, asking in zip(corpus.names, corpus.spans, strict=True):
        adjusted = prepared.adjust(corpus.vectors[asking] @ corpus.vectors.T, name)
        for span in corpus.spans:
            others = adjusted[:, span][~np.eye(80, dtype=bool)]
            assert others.mean() == pytest.approx(0, abs=1e-5)
            assert others.std() == pytest.approx(1, abs=1e-5)


def test_each_list_keeps_its_order_and_what_is_left_out_stays_out(make_collection):
    collection = make_collection(30)
    corpus, queries = rows_of(collection)
    prepared = PairNormalisation().fit(collection).prepare(corpus, queries)
    scores = corpus.vectors[:5] @ corpus.vectors.T
    scores[0, 0] = -np.inf
    before = scores.copy()
    adjusted = prepared.adjust(scores, "image")
    np.testing.assert_array_equal(scores, before)
    assert adjusted[0, 0] == -np.inf
    for span in corpus.spans:
        np.testing.assert_array_equal(
            np.argsort(adjusted[:, span], axis=1), np.argsort(scores[:, span], axis=1)
        )


@pytest.mark.parametrize(("n", "doubt"), [(1, "stay raw"), (2, "centred only")])
def test_too_few_items_are_told_and_give_finite_scores(make_collection, n, doubt):
    collection = make_collection(n)
    corpus, queries = rows_of(collection)
    scoring = PairNormalisation().fit(collection)
    assert any(doubt in warning for warning in scoring.warnings_)
    adjusted = scoring.prepare(corpus, queries).adjust(corpus.vectors @ corpus.vectors.T, "text")
    assert np.isfinite(adjusted).all()


def test_a_modality_that_was_not_fitted_is_refused(make_collection):
    collection = make_collection(6)
    corpus, queries = rows_of(collection)
    image = Collection("x", items_of_rows(6), {"image": ModalityVectors.of(np.eye(6))})
    prepared = PairNormalisation().fit(image).prepare(corpus, queries)
    for name in ("image", "text"):
        with pytest.raises(GapvizError, match="has not seen the modality 'text'"):
            prepared.adjust(corpus.vectors @ corpus.vectors.T, name)
