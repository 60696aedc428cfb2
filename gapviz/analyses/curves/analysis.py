"""Curves: what one choice costs along its whole range; tables and protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gapviz.analyses.analysis import (
    QUERY_MODALITY,
    Analysis,
    Find,
    Finding,
    Request,
    find_parts,
    parts_parameter,
)
from gapviz.analyses.curves import Band, CalibrationCurve, FusionCurve, MixCurve, StrengthCurve
from gapviz.analyses.curves.cached import (
    cached_calibration_curve,
    cached_fusion_curves,
    cached_mix_curve,
    cached_strength_curve,
    strategy_in_one_index,
    strategy_that_learns,
    strategy_with_strength,
)
from gapviz.analyses.curves.rank_fusion import FusionLine, Lists
from gapviz.analyses.curves.readings import (
    calibration_reading,
    drawn_instead,
    fusion_reading,
    mix_reading,
    strength_reading,
)
from gapviz.core.estimate import Estimate
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.table import Cell, Column, Table
from gapviz.core.vectors import Float64
from gapviz.core.wording import counted, figure
from gapviz.strategies import STRATEGIES, StrategyOptions

BOOTSTRAP = "95 % bootstrap intervals over items"


def strength_table(curve: StrengthCurve) -> Table:
    """Gap, loss, recall, bias and quality at every strength."""
    x, y = curve.pair
    columns = [
        *_numbers("signed_gap", "signed gap", "", curve.signed_gap),
        *_numbers("gap", "gap", "", curve.gap),
        *_numbers("x_to_y", "InfoNCE", f"{x} → {y}", [one.x_to_y for one in curve.info_nce]),
        *_numbers("y_to_x", "InfoNCE", f"{y} → {x}", [one.y_to_x for one in curve.info_nce]),
        *_directions(curve.recall_at_1),
        *_modalities(curve),
    ]
    return _points(Column("strength", "λ"), [f"{one:g}" for one in curve.strengths], columns)


def mix_tables(curve: MixCurve) -> list[Table]:
    """NDCG@10 and R@1 of every way, by the share of the second modality."""
    shares = [f"{share:.0%}" for share in curve.shares]
    return [
        _points(
            Column("share", curve.second),
            shares,
            [_band(line.title, line.title, "", getattr(line, name)) for line in curve.lines],
            title=f"{title}, higher is better",
            intervals=f"lowest and highest of {curve.n_repeats} nested orders",
        )
        for title, name in (("NDCG@10", "ndcg"), ("R@1", "recall_at_1"))
    ]


def calibration_table(curve: CalibrationCurve) -> Table:
    """The direction of the gap, recall and bias, by the number of items fitted on."""
    columns = [
        _band("cosine", "cosine with the whole gap", "", curve.cosine),
        *_directions(curve.recall_at_1),
        *(_band(f"bias-{name}", "bias@10", name, band) for name, band in curve.bias.items()),
    ]
    return _points(
        Column("items", "items"),
        [f"{size:,}" for size in curve.sizes],
        columns,
        intervals=f"lowest and highest of {curve.n_repeats} random orders",
    )


def fusion_tables(curves: Mapping[Lists, FusionCurve], weighted: str) -> list[Table]:
    """Bias and quality over k, and over the weight of one list; for both kinds of lists."""
    return [
        _points(
            Column(name, name),
            [f"{value:g}" for value in values],
            _modalities(line),
            title=f"{lists} lists, {fixed}",
            intervals=BOOTSTRAP,
        )
        for lists, curve in curves.items()
        for name, values, line, fixed in (
            ("k", curve.ks, curve.by_k, "equal weights"),
            ("weight", curve.weights, curve.by_weight, f"k = 60, weight of the {weighted} list"),
        )
    ]


def _strength(request: Request, progress: Progress) -> Finding:
    chosen, drawn = _strategy(request, "strength", strategy_with_strength)
    work = cached_strength_curve(request.collection, chosen, request.pair, seed=request.seed)
    curve = work.compute(progress)
    chance = ", ".join(f"{name} {figure(one)}" for name, one in curve.expected_bias.items())
    loss = curve.info_nce[0]
    return Finding(
        figures=drawn | curve.to_json(),
        title=f"Strength λ: {STRATEGIES[chosen.name].title}",
        readings=_noted(drawn, strength_reading(curve)),
        tables=[strength_table(curve)],
        protocol="The offset is fitted on the calibrate split; every figure is of the evaluate "
        f"split. gap {'–'.join(curve.pair)}: 0 … 2, lower is closer; raw {figure(curve.raw_gap)}. "
        "Signed, 0 is closed: (μx − μy) · u after moving and renormalising, u being the raw gap's "
        "direction; renormalising bends it, so it is not (1 − λ) times the gap. InfoNCE: mean "
        "cross-entropy of finding the match among one batch of pairs, each direction apart; nats, "
        f"temperature {loss.temperature:g}, {counted(loss.batch, 'pair')}, lower is better. Bias "
        "and NDCG: the mixed index, the query's own entry left out. bias@10: neutral at chance "
        f"({chance}). Rank = 1 + entries that score strictly higher.",
        result=curve,
    )


def _mix(request: Request, progress: Progress) -> Finding:
    chosen, drawn = _strategy(request, "mix", strategy_in_one_index)
    curve = cached_mix_curve(
        request.collection,
        chosen,
        request.pair,
        asks=request["query_modality"] or request.pair[-1],
        routing=request.strategy_named("route"),
        seed=request.seed,
    ).compute(progress)
    asking = (
        f"{curve.n_asking.max():,} second captions ask, which are never indexed"
        if curve.second_captions
        else f"{curve.n_asking.min():,} to {curve.n_asking.max():,} queries ask, those that are "
        "not themselves the entry of their item"
    )
    return Finding(
        figures=drawn | curve.to_json(),
        title=f"Corpus mix, {curve.asks} queries: {STRATEGIES[chosen.name].title}",
        readings=_noted(drawn, mix_reading(curve)),
        tables=mix_tables(curve),
        protocol=f"{counted(curve.n_items, 'item')}, each in the corpus once, as {curve.first} or "
        f"as {curve.second}; {asking}. Strategies are fitted on the calibrate split; corpus and "
        "queries are of the evaluate split. The samples are nested: within one order an item that "
        "has turned stays so. Relevant is the one entry of the query's item. The oracle knows in "
        "which list it stands and searches that one with raw cosine. Rank = 1 + entries that score "
        "strictly higher; ties between fused lists as set for routing.",
        result=curve,
    )


def _calibration(request: Request, progress: Progress) -> Finding:
    collection = request.collection
    chosen, drawn = _strategy(
        request, "calibration", lambda name: strategy_that_learns(name, collection)
    )
    work = cached_calibration_curve(collection, chosen, request.pair, seed=request.seed)
    curve = work.compute(progress)
    raw = ", ".join(f"{a} → {b} {figure(one)}" for (a, b), one in curve.raw_recall_at_1.items())
    return Finding(
        figures=drawn | curve.to_json(),
        title=f"Calibration items: {STRATEGIES[chosen.name].title}",
        readings=_noted(drawn, calibration_reading(curve)),
        tables=[calibration_table(curve)],
        protocol=f"R@1 without a strategy: {raw}. Nested random samples of the calibrate split, "
        "each size adding items to the one before; the strategy is fitted on each and measured on "
        "the whole evaluate split. cosine: of the direction of the gap between the sample's means "
        "with that of the whole calibrate split, which is 1. R@1 searches the other modality "
        "alone; rank = 1 + entries that score strictly higher. bias@10: neutral at the modality's "
        "share of the index.",
        result=curve,
    )


def _fusion(request: Request, progress: Progress) -> Finding:
    weighted = request["weighted"] or request.collection.modality_names[0]
    ties = request.strategy_named("route").value("ties")
    work = cached_fusion_curves(request.collection, weighted, ties=ties, seed=request.seed)
    curves = work.compute(progress)
    return Finding(
        figures={"weighted": weighted, "ties": ties, **curves.to_json()},
        title="Rank fusion",
        readings=[fusion_reading(curves.by_lists)],
        tables=fusion_tables(curves.by_lists, weighted),
        protocol="Raw cosine ranks each modality's list; Σ weight / (k + rank) with ranks from 1 "
        "fuses them. k varies at equal weights, the weight at k = 60. Over overlapping lists an "
        "item is found whole, which is another protocol: do not compare its NDCG with that of "
        "disjoint lists. bias@10: neutral at the modality's share of the index. Evaluate split, "
        f"the query's own entry left out; equal scores over disjoint lists: {ties}.",
        result=curves,
    )


def _strategy(
    request: Request, curve: str, drawn_for: Callable[[str], str]
) -> tuple[StrategyOptions, dict[str, Any]]:
    """The strategy that a curve shows, at its usual parameters where another was chosen."""
    chosen = request.strategy
    name = drawn_for(chosen.name)
    told = {"strategy": name, "note": drawn_instead(curve, chosen.name, name)}
    return (chosen if name == chosen.name else StrategyOptions(name)), told


def _noted(drawn: Mapping[str, Any], reading: str) -> list[str]:
    return [*filter(None, [drawn["note"]]), reading]


_Line = tuple[Column, Sequence[Cell]]
"""A column with its cells."""


def _points(
    first: Column,
    points: Sequence[str],
    lines: Sequence[_Line],
    title: str = "",
    intervals: str = BOOTSTRAP,
) -> Table:
    rows = [[point, *cells] for point, *cells in zip(points, *(c for _, c in lines), strict=True)]
    return Table(title, [first, *(column for column, _ in lines)], rows, intervals=intervals)


def _numbers(key: str, title: str, detail: str, values: Sequence[float] | Float64) -> list[_Line]:
    return [(Column(key, title, detail), [float(value) for value in values])]


def _band(key: str, title: str, detail: str, band: Band, better: str = "") -> _Line:
    ends = zip(band.value.tolist(), band.low.tolist(), band.high.tolist(), strict=True)
    return Column(key, title, detail, better=better), [Estimate(*each) for each in ends]


def _directions(bands: Mapping[tuple[str, str], Band]) -> list[_Line]:
    return [
        _band(f"recall-{a}-{b}", "R@1", f"{a} → {b}", band, "higher")
        for (a, b), band in bands.items()
    ]


def _modalities(curve: StrengthCurve | FusionLine) -> list[_Line]:
    """Bias and NDCG of each query modality."""
    return [
        *(_band(f"bias-{name}", "bias@10", name, band) for name, band in curve.bias.items()),
        *(
            _band(f"ndcg-{name}", "NDCG@10", name, band, "higher")
            for name, band in curve.ndcg.items()
        ),
    ]


PARTS: dict[str, Find] = {
    "strength": _strength,
    "mix": _mix,
    "calibration": _calibration,
    "fusion": _fusion,
}

ANALYSIS = Analysis(
    "curves",
    "draw what one choice costs along its whole range",
    "Vary the strength λ of an offset, the mix of the corpus, the number of calibration items, or "
    "k and a weight of rank fusion, and measure every point on the items of the evaluate split.",
    find_parts(PARTS),
    parameters=(
        parts_parameter(PARTS),
        replace(
            QUERY_MODALITY,
            help="the modality of all queries, for the mix (default: the second of the pair)",
        ),
        Parameter(
            "weighted",
            "Weighted list",
            "modality",
            None,
            "the list whose weight varies, for fusion (default: the first modality)",
        ),
    ),
    strategy="centre",
)
