from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.fused import FUSED, fused_rows
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


def fused_queries(collection):
    """Text and picture at once ask for the item."""
    text, image = (collection.modality(name).vectors for name in ("text", "image"))
    queries = tuple(JudgedQuery(f"q{n}", FUSED) for n in range(collection.n_items))
    vectors = {FUSED: ModalityVectors.of(fused_rows(text, image))}
    own = np.arange(collection.n_items)
    evaluation = Evaluation("both", queries, Judgments.of(own, own, np.ones(own.size)), vectors)
    return with_evaluation(collection, evaluation)


@pytest.mark.parametrize("name", ["raw", "centre", "znorm", "nnn", "csls", "route", "zscore"])
def test_a_modality_that_only_asks_is_learned_from_the_queries_that_calibrate(
    make_collection, name
):
    asked = fused_queries(make_collection(n=60, dim=16, gap=1.0))
    found = Experiment(asked, StrategyOptions(name)).judged()
    assert found.modalities == (FUSED,)
    assert found.estimate("ndcg", FUSED).value > found.chance["ndcg", FUSED]
    assert np.isnan(found.estimate("bias", FUSED).value)


def test_a_strategy_that_needs_pairs_says_which_queries_cannot_ask(make_collection):
    asked = fused_queries(make_collection(n=60, dim=16, gap=1.0))
    with pytest.raises(GapvizError, match="none of them can ask"):
        Experiment(asked, StrategyOptions("ridge")).judged()


def test_the_bank_of_references_is_made_of_the_queries_that_calibrate(asked):
    strategy = Experiment(asked, StrategyOptions("nnn")).strategy
    calibrating = asked.evaluation.subset(asked.evaluation.splits["calibrate"])
    assert np.allclose(strategy.references_["text"], calibrating.vectors["text"].vectors)
    assert len(strategy.references_["image"]) == len(asked.splits["calibrate"])
