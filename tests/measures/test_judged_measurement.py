from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions

N = 120


@pytest.fixture(scope="module")
def asked(make_collection):
    """Text queries near an item each, whose answers are that item and, less, the next one."""
    collection = make_collection(n=N, dim=16, gap=2.5)
    rng = np.random.default_rng(3)
    text = collection.modality("text").vectors
    queries = tuple(JudgedQuery(f"q{n}", "text", asked_modality="image") for n in range(N))
    own = np.arange(N)
    judgments = Judgments.of([*own, *own], [*own, *(own + 1) % N], [2.0] * N + [1.0] * N)
    vectors = text + 0.1 * rng.standard_normal(text.shape)
    evaluation = Evaluation(
        "made", queries, judgments, {"text": ModalityVectors.of(vectors)},
        splits={"calibrate": own[::2], "evaluate": own[1::2]},
    )  # fmt: skip
    return with_evaluation(collection, evaluation)


def test_only_the_evaluated_queries_are_measured(asked):
    found = Experiment(asked).judged()
    assert found.judged.evaluation.n_queries == N / 2
    assert {query.id for query in found.judged.evaluation.queries} == {
        f"q{n}" for n in range(1, N, 2)
    }


def test_centring_sends_more_results_of_the_asked_modality_with_an_interval(asked):
    raw = Experiment(asked).judged()
    centred = Experiment(asked, StrategyOptions("centre")).judged()
    assert raw.estimate("bias", "text").value > 0.95
    gained = centred.change(raw, "target_hit", "text")
    assert gained.low > 0 and gained.low < gained.value < gained.high
    assert raw.has_content and raw.chance["ndcg", "text"] < 0.1


def test_a_learned_strategy_is_fitted_anew_for_its_interval(asked):
    found = Experiment(asked, StrategyOptions("centre")).judged()
    assert found.replicates["bias", "text"].fit.size == 10
    assert Experiment(asked).judged().replicates["bias", "text"].fit.size == 0


def test_results_that_nobody_judged_are_said(asked):
    found = Experiment(asked).judged()
    assert found.estimate("unjudged", "text").value > 0.7
    assert any("judged by nobody" in sentence for sentence in found.doubts)
    assert (
        found.to_json()["figures"]["ndcg"]["text"]["low"]
        < found.to_json()["figures"]["ndcg"]["text"]["high"]
    )


def test_a_collection_without_queries_says_so(make_collection):
    with pytest.raises(GapvizError, match="no queries with judgments"):
        Experiment(make_collection()).judged()


def test_queries_that_no_strategy_can_ask_with_say_so(asked):
    deaf = replace(asked, evaluation=replace(asked.evaluation, vectors={}))
    with pytest.raises(GapvizError, match="none of them can ask"):
        Experiment(deaf).judged()
