import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.measures.experiment import Experiment
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import Run, levels_of_lists, ranked_lists
from gapviz.strategies import StrategyOptions, fit_strategy

N = 60


@pytest.fixture(scope="module")
def collection(make_collection):
    return make_collection(n=2 * N, dim=8, gap=0.6)


def judged(collection, strategy, evaluation, depth=4 * N):
    run = ranked_lists(ExactIndex.of(collection, strategy), evaluation, depth=depth)
    return Judged(run, evaluation, Corpus.of(collection))


@pytest.mark.parametrize("name", ["raw", "centre", "znorm", "route", "minmax", "nnn", "csls"])
def test_pairs_are_the_special_case(collection, name):
    strategy = fit_strategy(StrategyOptions(name), collection.split("calibrate"))
    evaluated = collection.split("evaluate")
    expected = evaluate_mixed(evaluated, strategy)
    evaluation = paired_evaluation(evaluated)
    found = judged(evaluated, strategy, evaluation)
    code = evaluation.codes(evaluated.modality_names)
    for place, modality in enumerate(evaluated.modality_names):
        outcome, asks = expected[modality], code == place
        for figure, values in (
            ("bias", outcome.own_share),
            ("lift", outcome.lift),
            ("ndcg", outcome.ndcg),
            ("mrr", outcome.reciprocal_rank),
            ("recall@10", outcome.recall(10)),
        ):
            assert found.values[figure][asks] == pytest.approx(values, abs=1e-9), figure
        assert found.expected_share()[asks] == pytest.approx(outcome.expected_share)


@pytest.mark.parametrize("name", ["raw", "centre"])
def test_intervals_of_pairs_are_those_of_the_paired_protocol(collection, name):
    measurement = Experiment(collection, StrategyOptions(name)).measurement
    evaluated = collection.split("evaluate")
    found = judged(evaluated, measurement.strategy, paired_evaluation(evaluated))
    ours = JudgedMeasurement(found)
    for key in (("ndcg", "text"), ("bias", "image"), ("mrr", "text")):
        expected = measurement.replicates[key]
        assert ours.replicates[key].value == pytest.approx(expected.value)
        assert ours.replicates[key].corpus == pytest.approx(expected.corpus, abs=1e-9)
        assert ours.replicates[key].halves == pytest.approx(expected.halves)


def graded(rng, n_queries, n_items):
    grades = rng.choice([-1, 0, 1, 2, 3], size=(n_queries, n_items), p=[0.05, 0.1, 0.1, 0.05, 0.7])
    query, item = np.nonzero(grades != 3)
    return Judgments.of(query, item, grades[query, item])


def made_run(scores, depth=None):
    order = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    n, length = order.shape
    score = np.take_along_axis(scores, order, axis=1).ravel()
    starts = np.arange(n + 1) * length
    levels = levels_of_lists(score, starts, 0.0)
    unknown = np.full(score.size, -1)
    return Run("made", ("image", "text"), starts, order.ravel(), unknown, score, levels)


def made_evaluation(judgments, n_queries, **parts):
    queries = tuple(JudgedQuery(f"q{n}", "text") for n in range(n_queries))
    return Evaluation("made", queries, judgments, **parts)


def test_figures_are_those_of_ranx(ranx):
    rng = np.random.default_rng(5)
    judgments, scores = graded(rng, 12, 150), rng.standard_normal((12, 150))
    evaluation = made_evaluation(judgments, 12)
    found = Judged(
        made_run(scores, 100), evaluation, Corpus(("image", "text"), np.ones((150, 2), int))
    )
    columns = zip(judgments.query, judgments.item, judgments.grade, strict=True)
    qrels: dict[str, dict[str, int]] = {}
    for query, item, grade in columns:
        qrels.setdefault(f"q{query}", {})[f"d{item}"] = max(int(grade), 0)
    run = {
        f"q{q}": {f"d{i}": float(scores[q, i]) for i in np.argsort(-scores[q])[:100]}
        for q in range(12)
    }
    names = {
        "ndcg": "ndcg@10",
        "recall@10": "recall@10",
        "recall@100": "recall@100",
        "mrr": "mrr",
        "map": "map",
    }
    scored = ranx(truth=qrels, run=run, metrics=list(names.values()))
    for ours, theirs in names.items():
        assert mean_of_known(found.values[ours]) == pytest.approx(scored[theirs], abs=1e-9), ours


