"""A scoreboard read for one task."""

import pytest

from gapviz.analyses.scoreboard.ranking import FIRST_COLUMNS, Ranking, labels_of
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.strategies import StrategyOptions

NAMES = ("raw", "centre", "znorm", "items-rrf", "csls")


@pytest.fixture(scope="module")
def board(make_collection):
    options = [StrategyOptions(name) for name in NAMES]
    return ScoreboardRequest({"one": make_collection(40)}, options).compute()


def ranked(board, task="mixed", pair=("image", "text")):
    return Ranking(board, task, pair, {"one": "One"})


@pytest.mark.parametrize(
    ("task", "pair", "key"),
    [
        ("mixed", ("image", "text"), "ndcg"),
        ("one-way", ("image", "text"), "recall10-text-image"),
        ("one-way", ("text", "image"), "recall10-image-text"),
        ("scores", ("image", "text"), "imbalance"),
    ],
)
def test_the_figure_of_the_task_decides_and_stands_first(board, task, pair, key):
    ranking = ranked(board, task, pair)
    shown = ranking.shown([])
    assert ranking.deciding.key == shown[0].key == key
    assert TITLES[task] in ranking.sentence and shown[0].name in ranking.sentence
    assert len(ranking.table(ranking.rows, shown).columns) == FIRST_COLUMNS
    worst = [shown[0].worst_last(row) for row in ranking.rows]
    assert worst == sorted(worst)


TITLES = {"mixed": "One index", "one-way": "One modality finds", "scores": "A threshold"}


def test_a_task_without_a_figure_says_so(board):
    ranking = ranked(board, "within")
    assert ranking.deciding.key == "ndcg"
    assert "There is no figure here for that task." in ranking.sentence


def test_rows_of_another_protocol_stand_apart(board):
    ranking = ranked(board)
    assert [row.name for row in ranking.by_item] == ["items-rrf"]
    assert len(ranking.rows) == len(NAMES) - 1


def test_further_figures_come_behind_and_none_twice(board):
    ranking = ranked(board)
    keys = [column.key for column in ranking.shown(["bias", "quality"])]
    assert keys[: len(ranking.shown([]))] == [column.key for column in ranking.shown([])]
    assert "lift-text" in keys and len(keys) == len(set(keys))


def test_labels_stand_before_the_figures_and_say_why(board):
    ranking = ranked(board)
    table = ranking.table(ranking.rows, ranking.shown([]))
    assert [column.key for column in table.columns][:2] == ["strategy", "labels"]
    csls = next(row for row in board.rows if row.name == "csls")
    assert any("transductive" in label.why for label in labels_of(csls, board))
    on_front = [row for row in board.rows if row.pareto]
    assert on_front and all(labels_of(row, board)[0].words.startswith("front") for row in on_front)


def test_what_is_measured_already_is_a_scoreboard_without_a_front(make_collection):
    collections = {"one": make_collection(40, seed=5)}
    asked = ScoreboardRequest(collections, [StrategyOptions(name) for name in NAMES])
    assert asked.so_far() is None
    ScoreboardRequest(collections, [StrategyOptions("znorm")]).compute()
    known = asked.so_far()
    assert [row.name for row in known.rows] == ["znorm"]
    assert not known.rows[0].pareto and asked.get() is None
    assert [row.name for row in ranked(known).rows] == ["znorm"]
