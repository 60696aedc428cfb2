from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments, halved_queries
from gapviz.core.judged_halves import NO_OTHERS, with_evaluation
from gapviz.core.matryoshka import first_dimensions
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.sources.files.writable import writable

QUERIES = tuple(JudgedQuery(f"q{n}", "text") for n in range(4))


def evaluation(*judged, queries=QUERIES, **parts):
    return Evaluation("made", queries, Judgments.of(*zip(*judged, strict=True)), **parts)


def test_judgments_stand_in_order_and_the_highest_grade_of_a_pair_counts():
    found = Judgments.of([1, 0, 1, 1], [2, 5, 2, 0], [1, 1, 3, 0])
    assert found.query.tolist() == [0, 1, 1]
    assert found.item.tolist() == [5, 0, 2]
    assert found.grade.tolist() == [1, 0, 3]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Judgments.of([0], [1, 2], [1]), "1 queries, 2 items"),
        (lambda: Judgments.of([0], [1], [np.nan]), "no number"),
        (lambda: Evaluation("made", (), Judgments.of([], [], [])), "no queries"),
        (lambda: evaluation((0, 1, 1), queries=QUERIES[:1] * 2), "stands twice"),
        (lambda: evaluation((7, 1, 1)), "names query 7 of 4"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, said):
    with pytest.raises(GapvizError, match=said):
        make()


def test_only_queries_with_an_answer_are_measured():
    made = evaluation((0, 1, 1), (1, 1, 0), (2, 0, -1), (3, 2, 2))
    assert made.measured.tolist() == [0, 3]
    assert made.first_relevant.tolist() == [1, -1, -1, 2]
    assert made.grades_of(2) == {0: -1.0}


def test_a_subset_takes_vectors_and_judgments_along():
    vectors = {"text": ModalityVectors.of(np.eye(4), [3, 2, 1, 0])}
    made = evaluation((0, 1, 1), (2, 4, 1), vectors=vectors).subset(np.array([2, 0]))
    assert [query.id for query in made.queries] == ["q2", "q0"]
    assert made.judgments.item.tolist() == [4, 1]
    assert made.vector_of(0).tolist() == [0, 1, 0, 0]


def test_what_calibrates_is_seen_without_its_judgments():
    made = evaluation((0, 1, 1), (1, 2, 1), splits={"calibrate": np.array([0])}).calibrating()
    assert [query.id for query in made.queries] == ["q0"]
    assert made.judgments.size == 0


judged = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), min_size=4, max_size=40)


@given(judged)
def test_halves_of_queries_are_disjoint_and_even_and_keep_common_answers_together(pairs):
    query, item = np.array(pairs).T
    queries = [JudgedQuery(str(n), "text" if n % 3 else "image") for n in range(10)]
    halves = halved_queries(queries, Judgments.of(query, item, np.ones(len(pairs))))
    assert sorted(np.concatenate([*halves.values()]).tolist()) == list(range(10))
    sides = {
        number: {name for name, half in halves.items() for q in query[item == number] if q in half}
        for number in set(item.tolist())
    }
    together = all(len(side) == 1 for side in sides.values())
    assert together or min(map(len, halves.values())) >= 4


def test_no_item_that_answers_a_measured_query_calibrates(make_collection):
    made = with_evaluation(
        make_collection(n=12), evaluation((0, 0, 1), (1, 2, 1), (2, 4, 1), (3, 1, 0), (3, 3, 1))
    )
    counts = made.evaluation.evaluated
    judgments = made.evaluation.judgments
    answers = judgments.item[judgments.relevant & counts[judgments.query]]
    others = judgments.item[judgments.relevant & ~counts[judgments.query]]
    assert set(answers) <= set(made.splits["evaluate"])
    assert set(others) - set(answers) <= set(made.splits["calibrate"])
    assert set(made.splits["evaluate"]) | set(made.splits["calibrate"]) == set(range(12))


def test_the_calibrate_half_holds_its_queries_and_every_part_of_it_too(make_collection):
    vectors = {"text": ModalityVectors.of(np.eye(4, 8))}
    made = with_evaluation(make_collection(n=12), evaluation((0, 0, 1), (1, 2, 1), vectors=vectors))
    calibration = made.split("calibrate")
    assert calibration.evaluation.n_queries == len(made.evaluation.splits["calibrate"])
    assert calibration.subset([0, 1]).evaluation is calibration.evaluation
    assert made.split("evaluate").evaluation is None


def test_where_every_item_answers_the_fit_is_doubted(make_collection):
    every = [(0, item, 1) for item in range(12)]
    splits = {"evaluate": np.arange(4)}
    made = with_evaluation(make_collection(n=12), evaluation(*every, splits=splits))
    assert made.splits["calibrate"].size == 6
    assert made.evaluation.notes == (NO_OTHERS,)


def test_an_answer_that_an_encoder_was_trained_on_stays_in_its_split(make_collection):
    collection = make_collection(n=6)
    splits = {
        "train": np.array([0, 1]),
        "calibrate": np.array([2, 3]),
        "evaluate": np.array([4, 5]),
    }
    queries = (JudgedQuery("a", "text"), JudgedQuery("b", "text"))
    evaluation = Evaluation(
        "made", queries, Judgments.of([0, 0, 1], [0, 2, 4], [1, 1, 1]),
        splits={"evaluate": np.array([0]), "calibrate": np.array([1])},
    )  # fmt: skip
    found = with_evaluation(replace(collection, splits=splits), evaluation).splits
    assert {name: part.tolist() for name, part in found.items()} == {
        "train": [0, 1],
        "calibrate": [3, 4],
        "evaluate": [2, 5],
    }


def test_queries_change_the_key_of_every_cache(make_collection):
    plain = make_collection(n=12)
    asked = with_evaluation(plain, evaluation((0, 0, 1), (1, 2, 1)))
    other = with_evaluation(plain, evaluation((0, 0, 2), (1, 2, 1)))
    assert len({plain.content_hash, asked.content_hash, other.content_hash}) == 3


def test_queries_of_other_dimensions_are_refused(make_collection):
    vectors = {"text": ModalityVectors.of(np.eye(4, 5))}
    with pytest.raises(GapvizError, match="5 dimensions, and the items have 8"):
        with_evaluation(make_collection(n=12), evaluation((0, 0, 1), vectors=vectors))


def test_the_first_dimensions_are_taken_of_queries_too(make_collection):
    vectors = {"text": ModalityVectors.of(np.eye(4, 8))}
    asked = with_evaluation(make_collection(n=12), evaluation((0, 0, 1), vectors=vectors))
    cut = first_dimensions(asked, 5)
    assert cut.evaluation.vectors["text"].vectors.shape == (4, 5)


def test_halves_of_characters_in_queries_become_question_marks(make_collection):
    queries = (JudgedQuery("q\ud800", "text", "a \ud800 cat", "pic\ud800.png"),)
    asked = with_evaluation(make_collection(n=12), evaluation((0, 0, 1), queries=queries))
    (query,) = writable(asked).evaluation.queries
    assert (query.id, query.text, query.image) == ("q?", "a ? cat", None)
