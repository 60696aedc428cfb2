from dataclasses import replace
from itertools import pairwise

import pytest

from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.figures.pareto import HEIGHT, MARKS, pareto_alt_text, pareto_figure, selected_row
from gapviz.strategies import STRATEGIES, StrategyOptions


@pytest.fixture(scope="module")
def board(make_collection):
    models = {"one": make_collection(30), "<b>": make_collection(30, seed=1)}
    return ScoreboardRequest(models, [StrategyOptions(name) for name in STRATEGIES]).compute()


def points(figure):
    return [trace for trace in figure.data if trace.customdata is not None]


def test_every_row_is_a_point_with_both_intervals(board):
    traces = points(pareto_figure(board))
    places = [int(place) for trace in traces for (place,) in trace.customdata]
    assert places == list(range(len(board.rows)))
    for trace in traces:
        for (place,), x, up, down in zip(
            trace.customdata, trace.x, trace.error_x.array, trace.error_x.arrayminus, strict=True
        ):
            lift = board.rows[place].imbalance
            assert (x, x + up, x - down) == pytest.approx((lift.value, lift.high, lift.low))


def test_the_front_is_joined_in_order(board):
    front = next(trace for trace in pareto_figure(board).data if trace.name == "Pareto front")
    assert len(front.x) == sum(row.pareto for row in board.rows)
    assert list(front.x) == sorted(front.x)


def test_the_strategies_on_the_front_are_named_each_once(board):
    layout = pareto_figure(board).layout
    names, titles = layout.annotations, {r.options.spec.title for r in board.rows if r.pareto}
    assert sorted(name.text for name in names) == sorted(titles)
    # Words begin at their pole and go to the right: to the left of others they must stand higher.
    pixels = (HEIGHT - 120) / layout.yaxis.range[1]
    tops = [
        name.y * pixels - name.ay for name in sorted(names, key=lambda one: one.x, reverse=True)
    ]
    assert all(higher - lower > 17 for lower, higher in pairwise(tops))


def test_the_shape_says_what_changes_and_is_hollow_off_the_contest(board):
    symbols = dict(zip(STRATEGIES, points(pareto_figure(board))[0].marker.symbol, strict=True))
    assert symbols["raw"] == MARKS["nothing"][0]
    assert symbols["centre"] == MARKS["vectors"][0]
    assert symbols["znorm"] == MARKS["scores"][0]
    assert symbols["csls"] == f"{MARKS['scores'][0]}-open"
    assert symbols["items-max"] == f"{MARKS['items'][0]}-open"


def test_models_differ_in_colour_and_names_stay_text(board):
    figure = pareto_figure(board, {"one": "The first"})
    first, second = points(figure)
    assert first.marker.color != second.marker.color
    assert "The first" in first.text[0]
    assert "&lt;b&gt;" in second.text[0]


def test_those_who_do_not_see_it_are_told_the_front(board):
    best = max((row for row in board.rows if row.pareto), key=lambda row: row.mean_ndcg.value)
    assert best.title in pareto_alt_text(board)


def test_a_board_without_matches_has_no_front_and_is_drawn(make_unpaired):
    apart = make_unpaired()
    board = ScoreboardRequest(
        {"apart": apart}, [StrategyOptions("raw"), StrategyOptions("ridge")]
    ).compute()
    figure = pareto_figure(board)
    assert all(trace.name != "Pareto front" for trace in figure.data)
    assert "Pareto" not in pareto_alt_text(board)
    assert pareto_figure(replace(board, rows=())).layout.xaxis.title.text


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ([], None),
        ([{"x": 1.0}], None),
        ([{"customdata": [7]}], 7),
        ([{}, {"customdata": {"0": 3}}], 3),
    ],
)
def test_a_click_names_its_row(event, place):
    assert selected_row(event) == place
