"""The curves of the lab as figures: strength, corpus mix, calibration pairs, rank fusion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import isnan
from typing import Any

import numpy as np

from gapviz.analyses.curves.calibration import CalibrationCurve
from gapviz.analyses.curves.corpus_mix import MixCurve
from gapviz.analyses.curves.curve import Band
from gapviz.analyses.curves.judged_strength import JudgedStrengthCurve
from gapviz.analyses.curves.rank_fusion import FusionCurve, Lists
from gapviz.analyses.curves.strength import StrengthCurve
from gapviz.analyses.judged import judged_queries_words
from gapviz.core.vectors import Float64, Indices
from gapviz.core.wording import counted
from gapviz.figures.lines import (
    SHARE_RANGE,
    Axis,
    Line,
    Mark,
    Panel,
    band_line,
    line_figure,
    line_panel,
    reached,
)
from gapviz.figures.modality_style import NEUTRAL, style_of

# Those between them would be written over one another.
WEIGHT_TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)

SHARE_TITLE = "share of queries (higher is better)"
NDCG_AXIS = "NDCG@10 (higher is better)"
BIAS_AXIS = "own modality (nearer chance is better)"

# Of strategies, which are no modality: Okabe & Ito's other colours.
STRATEGY_STYLES: tuple[dict[str, Any], ...] = (
    {"color": NEUTRAL, "dash": "solid", "symbol": "circle"},
    {"color": "#009E73", "dash": "solid", "symbol": "square"},
    {"color": "#CC79A7", "dash": "dash", "symbol": "triangle-up"},
    {"color": "#E69F00", "dash": "dot", "symbol": "x"},
)


def strength_panels(
    curve: StrengthCurve,
    modalities: Sequence[str],
    *,
    strength: float | None,
    judged: JudgedStrengthCurve | None = None,
) -> tuple[Panel, ...]:
    """Small multiples over λ: gap, loss, recall, bias, quality.

    Args:
        curve: the sweep.
        modalities: all of the collection, for their colours.
        strength: λ chosen now, marked in every panel; None marks nothing.
        judged: recall, bias and quality by judgments, drawn instead of those of pairs.
    """
    x, y = curve.pair
    loss = curve.info_nce[0]
    losses = [
        Line(f"{a} → {b}", np.array(values), **style_of(a, modalities).look)
        for a, b, values in (
            (x, y, [one.x_to_y for one in curve.info_nce]),
            (y, x, [one.y_to_x for one in curve.info_nce]),
        )
    ]
    panel = partial(
        line_panel,
        x=curve.strengths,
        x_axis=Axis(
            "strength λ", range=(curve.strengths.min() - 0.03, curve.strengths.max() + 0.03)
        ),
        alt="Line chart over the strength λ from 0 to 2",
        at_x=() if strength is None else (Mark(strength, f"λ = {strength:g}"),),
        height=300,
    )
    return (
        panel(
            f"Signed gap after renormalising, from {curve.raw_gap:.3f} at λ = 0",
            [Line("signed gap", curve.signed_gap, STRATEGY_STYLES[1]["color"], symbol="square")],
            Axis("(μx − μy) · raw direction (0 = closed)"),
            [Mark(0.0, "no gap"), Mark(curve.raw_gap, "measured gap")],
        ),
        panel(
            f"InfoNCE {x} → {y} and {y} → {x}, τ = {loss.temperature:g}, "
            f"{counted(loss.batch, 'pair')}",
            losses,
            Axis("nats (lower is better)"),
        ),
        *(
            _judged_panels(panel, judged, modalities)
            if judged
            else _paired_panels(panel, curve, modalities)
        ),
    )


def _judged_panels(
    panel: Callable[..., Panel], curve: JudgedStrengthCurve, modalities: Sequence[str]
) -> tuple[Panel, ...]:
    asked = f"{judged_queries_words(curve.n_queries)}"
    names = list(dict.fromkeys([*modalities, *curve.ndcg]))
    return (
        panel(
            f"Recall@10 of {asked}",
            _query_lines(curve.recall, names),
            _share_axis("share of the answers (higher is better)", curve.recall.values()),
        ),
        panel(
            f"Bias rate of {asked}",
            _query_lines(curve.bias, names),
            Axis(BIAS_AXIS, range=SHARE_RANGE),
            _chance({n: share for n, share in curve.expected_bias.items() if not isnan(share)}),
        ),
        panel(
            f"NDCG@10 of {asked}",
            _query_lines(curve.ndcg, names),
            _share_axis(NDCG_AXIS, curve.ndcg.values()),
        ),
    )


def _paired_panels(
    panel: Callable[..., Panel], curve: StrengthCurve, modalities: Sequence[str]
) -> tuple[Panel, ...]:
    return (
        panel(
            "Recall@1 over the other modality alone",
            _direction_lines(curve.recall_at_1, modalities),
            _share_axis(SHARE_TITLE, curve.recall_at_1.values()),
        ),
        panel(
            "Bias rate by the query's modality",
            _query_lines(curve.bias, modalities),
            Axis(BIAS_AXIS, range=SHARE_RANGE),
            _chance(curve.expected_bias),
        ),
        panel(
            "NDCG@10 of the match in the mixed index",
            _query_lines(curve.ndcg, modalities),
            _share_axis(NDCG_AXIS, curve.ndcg.values()),
        ),
    )


def mix_panel(curve: MixCurve) -> Panel:
    """Quality from a corpus all of `first` to one all of `second`."""
    title = (
        f"NDCG@10 of {curve.query_modality} queries, from all {curve.first} to all {curve.second}"
    )
    lines = [
        band_line(line.title, line.ndcg, **STRATEGY_STYLES[min(place, 2)])
        for place, line in enumerate(curve.lines[:-1])
    ]
    lines += [band_line(line.title, line.ndcg, **STRATEGY_STYLES[3]) for line in curve.lines[-1:]]
    across = Axis(
        f"share of the corpus that is {curve.second} (the rest is {curve.first})",
        range=SHARE_RANGE,
        percent=True,
    )
    upwards = _share_axis(NDCG_AXIS, [line.ndcg for line in curve.lines])
    return line_panel(
        title, lines, upwards, x=curve.shares, x_axis=across, alt="Line chart", height=440
    )


def calibration_panels(curve: CalibrationCurve, modalities: Sequence[str]) -> tuple[Panel, ...]:
    """What ever more calibration items buy: the gap's direction, recall, bias."""
    sizes = Axis(
        "calibration items (log)",
        log=True,
        range=(curve.sizes.min() * 0.9, curve.sizes.max() * 1.12),
        ticks=_apart(curve.sizes),
    )
    raw = [
        Line(
            f"{a} → {b}, raw",
            np.full(curve.sizes.size, value),
            **style_of(a, modalities).look | {"dash": "dot"},
        )
        for (a, b), value in curve.raw_recall_at_1.items()
    ]

    low = -reached(-curve.cosine.low, unknown=0.0)
    panel = partial(
        line_panel, x=curve.sizes, x_axis=sizes, alt="Line chart over calibration items"
    )
    return (
        panel(
            "Direction of the estimated gap",
            [band_line("cosine with the full gap", curve.cosine, **STRATEGY_STYLES[1])],
            Axis("cosine (1 = the same direction)", range=(low - 0.02, 1.01)),
            [Mark(1.0, "all pairs")],
        ),
        panel(
            "Held-out recall@1",
            _direction_lines(curve.recall_at_1, modalities) + raw,
            _share_axis(SHARE_TITLE, curve.recall_at_1.values(), [line.y for line in raw]),
        ),
        panel(
            "Held-out bias rate by the query's modality",
            _query_lines(curve.bias, modalities),
            Axis(BIAS_AXIS, range=SHARE_RANGE),
        ),
    )


