"""Why a gap: its three causes, one small experiment each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gapviz.analyses.analysis import Analysis, Finding, Request, parts_parameter
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.table import Column, Table
from gapviz.core.wording import figure
from gapviz.training.forces import FORCES, Forces, three_forces
from gapviz.training.order import ShiftStudy
from gapviz.training.random_start import RandomStart
from gapviz.training.temperature import STUDY_STEPS, TemperatureStudy


def start_finding(start: RandomStart) -> Finding:
    """Two encoders at random weights: the cones are there before any training."""
    figures = start.figures
    recall = ", ".join(f"{a} → {b} {figure(value)}" for (a, b), value in figures.recall.items())
    cones = ", ".join(f"{name} {figure(value)}" for name, value in figures.cone.items())
    return Finding(
        figures=start.to_json(),
        title=f"Start: {start.model} at random weights, seed {start.seed}, over {start.n_items} "
        "built-in drawings and their names",
        tables=[
            Table(
                "",
                [
                    Column("figure", "figure", text=True),
                    Column("value", "value", text=True),
                    Column("reading", "", text=True),
                ],
                [
                    ["gap", figure(figures.gap), "0 … 2, lower is closer"],
                    ["cosine", cones, "mean of two of a modality; 1: one point"],
                    ["R@10", recall, f"higher is better; chance {figure(start.chance)}"],
                ],
            )
        ],
        result=start,
    )


def order_finding(study: ShiftStudy) -> Finding:
    """The loss and the ranks when every answer is shifted by one vector."""
    rows: list[list[Any]] = [
        [
            f"{one.source} → {one.target}",
            f"{figure(one.gap_before)} → {figure(one.gap_after)}",
            f"{figure(one.loss_before, 6)} → {figure(one.loss_after, 6)}",
            one.reranked,
            one.loss_renormalised,
            one.reranked_renormalised,
        ]
        for one in study.directions
    ]
    return Finding(
        figures=study.to_json(),
        title=f"Order: answers shifted by {study.amount:g} of the gap; InfoNCE of one direction at "
        f"τ = {study.temperature:g}, {study.directions[0].n_queries:,} held-out pairs",
        tables=[
            Table(
                "",
                [
                    Column("direction", "direction", text=True),
                    Column("gap", "gap"),
                    Column("loss", "loss", unit="nats a query"),
                    Column("reranked", "ranks changed"),
                    Column("loss_renormalised", "at length 1: loss"),
                    Column("reranked_renormalised", "ranks changed"),
                ],
                rows,
            )
        ],
        result=study,
    )


def temperature_finding(
    study: TemperatureStudy, shipped: Sequence[tuple[str, float, float]] = ()
) -> Finding:
    """The gap that training leaves at each temperature.

    Args:
        study: the runs.
        shipped: title, temperature and gap of encoders to lay beside them.
    """
    rows: list[list[Any]] = [["untrained", study.gap_before, None, None, ""]]
    columns = (study.temperatures, study.gap, study.recall, study.bias)
    rows += [
        [f"{tau:g}", float(gap), float(recall), float(bias), ""]
        for tau, gap, recall, bias in zip(*columns, strict=True)
    ]
    rows += [[f"{tau:g}", gap, None, None, f"shipped: {title}"] for title, tau, gap in shipped]
    return Finding(
        figures=study.to_json(),
        title=f"Temperature: InfoNCE, {study.options.steps} steps each, seed {study.options.seed}, "
        "measured on held-out pairs",
        tables=[
            Table(
                "",
                [
                    Column("temperature", "τ", text=True),
                    Column("gap", "gap"),
                    Column("recall", "R@10", better="higher"),
                    Column("bias", "bias@10", better="nearer ½"),
                    Column("note", "", text=True),
                ],
                rows,
                "Gap: 0 … 2, lower is closer. R@10: mean of both directions; bias@10: mean of both "
                "query modalities.",
            )
        ],
        result=study,
    )


def find_why(request: Request, progress: Progress) -> Finding:
    """The chosen experiments; what takes long is kept on disk."""
    made = three_forces(
        request.collection,
        request.pair,
        only=request["of"],
        shift=request["shift"],
        steps=request["steps"],
        seed=request.seed,
        progress=progress,
    )
    return forces_finding(made)


def forces_finding(made: Forces) -> Finding:
    """A part for each experiment that was made."""
    shipped = [(title, tau, gap) for title, (tau, gap) in (made.shipped or {}).items()]
    parts = {}
    if made.start is not None:
        parts["start"] = start_finding(made.start)
    if made.order is not None:
        parts["order"] = order_finding(made.order)
    if made.temperature is not None:
        parts["temperature"] = temperature_finding(made.temperature, shipped)
    beside = {title: {"temperature": tau, "gap": gap} for title, tau, gap in shipped}
    return Finding(
        figures={} if made.shipped is None else {"shipped": beside}, parts=parts, result=made
    )


ANALYSIS = Analysis(
    "why",
    "show the three causes of the gap, one small experiment each",
    "Three experiments: start, two encoders at random weights (over built-in drawings, whatever "
    "the source); order, loss and ranks when every answer is shifted by one vector; temperature, "
    "the gap that training leaves. What takes long is kept on disk.",
    find_why,
    parameters=(
        parts_parameter(FORCES, FORCES),
        Parameter(
            "shift",
            "Shift",
            "number",
            1.0,
            "shift of the answers in gaps: 1 lays the centroids on one another, below 0 moves them "
            "apart",
        ),
        Parameter(
            "steps",
            "Steps",
            "count",
            STUDY_STEPS,
            "steps of training at each temperature, as on the page",
            low=1,
        ),
    ),
    shared=("pair", "seed"),
)
