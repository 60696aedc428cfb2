import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.retrieval import run_file
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import Run, ranked_lists
from gapviz.retrieval.run_file import read_run
from gapviz.retrieval.run_text import ENDINGS, run_text
from gapviz.strategies import StrategyOptions, fit_strategy


def items(*ids):
    return tuple(Item(one) for one in ids)


@pytest.fixture
def pets():
    """`cat` with an image and two texts, `dog` with an image, `cat#image` with a text."""
    rows = np.eye(5)
    return Collection(
        "pets",
        items("cat", "dog", "cat#image"),
        {
            "image": ModalityVectors.of(rows[:2], [0, 1]),
            "text": ModalityVectors.of(rows[2:], [0, 0, 2]),
        },
    )


def asking(*ids, **parts):
    queries = tuple(JudgedQuery(one, "text") for one in ids)
    return Evaluation("asked", queries, Judgments.of([0], [0], [1]), **parts)


@pytest.fixture
def read(tmp_path, pets):
    def read(text, evaluation=None, **options):
        path = tmp_path / "given.run"
        path.write_text(text)
        return read_run(path, evaluation or asking("q1", "q2"), pets, **options)

    return read


def listed(run, query=0):
    here = run.list_of(query)
    return list(zip(run.item[here].tolist(), run.modality[here].tolist(), strict=True))


def test_scores_order_and_ranks_that_contradict_them_are_said(read):
    run = read("q1 Q0 dog 1 0.1 t\nq1 Q0 cat 2 0.9 t\nq2 Q0 cat 1 3 t\nq2 Q0 dog 2 2 t\n")
    assert listed(run) == [(0, -1), (1, 0)]
    assert run.name == "t"
    assert any("contradict scores in 1 of 2 lists" in note for note in run.notes)
    assert not any("negated" in note for note in run.notes)


def test_distances_are_recognised_by_their_ranks(read):
    run = read("q1 Q0 dog 1 0.1 t\nq1 Q0 cat 2 0.9 t\n", asking("q1"))
    assert any("write them negated" in note for note in run.notes)


@pytest.mark.parametrize("score", ["0", ""])
def test_ranks_order_where_no_score_says_anything(read, score):
    text = f"query,item,rank,score\nq1,dog,2,{score}\nq1,cat,1,{score}\nq2,dog,1,{score}\n"
    run = read(text)
    assert listed(run) == [(0, -1), (1, 0)]
    assert np.unique(run.level).size == 3
    assert any("its ranks order" in note for note in run.notes)


def test_equal_scores_tie_and_equal_scores_everywhere_without_ranks_do(read):
    run = read("q1 Q0 dog 1 2 t\nq1 Q0 cat 2 2 t\nq2 Q0 dog 1 1 t\nq2 Q0 cat 2 0 t\n")
    assert run.level.tolist() == [0, 0, 1, 2]
    run = read(json.dumps({"q1": {"dog": 1, "cat": 1}, "q2": {"dog": 1}}))
    assert run.level.tolist() == [0, 0, 1]


def test_an_exact_id_wins_over_a_row_of_an_item(read):
    run = read("q1 Q0 cat#image 1 9 t\nq1 Q0 cat#text 2 8 t\nq1 Q0 dog#image 3 7 t\n", asking("q1"))
    assert listed(run) == [(2, 1), (0, 1), (1, 0)]


def test_what_is_no_item_or_no_row_of_it_keeps_its_place(read):
    run = read("q1 Q0 cow 1 9 t\nq1 Q0 dog#text 2 8 t\nq1 Q0 dog 3 7 t\n", asking("q1"))
    assert listed(run) == [(-1, -1), (-1, -1), (1, 0)]
    assert any("2 of 3 lines name no item" in note for note in run.notes)


def test_an_item_is_listed_once_and_a_row_as_often_as_there_are_such(read):
    text = "".join(f"q1 Q0 cat#text{end} 1 {9 - n} t\n" for n, end in enumerate(["", "#2", "#3"]))
    run = read(f"{text}q1 Q0 cat 4 1 t\n", asking("q1"))
    assert listed(run) == [(0, 1)]
    assert any("3 lines name a result that stands in the list already" in n for n in run.notes)
    run = read(text, asking("q1", unit="rows"))
    assert listed(run) == [(0, 1), (0, 1)]


