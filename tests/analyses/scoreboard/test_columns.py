from math import isnan

import pytest

from gapviz.analyses.scoreboard.columns import GROUPS, board_columns, judged_columns, sorted_rows
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.strategies import StrategyOptions

NAMES = ("raw", "centre", "znorm", "minmax")


@pytest.fixture(scope="module")
def board(make_collection):
    options = [StrategyOptions(name) for name in NAMES]
    return ScoreboardRequest({"one": make_collection(40)}, options).compute()


@pytest.fixture(scope="module")
def columns():
    return {column.key: column for column in board_columns(("image", "text"))}


def test_every_figure_of_a_row_has_a_column(columns):
    assert len(columns) == 1 + 2 + 1 + 2 + 2 + 2 * 3 + 2 + 2 + 2
    by_judgments = judged_columns(("image", "text"))
    assert {column.group for column in (*columns.values(), *by_judgments)} == set(GROUPS)
    assert len({column.name for column in columns.values()}) == len(columns)


def test_a_column_reads_the_figure_it_names(board, columns):
    row = board.rows[1]
    assert columns["imbalance"].read(row) == row.imbalance
    assert columns["ndcg-text"].read(row) == row.ndcg["text"]
    assert columns["mrr-image"].read(row) == row.mrr["image"]
    assert columns["recall5-text-image"].read(row) == row.recall["text", "image"][5]
    assert columns["bytes"].read(row).value == row.bytes_per_item
    assert isnan(columns["operations"].read(row).low)


def test_best_stands_first_by_the_direction_of_the_column(board, columns):
    by_ndcg = sorted_rows(board.rows, columns["ndcg"])
    assert by_ndcg[0].mean_ndcg.value == max(row.mean_ndcg.value for row in board.rows)
    by_lift = sorted_rows(board.rows, columns["imbalance"])
    off = [row.imbalance.value for row in by_lift]
    assert off == sorted(off)
    by_bytes = sorted_rows(board.rows, columns["bytes"])
    assert by_bytes[0].bytes_per_item == min(row.bytes_per_item for row in board.rows)


def test_rows_without_the_figure_keep_their_order(board, columns):
    # Nothing has a label here, so no row has a figure within a modality.
    rows = sorted_rows(board.rows, columns["map-image"])
    assert [row.options.name for row in rows] == list(NAMES)


def test_a_model_without_the_modality_has_no_figure(board):
    columns = {column.key: column for column in board_columns(("audio", "text"))}
    for key in ("lift-audio", "recall1-audio-text", "map-audio"):
        assert isnan(columns[key].read(board.rows[0]).value)
