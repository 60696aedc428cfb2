from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.advice.advice import advise, cached_advice
from gapviz.analyses.advice.analysis import evidence_of
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.analysis import Request
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.item import items_of_rows
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits

N, DIM = 60, 16


def world(n_queries=2 * N):
    """Pairs across a gap, which centring brings together; and documents in text alone, which the
    queries ask for, and before which centring puts images."""
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((N, DIM))
    shift = 2.5 * np.eye(DIM)[0]

    def near(noise, sign):
        return meaning + noise * rng.standard_normal((N, DIM)) + sign * shift

    collection = Collection(
        "disagreeing",
        items_of_rows(2 * N),
        {
            "image": ModalityVectors.of(near(0.3, 1)),
            "text": ModalityVectors.of(np.concatenate([near(0.9, -1), near(0.5, -1)])),
        },
        alternate_splits(2 * N),
    )
    document = np.tile(np.arange(N, 2 * N), 2)[:n_queries]
    queries = tuple(JudgedQuery(f"q{place}", "text") for place in range(n_queries))
    asking = np.concatenate([near(0.3, -1), near(0.3, -1)])[:n_queries]
    evaluation = Evaluation(
        "queries",
        queries,
        Judgments.of(np.arange(n_queries), document, np.ones(n_queries)),
        {"text": ModalityVectors.of(asking)},
    )
    return with_evaluation(collection, evaluation)


@pytest.fixture(scope="module")
def collection():
    return world()


@pytest.fixture(scope="module")
def evidence(collection):
    return Evidence(collection)


@pytest.fixture(scope="module")
def advice(evidence):
    return advise(evidence, Situation())


def verdicts(advice):
    return {one.rule.strategy: one.verdict for one in advice.recommendations}


def test_judgments_decide_where_there_are_some(collection, advice):
    paired = advise(Evidence(collection, asked_protocol="paired"), Situation())
    assert verdicts(paired)["centre"] == "better"
    assert verdicts(advice)["centre"] == "worse"
    assert advice.recommendations[0].rule.kind == "nothing"
    assert (advice.measured_by, advice.n_queries) == ("judged", N)
    assert "measured on 60 judged queries" in advice.protocol
    assert "evaluate split, encoder" not in advice.protocol


def test_the_figures_are_those_of_the_judged_queries(evidence, advice):
    centred = next(one for one in advice.recommendations if one.rule.strategy == "centre")
    titles = [effect.figure for effect in centred.effects]
    assert titles == [
        "NDCG@10, judged queries", "bias rate, text judged queries", "R@10, text judged queries",
    ]  # fmt: skip
    found = evidence.judged(evidence.raw.strategy.options, None)
    assert centred.effects[0].before.value == pytest.approx(found.estimate("ndcg", "text").value)
    assert any("they count as wrong" in words for words in centred.evidence)


def test_one_way_searches_the_images_with_the_queries_that_can_have_them(make_judged):
    evidence = Evidence(make_judged())
    advice = advise(evidence, Situation("one-way", "neither", "image"))
    assert advice.measured_by == "judged"
    way = evidence.way_of(advice.situation)
    lists = evidence.judged(evidence.raw.strategy.options, way).judged.run
    assert set(lists.modality.tolist()) == {0} and lists.names == ("image",)
    nothing = next(one for one in advice.recommendations if one.rule.kind == "nothing")
    assert "Judged text queries reach NDCG@10" in " ".join(nothing.evidence)


def test_where_no_judged_query_can_ask_the_pairs_decide_unless_judgments_are_asked_for(make_judged):
    situation = Situation("one-way", "neither", "text")  # an image would have to ask
    assert advise(Evidence(make_judged()), situation).measured_by == "paired"
    with pytest.raises(GapvizError, match="none of them can ask"):
        advise(Evidence(make_judged(), asked_protocol="judged"), situation)
    made = make_judged()
    deaf = replace(made, evaluation=replace(made.evaluation, vectors={}))
    assert Evidence(deaf).protocol_of(Situation()) == "paired"


@pytest.mark.parametrize("task", ["within", "scores"])
def test_labels_and_pairs_decide_where_judgments_say_nothing(make_judged, task):
    assert Evidence(make_judged()).protocol_of(Situation(task)) == "paired"


def test_few_judged_queries_decide_nothing():
    few = advise(Evidence(world(n_queries=12)), Situation("mixed", "neither"))
    assert set(verdicts(few).values()) <= {"as it is", "undecided"}
    assert "Too few judged queries" in " ".join(few.recommendations[-1].evidence)


def test_judgments_that_are_not_there_cannot_be_asked_for(make_collection):
    request = Request(make_collection(), {"protocol": "judged", "task": "mixed"})
    with pytest.raises(GapvizError, match="no queries with judgments"):
        evidence_of(request).protocol_of(Situation())


def test_advice_by_one_protocol_is_not_taken_for_that_by_another(collection):
    kinds = (None, "judged", "paired")
    keys = [
        cached_advice(Evidence(collection, asked_protocol=one), Situation()).key for one in kinds
    ]
    assert keys[0] == keys[1] != keys[2]


def test_another_model_counts_only_with_the_same_judgments(collection):
    evaluation = collection.evaluation
    other = replace(collection, encoder="other")
    strict = replace(evaluation, judgments=Judgments.of([1], [N + 1], [1]))
    unlike = replace(collection, encoder="unlike", evaluation=strict)
    evidence = Evidence(collection, models={"other": other, "unlike": unlike})
    assert list(evidence.judged_models(None)) == ["other"]
