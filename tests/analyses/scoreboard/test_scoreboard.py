from dataclasses import replace

import numpy as np
import pytest

import gapviz.measures.measurement as measurement_module
from gapviz import Collection, ModalityVectors
from gapviz.analyses.scoreboard.front import pareto_front
from gapviz.analyses.scoreboard.rows import front_shares
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.item import Item
from gapviz.core.splits import alternate_splits
from gapviz.measures.experiment import measure
from gapviz.measures.geometry.split_shift import split_warnings
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.background import Cancelled
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy

EVERYTHING = [StrategyOptions(name) for name in STRATEGIES]


@pytest.fixture(scope="module")
def builtin():
    return builtin_collection()


@pytest.fixture(scope="module")
def board(builtin):
    return ScoreboardRequest({"builtin": builtin}, EVERYTHING, seed=3).compute()


@pytest.mark.slow
def test_every_strategy_has_a_row_with_the_figures_of_a_measurement(board, builtin):
    assert [row.options.name for row in board.rows] == list(STRATEGIES)
    assert board.n_items == {"builtin": 485}
    for row in board.rows[3:8]:
        result = measure(builtin, row.options, seed=3)
        assert row.title == result.strategy.label
        for name in ("image", "text"):
            assert row.bias[name].value == pytest.approx(result.bias[name].value)
            assert row.ndcg[name].value == pytest.approx(result.ndcg[name].value)
            assert row.ndcg[name].low == pytest.approx(result.ndcg[name].low)
            assert row.mrr[name].value == pytest.approx(result.mrr[name].value)
        assert row.recall["image", "text"][5].high == pytest.approx(
            result.recall["image", "text"][5].high
        )


def test_every_estimate_lies_in_its_interval(board):
    for row in board.rows:
        for estimate in (*row.lift.values(), *row.ndcg.values(), row.imbalance, row.mean_ndcg):
            if np.isnan(estimate.value):
                assert row.by_item  # one list against two
                continue
            # A constant has an interval of no width, but for rounding.
            assert estimate.low - 1e-12 <= estimate.value <= estimate.high + 1e-12
        assert 0 < row.mean_average_precision["image"].value < 1


def test_clusters_are_made_once_for_what_moves_vectors(make_labelled_world, monkeypatch):
    made, cluster = [], measurement_module.group_cost
    monkeypatch.setattr(
        measurement_module, "group_cost", lambda *a, **k: made.append(1) or cluster(*a, **k)
    )
    options = [StrategyOptions(name) for name in ("znorm", "raw", "centre", "route", "minmax")]
    board = ScoreboardRequest({"labelled": make_labelled_world()}, options, seed=11).compute()
    znorm, raw, centre, *fused = board.rows
    assert len(made) == 2
    assert all(repr(row.v_measure) == repr(raw.v_measure) for row in (znorm, *fused))
    assert raw.v_measure["modality"].value == 1
    assert centre.v_measure["modality"].value < 0.2
    assert centre.v_measure["labels"].low > raw.v_measure["labels"].high
    assert raw.v_measure["labels"].value > raw.chance_v_measure["labels"] > 0


def test_what_a_strategy_keeps_and_costs_is_counted(board, builtin):
    rows = {row.options.name: row for row in board.rows}
    dim = builtin.dim
    assert rows["raw"].bytes_per_item == 2 * dim * 4
    assert rows["raw"].query_operations == 2 * 485 * dim
    assert rows["centre"].bytes_per_item == pytest.approx((2 + 2 / 485) * dim * 4)
    assert rows["offset"].query_operations - rows["raw"].query_operations == dim
    assert rows["ridge"].query_operations - rows["raw"].query_operations == dim**2
    assert rows["znorm"].query_operations - rows["raw"].query_operations == 2 * 485
    assert rows["nnn"].bytes_per_item == (2 * dim + 4) * 4


def test_the_front_holds_what_nothing_beats_and_no_row_of_another_protocol(board):
    compete = [row for row in board.rows if not row.transductive and not row.by_item]
    assert len(compete) == len(board.rows) - 4
    assert not any(row.pareto for row in board.rows if row not in compete)
    points = {row.options.name: (row.imbalance.value, row.mean_ndcg.value) for row in compete}
    for row in board.rows:
        if row.pareto:
            distance, ndcg = points[row.options.name]
            assert not any(d < distance and n > ndcg for d, n in points.values())
    assert max(compete, key=lambda row: row.mean_ndcg.value).pareto