def test_queries_that_lack_a_list_or_are_not_asked_are_counted(read):
    run = read("q2 Q0 dog 1 1 t\nother Q0 dog 1 1 t\n")
    assert run.lengths.tolist() == [0, 1]
    assert any("1 of 2 queries have no list" in note for note in run.notes)
    assert any("1 list is left out" in note for note in run.notes)


def test_queries_that_are_known_and_not_measured_are_no_strangers(read, pets, tmp_path):
    path = tmp_path / "given.run"
    path.write_text("q1 Q0 dog 1 1 t\nq2 Q0 dog 1 1 t\n")
    whole = replace(pets, evaluation=asking("q1", "q2"))
    assert read_run(path, asking("q1"), whole).notes == ()


def test_a_run_of_other_queries_is_refused(read):
    with pytest.raises(GapvizError, match="no list of any of the 2 queries"):
        read("x Q0 dog 1 1 t\n")


def test_lists_are_cut_to_their_depth_in_the_order_of_scores(read):
    text = "q1 Q0 dog 1 1 t\nq1 Q0 cat 2 5 t\nq1 Q0 cat#image 3 3 t\n"
    assert listed(read(text, asking("q1"), depth=2)) == [(0, -1), (2, 1)]


def test_cutting_while_reading_changes_nothing(read, monkeypatch):
    rng = np.random.default_rng(0)
    names = ["cat", "dog", "cat#image", "cow"]
    lines = [
        f"q{rng.integers(1, 3)} Q0 {names[rng.integers(4)]} 1 {score} t"
        for score in rng.permutation(60)
    ]
    whole = read("\n".join(lines))
    monkeypatch.setattr(run_file, "MOST_HELD", 0)
    monkeypatch.setattr("gapviz.sources.runs.trec.BLOCK_CHARACTERS", 40)
    cut = read("\n".join(lines))
    assert cut.item.tolist() == whole.item.tolist()
    assert cut.level.tolist() == whole.level.tolist()


STRATEGIES_WRITTEN = ["raw", "centre", "znorm", "route", "items-rrf", "csls"]


def figures_of(run, evaluation, collection):
    return Judged(run, evaluation, Corpus.of(collection)).values


@pytest.fixture(scope="module")
def collection(make_collection):
    return make_collection(n=80, dim=8, gap=0.6)


@pytest.fixture(scope="module")
def own_queries(collection):
    rng = np.random.default_rng(4)
    queries = tuple(JudgedQuery(f"query {n}", "text", asked_modality="image") for n in range(30))
    grades = rng.integers(0, 3, 90)
    judgments = Judgments.of(np.repeat(np.arange(30), 3), rng.integers(0, 80, 90), grades)
    vectors = ModalityVectors.of(rng.standard_normal((30, 8)))
    return Evaluation("own", queries, judgments, {"text": vectors})


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", STRATEGIES_WRITTEN)
def test_a_run_of_ours_read_back_gives_the_same_figures(
    collection, own_queries, tmp_path, name, ending
):
    strategy = fit_strategy(StrategyOptions(name), collection.split("calibrate"))
    for evaluation in (own_queries, paired_evaluation(collection)):
        run = ranked_lists(ExactIndex.of(collection, strategy), evaluation, depth=40)
        path = tmp_path / f"out{ending}"
        path.write_bytes(run_text(run, evaluation, collection, ending))
        again = read_run(path, evaluation, collection)
        before, after = (figures_of(one, evaluation, collection) for one in (run, again))
        for figure, values in before.items():
            assert after[figure] == pytest.approx(values, abs=1e-12, nan_ok=True), figure
        assert again.notes == ()


@pytest.mark.parametrize("ending", ENDINGS)
def test_copies_tie_when_they_are_read_back(collection, own_queries, tmp_path, ending):
    rows = np.repeat(collection.modality("image").vectors[:4], 20, axis=0)
    copies = replace(
        collection, modalities={name: ModalityVectors.of(rows) for name in ("image", "text")}
    )
    for vectors in (rows, rows[:1].repeat(80, axis=0)):
        all_alike = replace(copies, modalities={"image": ModalityVectors.of(vectors)})
        strategy = fit_strategy(StrategyOptions(), copies)
        run = ranked_lists(ExactIndex.of(all_alike, strategy), own_queries)
        path = tmp_path / f"out{ending}"
        path.write_bytes(run_text(run, own_queries, all_alike, ending))
        again = read_run(path, own_queries, all_alike)
        assert np.diff(again.level).tolist() == np.diff(run.level).tolist()
        assert np.unique(run.level).size < run.level.size


