from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.storage.saved_collection import load_collection, save_collection
from gapviz.storage.saved_evaluation import JUDGMENTS_FILE


@pytest.fixture
def asked(make_collection):
    queries = (
        JudgedQuery("q1", "text", "a <b>cat</b>", asked_modality="image"),
        JudgedQuery("q2", "image", image="cats/2.png"),
    )
    vectors = {"image": ModalityVectors.of(np.eye(1, 8), [1])}
    evaluation = Evaluation(
        "cats", queries, Judgments.of([0, 1], [3, 4], [2, -1]), vectors, notes=("one was left out",)
    )
    return with_evaluation(make_collection(n=10), evaluation)


def test_queries_and_judgments_come_back_as_they_were_saved(asked, tmp_path):
    save_collection(asked, tmp_path)
    found = load_collection(tmp_path)
    assert found.content_hash == asked.content_hash
    assert found.evaluation.queries == asked.evaluation.queries
    assert found.evaluation.notes == asked.evaluation.notes


def test_a_collection_without_queries_has_no_file_of_them(asked, tmp_path):
    save_collection(replace(asked, evaluation=None), tmp_path)
    assert load_collection(tmp_path).evaluation is None
    assert not (tmp_path / JUDGMENTS_FILE).exists()


@pytest.mark.parametrize("damage", [lambda b: b[:-4], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_damaged_judgments_are_named(asked, tmp_path, damage):
    save_collection(asked, tmp_path)
    path = tmp_path / JUDGMENTS_FILE
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(GapvizError, match=JUDGMENTS_FILE):
        load_collection(tmp_path)
