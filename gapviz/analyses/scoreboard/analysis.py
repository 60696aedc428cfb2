"""The scoreboard as an analysis: its table, its warnings and its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.measure import TIES_CARRY
from gapviz.analyses.scoreboard.columns import bias_columns, board_columns
from gapviz.analyses.scoreboard.scoreboard import Scoreboard, ScoreboardRequest, ScoreRow
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure, too_few
from gapviz.measures.diagnostics.groups import NO_LABELS
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec, usual_strategies

SELDOM = 0.05
"""Of samples, below which a row counts as never on the front."""
BRIEF = ("imbalance", "ndcg", "v-labels", "bytes")
"""Columns that are shown where there is little room."""
IMBALANCE = "mean over the query modalities of |bias lift − 1|; 0 is neutral"
FRONT = "no other is both lower in imbalance and higher in NDCG"
PROTOCOL = (
    f"Imbalance: {IMBALANCE}. *: {FRONT} (the front); beside it, in how many samples like this one "
    "it would be. Strategies that rank items are measured under another protocol: any "
    f"vector of the item counts. {VARIED[0].upper()}{VARIED[1:]}, of mAP the queries alone, of "
    "V-measures the items."
)


def board_table(board: Scoreboard, model: str | None = None) -> Table:
    """A row a strategy and model, with what marks it.

    Args:
        board: the scoreboard.
        model: whose rows; all of them, with a column of models, where None.
    """
    rows = [row for row in board.rows if model in (None, row.model)]
    modalities = list(dict.fromkeys(name for row in rows for name in row.bias))
    columns = [
        column
        for column in board_columns(modalities)
        if column.key in (*BRIEF, "operations") or column.key.startswith(("recall10-", "v-"))
        if column.key != "v-labels" or not all(np.isnan(column.read(row).value) for row in rows)
    ]
    columns[2:2] = bias_columns(modalities)
    models = [Column("model", "encoder", text=True)] * (model is None and len(board.n_items) > 1)
    return Table(
        "",
        [
            Column("number", "", brief=False),
            Column("strategy", "strategy", text=True),
            Column("title", "", text=True, brief=False),
            *models,
            *(one.plain(brief=one.key in BRIEF) for one in columns),
            Column("marks", "", text=True),
        ],
        [
            [
                number,
                row.options.name,
                row.title,
                *([row.model] * len(models)),
                *(column.read(row) for column in columns),
                " ".join(_marks(row, board)),
            ]
            for number, row in enumerate(rows, start=1)
        ],
    )


def board_json(board: Scoreboard) -> dict[str, Any]:
    """The whole scoreboard, for JSON."""
    return {
        "seed": board.seed,
        "n_items": dict(board.n_items),
        "split_warnings": {
            model: list(board.split_warnings.get(model, ())) for model in board.n_items
        },
        "not_measured": {model: dict(why) for model, why in board.not_measured.items()},
        "rows": [row_json(row) for row in board.rows],
        "left_out": [
            {"model": one.model, "strategy": one.options.name, "reason": one.reason}
            for one in board.left_out
        ],
    }


def row_json(row: ScoreRow) -> dict[str, Any]:
    """One row, for JSON."""
    return {
        "model": row.model,
        "strategy": row.options.name,
        "title": row.title,
        "bias_at_10": row.bias,
        "bias_lift_at_10": row.lift,
        "mixed_ndcg_at_10": row.ndcg,
        "mixed_mrr": row.mrr,
        "recall": row.recall,
        "mean_average_precision": row.mean_average_precision,
        "v_measure": row.v_measure,
        "chance_v_measure": row.chance_v_measure,
        "bias_imbalance": row.imbalance,
        "mean_ndcg": row.mean_ndcg,
        "bytes_per_item": row.bytes_per_item,
        "query_operations": row.query_operations,
        "transductive": row.transductive,
        "pareto": row.pareto,
        "on_front": row.on_front,
        "chance_ndcg": row.chance_ndcg,
        "ties_carry": {
            key: {"lost": lost, "won": won} for key, (lost, won) in row.ties_carry.items()
        },
        "warnings": list(row.warnings),
    }


def board_finding(board: Scoreboard, *, by_model: bool = True) -> Finding:
    """Every row, and what it should be doubted for.

    Args:
        board: the scoreboard.
        by_model: a part for each model, else one table of all.
    """
    several = len(board.n_items) > 1
    parts = {
        model: Finding(
            title=f"{model}: {counted(n, 'held-out item')}",
            warnings=[
                *random_weights_warnings(model),
                *filter(None, [too_few(n)]),
                *board.not_measured.get(model, {}).values(),
                *board.split_warnings.get(model, ()),
            ],
            tables=[board_table(board, model)],
        )
        for model, n in board.n_items.items()
    }
    return Finding(
        figures=board_json(board),
        tables=[] if by_model else [board_table(board)],
        parts=parts if by_model else {},
        protocol=" ".join([*_notes(board), PROTOCOL]),
        gates={
            f"{model}: " if several else "": {
                row.options.name: row_json(row) for row in board.rows if row.model == model
            }
            for model in board.n_items
        },
        result=board,
    )


def find_board(request: Request, progress: Progress) -> Finding:
    """Every strategy on every model of the source."""
    names = [one for one in request["strategies"].split(",") if one.strip()]
    if not names:
        raise GapvizError("--strategies names none", hint=f"choose of {', '.join(STRATEGIES)}")
    options = [StrategyOptions(strategy_spec(name).name) for name in names]
    first = request.collections[0]
    first.refuse_without_vectors()
    joint = {one.encoder: one for one in request.collections if len(one.modality_names) > 1}
    if not joint:
        raise GapvizError(
            "has one modality, and a mixed index needs two",
            where=first.name,
            hint="give vectors of a second modality",
        )
    return board_finding(ScoreboardRequest(joint, options, request.seed).compute(progress))


def carried_by_ties(row: ScoreRow) -> bool:
    """Whether the order of equal scores moves a figure by more than a trifle."""
    return any(won - lost > TIES_CARRY for lost, won in row.ties_carry.values())


def _marks(row: ScoreRow, board: Scoreboard) -> Iterator[str]:
    if row.pareto:
        yield "*"
    if row.on_front >= SELDOM:
        yield f"(front in {row.on_front:.0%})"
    if carried_by_ties(row):
        yield "(ties carry part of it)"
    if row.transductive:
        yield "(reads all queries first)"
    if row.by_item:
        yield "(ranks items)"
    for number, warning in enumerate(board.own_warnings, start=1):
        if warning in row.own_warnings:
            yield f"(warning {number})"


def most_by_chance(board: Scoreboard) -> dict[str, float]:
    """The largest V-measure by chance of any row; without those that no row has."""
    found: dict[str, float] = {}
    for row in board.rows:
        for name, value in row.chance_v_measure.items():
            if not np.isnan(value):
                found[name] = max(value, found.get(name, 0.0))
    return found


def _notes(board: Scoreboard) -> Iterator[str]:
    chance = [row.chance_ndcg for row in board.rows if not row.by_item]
    if not np.isnan(chance).all():
        yield f"NDCG@10 where all entries score alike: {figure(float(np.nanmax(chance)))}."
    for name, value in most_by_chance(board).items():
        yield f"V-measure to {name} by chance: up to {figure(value)}."
    if "labels" not in most_by_chance(board):
        yield NO_LABELS
    for one in board.left_out:
        yield f"{one.options.name}: {one.reason}"
    for number, warning in enumerate(board.own_warnings, start=1):
        yield f"Warning {number}: {warning}"


ANALYSIS = Analysis(
    "scoreboard",
    "measure every strategy against every other",
    "Measure strategies on the items of the evaluate split, for every model that the source holds "
    "vectors of: bias beside quality beside cost.",
    find_board,
    parameters=(
        Parameter(
            "strategies",
            "Strategies",
            "text",
            ",".join(usual_strategies()),
            f"which, separated by commas, of {', '.join(STRATEGIES)} (default: all, but for a "
            "composition)",
        ),
    ),
    shared=("seed",),
    goes_on=True,
)
