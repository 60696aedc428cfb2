import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.judged import Corpus
from gapviz.measures.retrieval.judged_list import judged_list, judged_query, search_judged
from gapviz.retrieval.run import Run, asked_by
from gapviz.strategies import StrategyOptions

NAMES = ("image", "text")


def someones_run(*lists):
    """Of item positions, from the best; −1 for what the collection does not hold."""
    item = np.concatenate(lists)
    starts = np.cumsum([0, *map(len, lists)])
    unknown = np.full(item.size, -1)
    score = -np.arange(item.size, dtype=np.float64)
    return Run("their system", NAMES, starts, item, unknown, score, np.arange(item.size))


def test_a_run_of_somebody_else_is_marked_without_any_vector():
    queries = (JudgedQuery("a", "text"), JudgedQuery("b", "text"))
    judgments = Judgments.of([1, 1, 1, 1], [3, 5, 8, 0], [1, 2, 3, 0])
    corpus = Corpus(NAMES, np.array([[1, 1], [1, 0], [0, 1]] * 3))
    run = someones_run([0, 1], [0, 3, -1, 7, 5])
    found = judged_list(run, Evaluation("theirs", queries, judgments), 1, corpus, k=4)
    assert [hit.item for hit in found.found.hits] == [0, 3, -1, 7]
    assert [found.grades.get(hit.item) for hit in found.found.hits] == [0, 1, None, None]
    assert [(one.item, one.rank) for one in found.answers] == [(3, 2), (5, 5), (8, None)]
    assert [one.item for one in found.not_shown] == [5, 8]
    assert (found.unjudged, found.n_first, found.length) == (2, 5, 5)
    gained = 1 / np.log2(3) + 2 / np.log2(6)
    assert found.ndcg == pytest.approx(gained / (3 + 2 / np.log2(3) + 1 / np.log2(4)))
    # Of an item whose row is not known counts the share of its rows: ½, ½ and 0; no item has none.
    assert found.found.bias == pytest.approx((0.5 + 0.5 + 0 + 0) / 4)


@pytest.mark.parametrize("name", ["raw", "znorm", "csls", "route"])
def test_one_list_is_that_which_the_query_has_among_all(make_judged, name):
    collection = make_judged(60)
    experiment = Experiment(collection, StrategyOptions(name))
    evaluation, corpus = collection.evaluation, Corpus.of(collection)
    every = experiment.judged(depth=60).judged
    place = 4
    position = evaluation.position[every.evaluation.queries[place].id]
    query = judged_query(evaluation, position, evaluation.vector_of(position))
    index = asked_by(experiment.index, every.evaluation)
    found = search_judged(index, evaluation, query, corpus, 60)
    expected = every.run.item[every.run.list_of(place)]
    assert [hit.item for hit in found.found.hits] == expected.tolist()
    assert found.ndcg == pytest.approx(every.values["ndcg"][place])


def test_a_list_of_no_results_is_refused(make_judged):
    collection = make_judged(20)
    query = judged_query(collection.evaluation, 0, collection.evaluation.vector_of(0))
    with pytest.raises(GapvizError, match="cannot return 0 results"):
        search_judged(
            Experiment(collection).index, collection.evaluation, query, Corpus.of(collection), 0
        )
