"""The scoreboard as an analysis: its table, its warnings and its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gapviz.analyses.advice.rules import TASKS
from gapviz.analyses.analysis import PROTOCOL, Analysis, Finding, Request
from gapviz.analyses.judged import (
    UNJUDGED_MARK,
    has_judgments,
    protocol_words,
    too_few_queries,
)
from gapviz.analyses.listed import LISTED
from gapviz.analyses.scoreboard.columns import bias_columns, columns_of
from gapviz.analyses.scoreboard.given_runs import judged_run, with_own_name
from gapviz.analyses.scoreboard.ranking import Ranking
from gapviz.analyses.scoreboard.rows import SELDOM, Scoreboard, ScoreRow
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress, share_of
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure, sentence, too_few
from gapviz.measures.judged_measurement import UNJUDGED_DOUBTS
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.measures.retrieval.judged import Judged
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec, usual_strategies

BRIEF = ("imbalance", "ndcg", "bytes")
"""Columns that are shown where there is little room."""
SHOWN = ("recall10-", "v-", "target_hit-", "unjudged-")
"""How keys of further columns begin that are printed."""
IMBALANCE = "mean over the query modalities of |bias lift − 1|; 0 is neutral"
FRONT = "no other is both lower in imbalance and higher in NDCG"
_READ = (
    f"Imbalance: {IMBALANCE}. *: {FRONT} (the front); beside it, in how many samples like this one "
    "it would be."
)
_VARY = f"{VARIED[0].upper()}{VARIED[1:]}"


def board_protocol(board: Scoreboard) -> str:
    """What asks, what is right, and how the figures are to be read, in sentences."""
    if board.protocol == "paired":
        return (
            f"{sentence(protocol_words('paired'))} {_READ} Strategies that rank items are "
            f"measured under another protocol: any vector of the item counts. {_VARY}, of mAP the "
            "queries alone, of V-measures the items."
        )
    words = "; ".join(dict.fromkeys(one.words for one in board.judging.values()))
    n = max(one.n_queries for one in board.judging.values())
    return (
        f"By judgments: {protocol_words('judged', n)} ({words}). The whole collection is indexed; "
        "grades are gains, and what nobody judged counts as wrong. Strategies are fitted on items "
        f"and queries that calibrate, which no measured query has as an answer. {_READ} {_VARY}."
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
        for column in columns_of(board, modalities)
        if column.key in (*BRIEF, "operations") or column.key.startswith(SHOWN)
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
                row.name,
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
        "protocol": board.protocol,
        "judging": {
            model: {
                "n_queries": one.n_queries,
                "n_judgments": one.n_judgments,
                "graded": one.graded,
                "unit": one.unit,
                "depth": one.depth,
                "notes": list(one.notes),
            }
            for model, one in board.judging.items()
        },
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
        "strategy": row.name,
        "title": row.title,
        "is_run": row.options is None,
        "bias_at_10": row.bias,
        "bias_lift_at_10": row.lift,
        "mixed_ndcg_at_10": row.ndcg,
        "mixed_mrr": row.mrr,
        "recall": row.recall,
        "judged": row.judged,
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


RUNS = Parameter(
    "runs",
    "Runs",
    "files",
    (),
    "a ranking that another system made: as a row beside the strategies; TREC, JSON of ranx or "
    "ir_measures, or a table; may be given again",
    flag="--run",
)


TASK = Parameter(
    "task",
    "Task",
    "choice",
    None,
    "what is searched: rows best first by the figure that decides it, and few columns; as decide "
    "has it (default: every row in the order of the strategies)",
    choices={str(name): title for name, title in TASKS.items()},
)
FIND = Parameter(
    "find",
    "Found",
    "modality",
    None,
    "what is found: with --task one-way or within (default: image, or the first modality)",
)


def board_finding(
    board: Scoreboard, *, by_model: bool = True, ranking: Ranking | None = None
) -> Finding:
    """Every row, and what it should be doubted for.

    Args:
        board: the scoreboard.
        by_model: a part for each model, else one table of all.
        ranking: best first for a task, where there is one.
    """

    def tables(model: str) -> list[Table]:
        if ranking is None:
            return [board_table(board, model)]
        ranked = ranking.of(model)
        return ranked.tables(ranked.shown(()))

    several = len(board.n_items) > 1
    parts = {
        model: Finding(
            title=f"{model}: {_measured_on(board, model)}",
            warnings=[
                *random_weights_warnings(model),
                *filter(None, [_too_few(board, model)]),
                *(board.judging[model].notes if model in board.judging else ()),
                *board.not_measured.get(model, {}).values(),
                *board.split_warnings.get(model, ()),
            ],
            tables=tables(model),
        )
        for model in board.n_items
    }
    return Finding(
        figures=board_json(board),
        warnings=list(filter(None, [board.unjudged_doubt])),
        tables=[] if by_model else [board_table(board)],
        parts=parts if by_model else {},
        protocol=" ".join(
            [*([ranking.sentence] if ranking else []), *_notes(board), board_protocol(board)]
        ),
        gates={
            f"{model}: " if several else "": {
                row.name: row_json(row) for row in board.rows if row.model == model
            }
            for model in board.n_items
        },
        result=board,
    )


def _measured_on(board: Scoreboard, model: str) -> str:
    if model in board.judging:
        return f"{board.judging[model].words} of {counted(board.n_items[model], 'item')}"
    return counted(board.n_items[model], "held-out item")


def _too_few(board: Scoreboard, model: str) -> str | None:
    if model in board.judging:
        return too_few_queries(board.judging[model].n_queries)
    return too_few(board.n_items[model])


def find_board(request: Request, progress: Progress) -> Finding:
    """Every strategy on every model of the source, and the runs that were given."""
    names = [one for one in request["strategies"].split(",") if one.strip()]
    if not names:
        raise GapvizError("--strategies names none", hint=f"choose of {', '.join(STRATEGIES)}")
    options = [StrategyOptions(strategy_spec(name).name) for name in names]
    first = request.collections[0]
    joint = {one.encoder: one for one in request.collections if len(one.modality_names) > 1}
    paths: Sequence[str] = request[RUNS.name]
    if not joint and paths and has_judgments(first):
        # Rankings that others made need no vectors.
        joint, options = {first.encoder: first}, []
    if not joint:
        first.refuse_without_vectors()
        raise GapvizError(
            "has one modality, and a mixed index needs two",
            where=first.name,
            hint="give vectors of a second modality",
        )
    asked = ScoreboardRequest(joint, options, request.seed, request[PROTOCOL.name])
    runs: list[Judged] = []
    for place, path in enumerate(paths):
        taken = {*STRATEGIES, *(one.run.name for one in runs)}
        telling = share_of(progress, place, len(paths))
        searched = next(iter(joint.values()))
        run = judged_run(Path(path), searched, asked.protocol, seed=request.seed, progress=telling)
        runs.append(with_own_name(run, taken))
    board = replace(asked, runs=runs).compute(progress)
    return board_finding(board, ranking=_ranking(request, board))


def _ranking(request: Request, board: Scoreboard) -> Ranking | None:
    """The board read for the task that was asked for, if one was."""
    if request[TASK.name] is None:
        return None
    first, second = request.pair
    found = request[FIND.name] or first
    asking = second if found == first else first
    return Ranking(board, request[TASK.name], (found, asking), {})


def _marks(row: ScoreRow, board: Scoreboard) -> Iterator[str]:
    if row.pareto:
        yield "*"
    if row.on_front >= SELDOM:
        yield f"(front in {row.on_front:.0%})"
    if row.carried_by_ties:
        yield "(ties carry part of it)"
    if row.transductive:
        yield "(reads all queries first)"
    if row.by_item:
        yield "(ranks items)"
    if row.options is None:
        yield "(a run)"
    if row.unjudged > UNJUDGED_DOUBTS:
        yield f"({UNJUDGED_MARK} {row.unjudged:.0%})"
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
    for one in board.left_out:
        yield f"{one.options.name}: {one.reason}"
    for number, warning in enumerate(board.own_warnings, start=1):
        yield f"Warning {number}: {warning}"


ANALYSIS = Analysis(
    "scoreboard",
    LISTED["scoreboard"].help,
    "Measure strategies on the items of the evaluate split, for every model that the source holds "
    "vectors of: bias beside quality beside cost. Where the source has queries with judgments, "
    "those that evaluate ask instead, and runs of other systems can be measured beside.",
    find_board,
    parameters=(
        Parameter(
            "strategies",
            "Strategies",
            "text",
            ",".join(usual_strategies()),
            f"which strategies: of {', '.join(STRATEGIES)} (default: all, but for a composition)",
            metavar="NAME[,NAME]",
            choices={name: spec.title for name, spec in STRATEGIES.items()},
        ),
        TASK,
        FIND,
        PROTOCOL,
        RUNS,
    ),
    shared=("seed", "most-items"),
    goes_on=True,
)