def fusion_panels(
    curves: Mapping[Lists, FusionCurve],
    modalities: Sequence[str],
    *,
    k: float | None,
    weight: float | None,
) -> tuple[Panel, ...]:
    """NDCG and bias over k, then over the weight, each for disjoint and overlapping lists.

    Args:
        curves: by kind of lists.
        modalities: all of the collection, for their colours.
        k: chosen now, marked; None marks nothing.
        weight: chosen now, relative to the other lists; None marks nothing.
    """
    panels = []
    one = next(iter(curves.values()))
    for over, values, ticks, chosen in (
        ("k", one.ks, one.ks, k),
        ("weight", one.weights, one.weights[np.isin(one.weights, WEIGHT_TICKS)], weight),
    ):
        axis = Axis(
            "k (log)" if over == "k" else f"weight of the {one.weighted} list, others 1 (log)",
            log=True,
            range=(values.min() * 0.85, values.max() * 1.18),
            ticks=tuple(ticks.tolist()),
        )
        marks = [] if not chosen else [Mark(chosen, f"{chosen:g}")]
        for lists, curve in curves.items():
            line = curve.by_k if over == "k" else curve.by_weight
            for figure, bands, upwards in (
                ("NDCG@10", line.ndcg, NDCG_AXIS),
                ("Bias rate", line.bias, BIAS_AXIS),
            ):
                title = f"{figure} over {over}, {lists} lists"
                drawn = line_figure(
                    values,
                    _query_lines(bands, modalities),
                    x_axis=axis,
                    y_axis=Axis(upwards, range=SHARE_RANGE),
                    at_x=marks,
                    height=300,
                )
                panels.append(Panel(title, drawn, f"Line chart: {title}, by query modality"))
    return tuple(panels)


def _direction_lines(
    bands: Mapping[tuple[str, str], Band], modalities: Sequence[str]
) -> list[Line]:
    return [
        band_line(f"{a} → {b}", band, **style_of(a, modalities).look)
        for (a, b), band in bands.items()
    ]


def _query_lines(bands: Mapping[str, Band], modalities: Sequence[str]) -> list[Line]:
    return [
        band_line(f"{name} queries", band, **style_of(name, modalities).look)
        for name, band in bands.items()
    ]


def _chance(expected: Mapping[str, float]) -> list[Mark]:
    """One mark where all modalities agree, as they do in an index of equal shares."""
    values = sorted({round(value, 2) for value in expected.values() if not np.isnan(value)})
    return [Mark(value, f"chance {value:.2f}") for value in values]


def _apart(sizes: Indices, factor: float = 1.6) -> tuple[float, ...]:
    """Ticks on a logarithmic axis that are not written over one another: the last, and before
    it those far enough from the next.
    """
    kept = [float(sizes[-1])]
    for size in sizes[-2::-1].tolist():
        if kept[0] / size >= factor:
            kept.insert(0, float(size))
    return tuple(kept)


def _share_axis(title: str, bands: Iterable[Band], lines: Sequence[Float64] = ()) -> Axis:
    """From 0 to what is reached, for shares that would be flat on an axis up to 1."""
    top = reached(*(band.high for band in bands), *lines)
    return Axis(title, range=(-0.02 * top, min(1.02, max(0.05, top * 1.15))))
