"""A scoreboard as JSON text, and back: every figure survives to the last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isnan
from typing import Any

from gapviz.errors import GapvizError
from gapviz.evaluation.bootstrap import Estimate
from gapviz.evaluation.scoreboard import Entry, LeftOut, Scoreboard, ScoreRow, assembled
from gapviz.retrieval.fusion import RankFusion
from gapviz.strategies import StrategyOptions

FORMAT = 1

_BY_MODALITY = ("bias", "lift", "ndcg", "mrr", "mean_average_precision")
_PLAIN = ("model", "title", "bytes_per_item", "query_operations", "transductive", "by_item")


def board_to_json(board: Scoreboard) -> str:
    """The whole scoreboard as JSON; a figure that is not known is null."""
    every: tuple[Entry, ...] = (*board.rows, *board.left_out)
    entries = [entry_as_plain(entry) for entry in every]
    return json.dumps(
        {"format": FORMAT, "seed": board.seed, "n_items": dict(board.n_items), "entries": entries},
        ensure_ascii=False,
        allow_nan=False,
    )


def board_from_json(text: str) -> Scoreboard:
    """What `board_to_json` wrote; its Pareto front is found anew.

    Raises:
        GapvizError: the text is no such scoreboard.
    """
    try:
        stored = json.loads(text)
        if stored["format"] != FORMAT:
            raise ValueError(stored["format"])
        n_items = {str(model): int(n) for model, n in stored["n_items"].items()}
        entries = [entry_from_plain(plain) for plain in stored["entries"]]
        return assembled(entries, n_items, int(stored["seed"]))
    except GapvizError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_ours() from error


def entry_as_plain(entry: Entry) -> dict[str, Any]:
    """One entry as what JSON can hold."""
    options = asdict(entry.options)
    if isinstance(entry, LeftOut):
        return {"model": entry.model, "options": options, "reason": entry.reason}
    return {
        **{name: getattr(entry, name) for name in _PLAIN},
        "options": options,
        **{name: _by_modality(getattr(entry, name)) for name in _BY_MODALITY},
        "recall": [
            [source, target, {str(k): _plain(estimate) for k, estimate in depths.items()}]
            for (source, target), depths in entry.recall.items()
        ],
        "mean_lift": _plain(entry.mean_lift),
        "mean_ndcg": _plain(entry.mean_ndcg),
        "warnings": list(entry.warnings),
    }


def entry_from_plain(plain: Mapping[str, Any]) -> Entry:
    """What `entry_as_plain` made.

    Raises:
        GapvizError: it is no such entry.
    """
    try:
        options = _options(plain["options"])
        if "reason" in plain:
            return LeftOut(plain["model"], options, plain["reason"])
        known: dict[str, Any] = {name: plain[name] for name in _PLAIN}
        for name in _BY_MODALITY:
            known[name] = {modality: _estimate(ends) for modality, ends in plain[name].items()}
        return ScoreRow(
            **known,
            options=options,
            recall={
                (source, target): {int(k): _estimate(ends) for k, ends in depths.items()}
                for source, target, depths in plain["recall"]
            },
            mean_lift=_estimate(plain["mean_lift"]),
            mean_ndcg=_estimate(plain["mean_ndcg"]),
            warnings=tuple(plain["warnings"]),
        )
    except GapvizError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_ours() from error


def _options(plain: Mapping[str, Any]) -> StrategyOptions:
    fusion = dict(plain["fusion"])
    fusion["weights"] = tuple((modality, weight) for modality, weight in fusion["weights"])
    return StrategyOptions(**{**plain, "fusion": RankFusion(**fusion)})


def _by_modality(estimates: Mapping[str, Estimate]) -> dict[str, list[float | None]]:
    return {name: _plain(estimate) for name, estimate in estimates.items()}


def _plain(estimate: Estimate) -> list[float | None]:
    ends = (estimate.value, estimate.low, estimate.high)
    return [None if isnan(end) else end for end in ends]


def _estimate(plain: list[float | None]) -> Estimate:
    value, low, high = (float("nan") if end is None else float(end) for end in plain)
    return Estimate(value, low, high)


def _not_ours() -> GapvizError:
    return GapvizError("is not a scoreboard that gapviz saved", where="scoreboard")