def test_fusing_lists_changes_none_of_them(board, builtin):
    rows = {row.options.name: row for row in board.rows}
    evaluated = builtin.split("evaluate")
    fused = fit_strategy(StrategyOptions("minmax"), builtin.split("calibrate"))
    outcome = evaluate_cross(evaluated, fused, "text", "image")
    for name in ("raw", "route", "minmax", "dbsf", "items-max"):
        assert rows[name].recall["text", "image"][5].value == outcome.recall(5).mean()
        assert rows[name].mean_average_precision == rows["raw"].mean_average_precision


def test_a_front_of_points():
    points = [(0.0, 0.5), (0.1, 0.4), (0.5, 0.9), (0.5, 0.8), (0.0, 1.0), (float("nan"), 2.0)]
    competes = [True, True, True, True, False, True]
    assert pareto_front(points, competes) == [True, False, True, False, False, False]


def test_models_stand_side_by_side_and_progress_is_told(make_collection):
    told = []
    board = ScoreboardRequest(
        {"one": make_collection(30), "two": make_collection(40, seed=1)}, EVERYTHING[:3]
    ).compute(lambda share, stage: told.append((share, stage)))
    assert [row.model for row in board.rows] == ["one"] * 3 + ["two"] * 3
    assert [share for share, _ in told] == pytest.approx(np.arange(1, 7) / 6)
    assert np.isnan(board.rows[0].mean_average_precision["image"].value)


def test_progress_may_cancel(make_collection):
    def cancel(share, stage):
        raise Cancelled

    with pytest.raises(Cancelled):
        ScoreboardRequest({"one": make_collection(20)}, EVERYTHING).compute(cancel)


def test_what_needs_pairs_is_left_out_with_the_reason(make_unpaired):
    apart = make_unpaired()
    board = ScoreboardRequest({"apart": apart}, EVERYTHING).compute()
    assert [left.options.name for left in board.left_out] == ["procrustes", "ridge"]
    assert "needs matched pairs" in board.left_out[0].reason
    assert np.isnan(board.rows[0].mean_ndcg.value)


def test_a_doubtful_split_is_told_once_a_model_and_doubts_what_moves_vectors(
    make_collection, make_ordered
):
    ordered = make_ordered()
    board = ScoreboardRequest({"fine": make_collection(), "ordered": ordered}, EVERYTHING).compute()
    (doubt,) = split_warnings(ordered)
    assert board.split_warnings == {"ordered": (doubt,)}
    rows = {row.options.name: row for row in board.rows if row.model == "ordered"}
    assert doubt in rows["centre"].warnings and doubt not in rows["centre"].own_warnings
    assert rows["raw"].warnings == rows["route"].warnings == ()
    for name, row in rows.items():
        measured = measure(ordered, StrategyOptions(name)).strategy
        assert row.warnings == measured.warnings, name


def test_a_warning_of_single_strategies_names_their_rows(make_ordered):
    ordered = make_ordered()
    board = ScoreboardRequest({"one": ordered, "two": ordered}, EVERYTHING).compute()
    few = next(warning for warning in board.own_warnings if "20 calibration pairs" in warning)
    named = [(row.model, row.options.name) for row in board.own_warnings[few]]
    assert named == [("one", "procrustes"), ("two", "procrustes")]


def test_the_front_is_as_sure_as_the_figures_it_is_made_of(board):
    compete = [not row.transductive and not row.by_item for row in board.rows]
    for row, competes in zip(board.rows, compete, strict=True):
        assert np.isnan(row.on_front) != competes
        # What is on the front here is on it in a good share of samples like this one.
        assert not row.pareto or row.on_front > 0.2
    known = [row for row, competes in zip(board.rows, compete, strict=True) if competes]
    sure = [
        replace(row, deviations={name: 0 * parts for name, parts in row.deviations.items()})
        for row in known
    ]
    assert front_shares(sure, [True] * len(sure)) == [float(row.pareto) for row in known]


def test_captions_of_one_item_are_no_answers_within_their_modality():
    rng = np.random.default_rng(0)
    items = tuple(Item(str(number), label=f"label {number}") for number in range(20))
    collection = Collection(
        name="labels of one item",
        items=items,
        modalities={
            "image": ModalityVectors.of(rng.standard_normal((20, 8))),
            "text": ModalityVectors.of(rng.standard_normal((40, 8)), np.repeat(np.arange(20), 2)),
        },
        splits=alternate_splits(20),
    )
    board = ScoreboardRequest({"one": collection}, EVERYTHING[:1]).compute()
    assert np.isnan(board.rows[0].mean_average_precision["text"].value)