def test_equal_scores_count_as_the_mean_over_their_orders():
    rng = np.random.default_rng(2)
    judgments, scores = graded(rng, 6, 30), rng.integers(0, 4, (6, 30)).astype(float)
    corpus = Corpus(("image", "text"), np.ones((30, 2), int))
    evaluation = made_evaluation(judgments, 6)
    found = Judged(made_run(scores), evaluation, corpus).values
    drawn = [
        Judged(made_run(scores + 1e-3 * rng.random(scores.shape)), evaluation, corpus).values
        for _ in range(1500)
    ]
    for figure in ("ndcg", "recall@10", "mrr", "map", "unjudged"):
        mean = np.mean([one[figure] for one in drawn], axis=0)
        assert found[figure] == pytest.approx(mean, abs=0.02), figure


def test_an_item_is_listed_once_at_its_best_row():
    vectors = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.9, 0.8, 0.1]])
    collection = Collection(
        "made",
        items_of_rows(2),
        {"image": ModalityVectors.of(vectors[:2]), "text": ModalityVectors.of(vectors[2:])},
    )
    evaluation = made_evaluation(
        Judgments.of([0], [1], [1]), 1,
        vectors={"text": ModalityVectors.of(np.array([[1.0, 0.5, 0.0]]))},
    )  # fmt: skip
    run = ranked_lists(
        ExactIndex.of(collection, fit_strategy(StrategyOptions(), collection)), evaluation
    )
    assert run.item.tolist() == [1, 0]
    assert [run.names[code] for code in run.modality] == ["text", "image"]


def test_what_no_item_is_still_takes_its_place():
    run = made_run(np.array([[3.0, 2.0, 1.0]]))
    ghost = Run(
        run.name, run.names, run.starts, np.array([-1, 1, 0]), run.modality, run.score, run.level
    )
    evaluation = made_evaluation(Judgments.of([0], [1], [1]), 1)
    found = Judged(ghost, evaluation, Corpus(("image", "text"), np.ones((3, 2), int)))
    assert found.values["mrr"].tolist() == [0.5]
    assert found.values["unjudged"] == pytest.approx([2 / 3])


def test_a_query_without_answers_has_no_quality_and_one_without_a_list_found_nothing():
    run = made_run(np.array([[3.0, 2.0], [1.0, 2.0], [1.0, 2.0]]))
    short = run.take(run.query != 2, np.arange(3))
    evaluation = made_evaluation(Judgments.of([0, 1, 2], [0, 1, 0], [1, 0, 1]), 3)
    values = Judged(short, evaluation, Corpus(("image", "text"), np.ones((2, 2), int))).values
    assert np.isnan(values["ndcg"][1]) and values["ndcg"][[0, 2]].tolist() == [1, 0]
    assert np.isnan(values["bias"][2])


def test_the_asked_modality_is_counted_among_the_first():
    run = made_run(np.array([[3.0, 2.0, 1.0]]))
    told = Run(run.name, run.names, run.starts, run.item, np.array([0, 1, 1]), run.score, run.level)
    queries = (JudgedQuery("q", "text", asked_modality="image"),)
    evaluation = Evaluation("made", queries, Judgments.of([0], [1], [1]))
    values = Judged(told, evaluation, Corpus(("image", "text"), np.ones((3, 2), int))).values
    assert values["target_hit"] == pytest.approx([1 / 3])
    assert values["bias"] == pytest.approx([2 / 3])


def test_chance_is_what_equal_scores_give():
    rng = np.random.default_rng(1)
    evaluation = made_evaluation(graded(rng, 5, 40), 5)
    corpus = Corpus(("image", "text"), np.ones((40, 2), int))
    found = Judged(made_run(np.zeros((5, 40))), evaluation, corpus)
    for figure, value in found.chance.items():
        assert found.values[figure] == pytest.approx(value), figure
