"""Why a gap: its three causes, one small experiment each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapviz.analyses.analysis import Analysis, Finding, Request, parts_parameter
from gapviz.analyses.listed import LISTED
from gapviz.analyses.training.features import collection_features
from gapviz.analyses.training.order import ShiftStudy, shift_study
from gapviz.analyses.training.random_start import RandomStart, cached_random_start
from gapviz.analyses.training.run import TrainingOptions
from gapviz.analyses.training.temperature import (
    STUDY_STEPS,
    TemperatureStudy,
    cached_temperatures,
    shipped_gaps,
)
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress, share_of
from gapviz.core.splits import EVALUATE
from gapviz.core.table import Column, Table
from gapviz.core.wording import figure

FORCES = ("start", "order", "temperature")


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
    study: TemperatureStudy, shipped: Mapping[str, tuple[float, float]]
) -> Finding:
    """The gap that training leaves at each temperature.

    Args:
        study: the runs.
        shipped: temperature and gap of encoders to lay beside them, by title.
    """
    rows: list[list[Any]] = [["untrained", study.gap_before, None, None, ""]]
    columns = (study.temperatures, study.gap, study.recall, study.bias)
    rows += [[f"{tau:g}", *map(float, figures), ""] for tau, *figures in zip(*columns, strict=True)]
    rows += [
        [f"{tau:g}", gap, None, None, f"shipped: {title}"] for title, (tau, gap) in shipped.items()
    ]
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
                    Column("bias", "bias rate", better="nearer ½"),
                    Column("note", "", text=True),
                ],
                rows,
                "Gap: 0 … 2, lower is closer. R@10: mean of both directions; bias rate: mean of "
                "both query modalities.",
            )
        ],
        result=study,
    )


def find_why(request: Request, progress: Progress) -> Finding:
    """The chosen experiments; what takes long is cached on disk."""
    collection, names, steps = request.collection, request["of"], request["steps"]
    options = TrainingOptions(seed=request.seed, steps=steps, record_every=steps)
    figures: dict[str, Any] = {}
    parts: dict[str, Finding] = {}
    # What can be refused comes before what takes long.
    features = collection_features(collection, request.pair) if "temperature" in names else None
    if "order" in names:
        held_out = collection.split(EVALUATE)
        study = shift_study(held_out, request.pair, request["shift"], seed=request.seed)
        parts["order"] = order_finding(study)
    if "start" in names:
        start = cached_random_start(seed=request.seed).compute(share_of(progress, 0, 2))
        parts["start"] = start_finding(start)
    if features is not None:
        shipped = shipped_gaps(collection.encoder)
        figures["shipped"] = {
            title: {"temperature": tau, "gap": gap} for title, (tau, gap) in shipped.items()
        }
        runs = cached_temperatures(features, options).compute(share_of(progress, 1, 2))
        parts["temperature"] = temperature_finding(runs, shipped)
    return Finding(
        figures | {"not_measured": request.not_measured},
        warnings=[*request.not_measured.values()],
        parts={name: parts[name] for name in FORCES if name in parts},
    )


ANALYSIS = Analysis(
    "why",
    LISTED["why"].help,
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
            "steps of training: at each temperature, as on the page",
            low=1,
        ),
    ),
    shared=("pair", "seed"),
)
