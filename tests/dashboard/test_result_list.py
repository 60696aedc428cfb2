import numpy as np
import pytest

from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.dashboard.caches import collection_of, corpus_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.result_list import hit_cards
from gapviz.dashboard.search import judged_column
from gapviz.measures.retrieval.judged_list import judged_list
from gapviz.retrieval.index import Query
from gapviz.retrieval.run import Run
from gapviz.sources.builtin.variants import BUILTIN

VIEW = View(BUILTIN, "builtin")


@pytest.fixture(scope="module")
def column():
    """A run of somebody else, which knows items and no rows, and names one that is not here."""
    evaluation = Evaluation(
        "theirs", (JudgedQuery("a", "text"),), Judgments.of([0, 0, 0], [4, 7, 9], [2, 0, 1])
    )
    item = np.array([7, -1, 4, 5, 9])
    unknown = np.full(item.size, -1)
    starts, score = np.array([0, item.size]), np.linspace(1, 0, item.size)
    run = Run("<b>theirs", ("image", "text"), starts, item, unknown, score, np.arange(item.size))
    ranked = judged_list(run, evaluation, 0, corpus_of(VIEW), k=4)
    return judged_column(VIEW, Query(np.zeros(2, np.float32), "text", judged=0), ranked, "theirs")


def test_a_run_of_somebody_else_is_drawn_with_its_grades(column):
    _, *cards = hit_cards(column, set(), set()).split('role="listitem"')
    assert len(cards) == 4
    assert "✗ judged not relevant" in cards[0] and "gv-match" not in cards[0]
    assert "not in this collection" in cards[1] and "not judged" in cards[1]
    assert "✓ relevant, grade 2" in cards[2] and "gv-match" in cards[2]
    assert "not judged" in cards[3]


def test_no_modality_is_claimed_of_an_entry_whose_row_is_not_known(column):
    assert "◆" not in hit_cards(column, set(), set())


def test_what_it_ranks_too_low_is_named_with_its_place(column):
    caption = collection_of(VIEW).items[9].captions[0]
    assert column.below == ["Answers not shown", f"“{caption}”, grade 1, at place 5"]
