import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.cache import write_arrays
from gapviz.evaluation.scoreboard import scoreboard
from gapviz.evaluation.stored_scoreboard import board_from_json, board_to_json
from gapviz.retrieval.fusion import RankFusion
from gapviz.scoreboards import KIND, ScoreboardRequest, make_scoreboard, ready_scoreboard, row_key
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy

OPTIONS = [StrategyOptions(name) for name in STRATEGIES]
FIGURES = ("bias", "lift", "ndcg", "mrr", "recall", "mean_lift", "mean_ndcg", "pareto", "title")


@pytest.fixture(scope="module")
def collections(make_collection):
    three = make_collection(24, seed=1, modalities=("audio", "image", "text"))
    return {"one": make_collection(30), "two": three}


@pytest.fixture(scope="module")
def board(collections):
    chosen = replace(OPTIONS[10], fusion=RankFusion(weights=(("image", 0.5), ("text", 2.0))))
    return scoreboard(collections, [*OPTIONS, chosen, StrategyOptions("ridge", anchor="video")])


def test_a_scoreboard_survives_json_to_the_last_bit(board):
    text = board_to_json(board)
    again = board_from_json(text)
    assert board_to_json(again) == text
    assert again.left_out == board.left_out
    assert (again.n_items, again.seed) == (board.n_items, board.seed)
    for ours, theirs in zip(again.rows, board.rows, strict=True):
        assert ours.options == theirs.options
        for name in FIGURES:
            assert getattr(ours, name) == getattr(theirs, name)


def test_what_is_not_known_is_null(board):
    plain = json.loads(board_to_json(board))
    assert plain["entries"][0]["mean_average_precision"]["image"] == [None, None, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format": 99, "seed": 0, "n_items": {}, "entries": []}',
        '{"format": 1, "seed": 0, "n_items": {}, "entries": [{"model": "a"}]}',
        '{"format": 1, "seed": 0, "n_items": {}, "entries": [{"options": {"fusion": 3}}]}',
        '{"format": 1, "seed": 0, "n_items": [], "entries": []}',
    ],
)
def test_another_text_is_refused_in_a_sentence(text):
    with pytest.raises(GapvizError, match="is not a scoreboard that gapviz saved"):
        board_from_json(text)


def test_rows_are_found_again_and_only_new_ones_are_measured(collections, monkeypatch):
    request = ScoreboardRequest(collections, OPTIONS[:4], seed=5)
    assert ready_scoreboard(request) is None
    made = make_scoreboard(request)
    found = ready_scoreboard(request)
    assert found is not None
    assert board_to_json(found) == board_to_json(made)

    fitted = []

    def counted(options, calibration):
        fitted.append(options)
        return fit_strategy(options, calibration)

    monkeypatch.setattr("gapviz.evaluation.scoreboard.fit_strategy", counted)
    stronger = replace(OPTIONS[3], strength=0.5)
    make_scoreboard(ScoreboardRequest(collections, [*OPTIONS[:3], stronger], seed=5))
    assert fitted == [stronger, stronger]


def test_an_option_that_a_strategy_does_not_read_changes_no_key(collections):
    one = collections["one"]
    raw, centre = StrategyOptions("raw"), StrategyOptions("centre")
    assert row_key(one, raw, 0) == row_key(one, replace(raw, strength=0.5), 0)
    assert row_key(one, centre, 0) != row_key(one, replace(centre, strength=0.5), 0)
    assert row_key(one, raw, 0) != row_key(one, raw, 1)
    assert row_key(one, raw, 0) != row_key(collections["two"], raw, 0)


def test_a_row_of_another_gapviz_is_measured_anew(collections):
    request = ScoreboardRequest({"one": collections["one"]}, OPTIONS[:1], seed=6)
    other = {"text": np.zeros(3, dtype=np.uint8)}
    write_arrays(KIND, row_key(collections["one"], OPTIONS[0], 6), other)
    assert ready_scoreboard(request) is None
    make_scoreboard(request)
    assert ready_scoreboard(request) is not None
