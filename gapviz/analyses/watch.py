"""What a watch says of a drift, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, inf, isfinite, isnan, nan
from typing import Any

from gapviz.analyses.analysis import Finding
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure
from gapviz.measures.measurement import Measurement
from gapviz.measures.sketch.check import KINDS, SERIOUS, Check, Kind
from gapviz.measures.sketch.drift import Drift

_COLUMNS = (
    Column("subject", "compared", text=True),
    Column("before", "before", missing=""),
    Column("today", "today", missing=""),
    Column("change", "change", signed=True, missing=""),
    Column("floor", "alarm from", missing=""),
    Column("adjusted", "p", missing=""),
    Column("alarm", "", text=True),
)

_UNITS: Mapping[Kind, str] = {
    "direction": "changes in units of the gap",
    "spread": "changes of the cosine, and in shares of the rows",
    "mix": "changes in shares of the rows",
    "scores": "changes in standard deviations of the scores",
    "centroid": "changes in units of the gap",
    "encoder": "",
}

_RESTS_ON: Mapping[str, tuple[Kind, ...]] = {
    "nothing": ("encoder",),
    "vectors": ("direction", "centroid", "spread", "encoder"),
    "scores": ("scores", "spread", "mix", "encoder"),
    "lists": ("mix", "encoder"),
    "items": ("mix", "encoder"),
}
"""By what a strategy acts on, which checks touch what it has learned."""

MOST_TOLD = 4
"""Alarms in one sentence."""

PROTOCOL = (
    "p: how often a change as large comes by chance where nothing has moved, after Holm's rule "
    "over all checks. An alarm needs both: p at or below the level, and a change that is worth "
    "one. Near copies among the rows count as one. Scores are those of today's rows with all "
    "calibration rows."
)


def watch_finding(
    drift: Drift,
    title: str,
    acts_on: str,
    measured: Measurement | None = None,
    told: Mapping[str, Any] | None = None,
) -> Finding:
    """What a watch found.

    Args:
        drift: of today's rows.
        title: what was watched, in one line.
        acts_on: what the strategy acts on, as its spec says.
        measured: the fix on today's pairs, where those are known.
        told: what the card says of the fix on its held-out items.
    """
    tables = [
        Table(_head(KINDS[kind], _UNITS[kind]), _COLUMNS, rows)
        for kind in KINDS
        if (rows := [_row(one) for one in drift.of(kind)])
    ]
    parts = {}
    if measured is not None and told is not None:
        parts["measured"] = _measured_part(measured, told)
    return Finding(
        figures=drift.to_json() | {"touches_the_fix": touches(drift, acts_on)},
        title=title,
        so_what=_verdict(drift),
        readings=[*_touched(drift, acts_on), *_readings(drift), *drift.notes],
        tables=tables,
        parts=parts,
        protocol=PROTOCOL,
        result=drift,
    )


def alarm_sentences(drift: Drift) -> tuple[str, ...]:
    """A clause an alarm, the weightiest first, and how many more there are.

    Of another encoder only that is told: everything else follows from it.
    """
    alarms = drift.of("encoder") if drift.verdict == "another encoder" else drift.alarms
    told = [_moved(one) for one in alarms if one.alarm]
    more = [f"{len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return (*told[:MOST_TOLD], *more)


def touches(drift: Drift, acts_on: str) -> bool:
    """Whether an alarm is of a kind that the strategy has learned from."""
    return any(one.kind in _RESTS_ON[acts_on] for one in drift.alarms)


def _touched(drift: Drift, acts_on: str) -> list[str]:
    if drift.verdict != "drifted" or touches(drift, acts_on):
        return []
    kinds = " and ".join(KINDS[kind] for kind in _RESTS_ON[acts_on] if kind != "encoder")
    rests = f"rests on {kinds}, which have not moved" if kinds else "has learned nothing"
    return [f"This strategy {rests}: thresholds and what was measured may be off all the same."]


def _head(title: str, unit: str) -> str:
    """`Place of a modality (changes in units of the gap)`."""
    return f"{title[0].upper()}{title[1:]}" + (f" ({unit})" if unit else "")


def _row(one: Check) -> list[Any]:
    # What is a fact has no floor, and a likeness is itself what is compared.
    floor = nan if one.certain else one.floor
    change = nan if one.certain or one.lower else one.change
    return [
        one.subject, one.before, one.today, change, floor, one.adjusted,
        "ALARM" if one.alarm else "",
    ]  # fmt: skip


def _verdict(drift: Drift) -> str:
    rows = " and ".join(f"{n:,} {name}" for name, n in drift.rows.items())
    if drift.verdict == "another encoder":
        return (
            "Another encoder: these vectors do not look as if the model that the fix was fitted "
            "for had made them. Encode both sides with one model and export again; `gapviz "
            "rehearse OLD NEW` shows what that changes."
        )
    if drift.verdict == "drifted":
        return f"Drifted: {'; '.join(alarm_sentences(drift))}. Fit the strategy again, on today's."
    if drift.verdict == "too few":
        return f"Too few rows to say ({rows}). {_needed(drift)}"
    return (
        f"Fine: in {rows} rows nothing has moved that the fix rests on, by as much as is worth an "
        "alarm."
    )


def _needed(drift: Drift) -> str:
    if isnan(drift.needed_rows):
        return "At least 10 a modality are needed, near copies counting as one."
    if drift.needed_rows == inf:
        least = min(drift.calibration_rows.values())
        return (
            f"However many rows there are today, the {counted(least, 'calibration row')} are too "
            "few: export again with more items."
        )
    return (
        f"About {ceil(drift.needed_rows):,} a modality are needed to see a serious change of every "
        f"kind ({SERIOUS:g} times what is worth an alarm)."
    )


def _readings(drift: Drift) -> list[str]:
    if drift.verdict == "another encoder":
        return []
    readings = []
    for name, counted_as in drift.effective_rows.items():
        if counted_as < 0.8 * drift.rows[name]:
            readings.append(
                f"{drift.rows[name]:,} rows of {name} count as {counted_as:,.0f}: many are as "
                "alike as near copies."
            )
    for pair, share in drift.residual.items():
        readings.append(
            f"Centring by the calibration items would leave {figure(100 * share, 0)} % of the gap "
            f"{pair.replace('-', ' – ')} today."
        )
    seen = [one for one in drift.checks if one.kind in ("centroid", "direction")]
    smallest = max((one.smallest for one in seen if isfinite(one.smallest)), default=None)
    if smallest is not None:
        readings.append(
            f"With so many rows a shift of {figure(100 * smallest, 0)} % of the gap is found 4 "
            f"times in 5; a false alarm comes in at most {figure(100 * drift.level, 0)} of 100 "
            "watches."
        )
    return readings


def _moved(one: Check) -> str:
    if one.certain:
        return one.subject
    if one.lower:
        return f"{one.subject}: {figure(one.today)} of 1"
    change = (
        f"{figure(100 * one.change, 0, signed=True)} % {one.unit}"
        if one.unit.startswith("of")
        else f"{figure(one.change, 2, signed=True)} {one.unit}"
    )
    return f"{one.subject}: {change}"


_FIGURES = (("bias_at_10", "bias rate"), ("mixed_ndcg_at_10", "NDCG@10"))


def _measured_part(measured: Measurement, told: Mapping[str, Any]) -> Finding:
    today = measured.to_json()
    columns = (
        Column("figure", "figure", text=True),
        Column("exported", "when exported"),
        Column("today", "today's pairs"),
    )
    rows: list[list[Any]] = [["gap", _value(told["gap"]), measured.geometry.gap.estimate]]
    for key, title in _FIGURES:
        by_name = {"bias_at_10": measured.bias, "mixed_ndcg_at_10": measured.ndcg}[key]
        for name, estimate in by_name.items():
            rows.append([f"{title}, {name} queries", _value(told[key].get(name)), estimate])
    return Finding(
        figures={"gap": today["gap"], **{key: today[key] for key, _ in _FIGURES}},
        title=f"The fix on {counted(measured.collection.n_items, 'item')} of today, of which both "
        "halves are known",
        tables=[Table("", columns, rows)],
    )


def _value(told: Mapping[str, Any] | None) -> float:
    value = (told or {}).get("value")
    return float("nan") if value is None else float(value)
