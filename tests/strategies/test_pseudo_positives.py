import numpy as np
import pytest

from gapviz.core.rows import corpus_rows, query_rows
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.strategies import StrategyOptions, fit_strategy
from gapviz.strategies import pseudo_positives as module
from gapviz.strategies.pseudo_positives import PseudoPositives
from gapviz.strategies.raw import Raw


@pytest.mark.parametrize("best", [1, 3, 100])
def test_levels_are_those_of_the_best_scores_of_each_reference_query(mixed_up_collection, best):
    collection = mixed_up_collection()
    raw = Raw().fit(collection)
    corpus, queries = corpus_rows(collection, raw), query_rows(collection, raw)
    levels = PseudoPositives(best=best).fit(collection).levels_
    for a, asking in zip(queries.names, queries.spans, strict=True):
        for b, span in zip(corpus.names, corpus.spans, strict=True):
            scores = queries.vectors[asking].astype(float) @ corpus.vectors[span].T.astype(float)
            own = queries.item[asking, None] == corpus.item[span]
            found = [
                np.sort(row[~left_out if a == b else slice(None)])[::-1][:best].mean()
                for row, left_out in zip(scores, own, strict=True)
            ]
            assert levels[a, b].mean == pytest.approx(np.mean(found), abs=1e-6)
            assert levels[a, b].spread == pytest.approx(np.std(found), abs=1e-6)


def test_no_pair_is_needed(make_unpaired):
    strategy = fit_strategy(StrategyOptions("pseudo-positives"), make_unpaired())
    assert set(strategy.levels_) == {(a, b) for a in ("image", "text") for b in ("image", "text")}


def test_it_evens_out_a_gap(make_collection):
    collection = make_collection(80, gap=2.0)
    before, after = (
        evaluate_mixed(collection, fit_strategy(StrategyOptions(name), collection))
        for name in ("raw", "pseudo-positives")
    )
    for name in before:
        assert after[name].own_share.mean() < before[name].own_share.mean() - 0.1


def test_a_single_item_leaves_the_scores_within_its_modality_raw(make_collection):
    strategy = PseudoPositives().fit(make_collection(1))
    assert sum("stay raw" in one for one in strategy.warnings_) == 2
    assert sum("centred only" in one for one in strategy.warnings_) == 2


def test_blocks_do_not_show(make_collection, monkeypatch):
    collection = make_collection(40)
    whole = PseudoPositives(best=2).fit(collection).levels_
    monkeypatch.setattr(module, "BLOCK_SCORES", 90)
    parts = PseudoPositives(best=2).fit(collection).levels_
    for pair, level in whole.items():
        assert parts[pair].mean == pytest.approx(level.mean, abs=1e-7)