def test_names_of_rows_are_told_apart_from_items_of_the_same_name(pets, tmp_path):
    evaluation = asking("q1", unit="rows")
    level = np.arange(4)
    run = Run("t", ("image", "text"), np.array([0, 4]), np.array([0, 0, 0, 2]),
              np.array([0, 1, 1, 1]), -level.astype(float), level)  # fmt: skip
    path = tmp_path / "out.json"
    path.write_bytes(run_text(run, evaluation, pets, ".json"))
    assert list(json.loads(path.read_bytes())["q1"])[3] == "cat#image"
    assert listed(read_run(path, evaluation, pets)) == listed(run)


def test_an_id_that_a_trec_run_cannot_hold_is_refused(pets):
    evaluation = asking("a\tquery")
    run = Run("t", ("image", "text"), np.array([0, 1]), *np.zeros((2, 1), int), np.ones(1),
              np.zeros(1, int))  # fmt: skip
    with pytest.raises(GapvizError, match="cannot stand in a TREC run"):
        run_text(run, evaluation, pets, ".trec")


def graded(rng, n_queries, n_items):
    grades = rng.choice([0, 1, 2, 3], size=(n_queries, n_items), p=[0.1, 0.1, 0.05, 0.75])
    query, item = np.nonzero(grades != 3)
    return Judgments.of(query, item, grades[query, item])


NAMES = {
    "ndcg": "ndcg@10",
    "recall@10": "recall@10",
    "recall@100": "recall@100",
    "mrr": "mrr",
    "map": "map",
}


def ranx_figures(ranx, judgments, lists):
    qrels: dict[str, dict[str, int]] = {}
    for query, item, grade in zip(judgments.query, judgments.item, judgments.grade, strict=True):
        qrels.setdefault(f"q{query}", {})[f"d{item}"] = int(grade)
    return ranx(truth=qrels, run=lists, metrics=list(NAMES.values()))


@pytest.mark.parametrize("ending", ["json", "trec"])
def test_a_run_that_is_read_has_the_figures_of_ranx(ranx, tmp_path, ending):
    rng = np.random.default_rng(5)
    n_queries, n_items = 12, 90
    judgments = graded(rng, n_queries, n_items)
    scores = rng.standard_normal((n_queries, n_items))
    lists = {
        f"q{q}": {f"d{i}": float(scores[q, i]) for i in rng.permutation(n_items)[:60]}
        for q in range(n_queries)
    }
    path = tmp_path / f"their.{ending}"
    text = json.dumps(lists)
    if ending == "trec":
        text = "".join(
            f"{q} Q0 {d} 0 {s!r} t\n" for q, entries in lists.items() for d, s in entries.items()
        )
    path.write_text(text)
    collection = Collection("their", items(*(f"d{i}" for i in range(n_items))), {})
    queries = tuple(JudgedQuery(f"q{n}", "text") for n in range(n_queries))
    evaluation = Evaluation("their", queries, judgments)
    found = figures_of(read_run(path, evaluation, collection), evaluation, collection)
    scored = ranx_figures(ranx, judgments, lists)
    for ours, theirs in NAMES.items():
        assert mean_of_known(found[ours]) == pytest.approx(scored[theirs], abs=1e-9), ours


def test_equal_scores_of_a_run_count_as_the_mean_of_ranx_over_their_orders(ranx, tmp_path):
    judgments = Judgments.of([0, 0, 0], [0, 2, 3], [2, 1, 0])
    lists = {"q0": {"d0": 1.0, "d1": 1.0, "d2": 1.0, "d3": 0.5, "d4": 0.5}}
    path = tmp_path / "ties.json"
    path.write_text(json.dumps(lists))
    collection = Collection("their", items(*(f"d{i}" for i in range(5))), {})
    evaluation = Evaluation("their", (JudgedQuery("q0", "text"),), judgments)
    found = figures_of(read_run(path, evaluation, collection), evaluation, collection)
    behind = {"d3": 0.5, "d4": 0.4}
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    every = [
        ranx_figures(
            ranx, judgments,
            {"q0": {f"d{i}": 9.0 - place for place, i in enumerate(order)} | behind},
        )
        for order in orders
    ]  # fmt: skip
    for ours, theirs in NAMES.items():
        mean = np.mean([one[theirs] for one in every])
        assert found[ours][0] == pytest.approx(mean, abs=1e-9), ours
