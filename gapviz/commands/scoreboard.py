"""`gapviz scoreboard`: every strategy against every other, on held-out items."""

from __future__ import annotations

import argparse
from typing import Any

from gapviz.analyses.scoreboard.plain import row_json
from gapviz.analyses.scoreboard.scoreboard import Scoreboard, scoreboard
from gapviz.commands.gate import Condition, Gated, add_gate, conditions
from gapviz.commands.output import json_text
from gapviz.commands.source import (
    Commands,
    add_seed,
    add_source,
    chosen_seed,
    progress_bar,
    read_and_tell,
)
from gapviz.core.errors import GapvizError
from gapviz.core.wording import counted, too_few
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "scoreboard",
        help="measure every strategy against every other",
        description="Measure strategies on the items of the evaluate split, for every model that "
        "the source holds vectors of: bias beside quality beside cost.",
    )
    add_source(command)
    command.add_argument(
        "--strategies",
        default=",".join(STRATEGIES),
        metavar="NAME[,NAME]",
        help=f"of {', '.join(STRATEGIES)} (default: all)",
    )
    add_seed(command)
    add_gate(command)
    command.set_defaults(run=run, goes_on=True)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and what a condition holds for: STRATEGY.FIGURE… of any model.

    Raises:
        GapvizError: bad input.
    """
    seed = chosen_seed(options)
    gates = conditions(options)
    names = [strategy_spec(name).name for name in options.strategies.split(",") if name.strip()]
    if not names:
        raise GapvizError("--strategies names none", hint=f"choose of {', '.join(STRATEGIES)}")
    reading = read_and_tell(options)
    chosen = reading.collections
    if options.encoder is not None:
        chosen = (reading.encoded_by(options.encoder),)
    chosen[0].refuse_without_vectors()
    joint = {one.encoder: one for one in chosen if len(one.modality_names) > 1}
    if not joint:
        raise GapvizError(
            "has one modality, and a mixed index needs two",
            where=chosen[0].name,
            hint="give vectors of a second modality",
        )
    with progress_bar() as progress:
        board = scoreboard(
            joint, [StrategyOptions(name) for name in names], seed=seed, progress=progress
        )
    broken = tuple(sentence for gate in gates for sentence in _broken(gate, board))
    text = json_text(_figures(board)) if options.json else _table(board)
    return Gated(text, broken)


def _broken(gate: Condition, board: Scoreboard) -> list[str]:
    found: list[str] = []
    for model in board.n_items:
        rows = {row.options.name: row_json(row) for row in board.rows if row.model == model}
        told = gate.broken(rows)
        found += told if len(board.n_items) == 1 else [f"{model}: {one}" for one in told]
    return found


def _figures(board: Scoreboard) -> dict[str, Any]:
    return {
        "seed": board.seed,
        "n_items": dict(board.n_items),
        "split_warnings": {
            model: list(board.split_warnings.get(model, ())) for model in board.n_items
        },
        "rows": [row_json(row) for row in board.rows],
        "left_out": [
            {"model": one.model, "strategy": one.options.name, "reason": one.reason}
            for one in board.left_out
        ],
    }


def _table(board: Scoreboard) -> str:
    lines = []
    doubts = board.own_warnings
    for model, n in board.n_items.items():
        lines += [
            f"{model}: {counted(n, 'held-out item')}",
            *filter(None, [too_few(n)]),
            *(f"warning   {doubt}" for doubt in board.split_warnings.get(model, ())),
            f"{'strategy':14}{'imbalance@10':>24}{'NDCG@10 mixed':>24}{'bytes/item':>12}",
        ]
        for row in board.rows:
            if row.model == model:
                marks = " *" * row.pareto + " (reads all queries first)" * row.transductive
                marks += "".join(
                    f" (warning {number})"
                    for number, warning in enumerate(doubts, start=1)
                    if warning in row.own_warnings
                )
                lines.append(
                    f"{row.options.name:14}{row.imbalance!s:>24}{row.mean_ndcg!s:>24}"
                    f"{row.bytes_per_item:>12,.0f}{marks}"
                )
    lines += [f"{one.options.name}: {one.reason}" for one in board.left_out]
    lines += [f"warning {number}: {warning}" for number, warning in enumerate(doubts, start=1)]
    lines += [
        "",
        "[low, high]: 95 % intervals. Imbalance: mean |bias lift − 1|, 0 is neutral. NDCG: higher "
        "is better. *: no other is better in both.",
        "items-rrf and items-max rank items, which is another protocol: any vector counts.",
    ]
    return "\n".join(lines)
