"""`gapviz.compare`: the gap of some arrays, raw cosine beside strategies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.measure import (
    content_reading,
    marked,
    plain_change,
    plain_reading,
    worse_directions,
)
from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.factories import ARGUMENTS
from gapviz.core.in_memory.values import kind_of
from gapviz.core.nearest import nearest
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import share_of
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.table import Cell, Column, Table
from gapviz.core.wording import counted
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Fit, Measurement
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.notebook.answer import Answer
from gapviz.notebook.chosen import chosen_pair, chosen_seed, chosen_strategies
from gapviz.notebook.frames import Record, figure_rows, flat_record
from gapviz.notebook.given import Source, given_source
from gapviz.notebook.in_python import in_python
from gapviz.notebook.progress import progress_bar
from gapviz.strategies import StrategyOptions

if TYPE_CHECKING:
    from gapviz.notebook.chosen import ChosenStrategy

RAW = StrategyOptions()

USUAL = ("raw", "centre", "znorm")
"""One that moves vectors, and one that adjusts scores; `scoreboard` has all."""

NEUTRAL = DIAGNOSTICS["bias"].better
"""Where the bias rate of a search that favours no modality lies."""

OWN_ARGUMENTS = ("strategies", "fit", "pair", "seed")

SHOWN = ("gap", "bias_at_10", "mixed_ndcg_at_10", "recall")
"""Figures of the JSON that stand in the frame."""


@in_python
def compare(
    source: Source | None = None,
    /,
    *,
    strategies: Iterable[ChosenStrategy] | str = USUAL,
    fit: Fit = "split",
    pair: Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
    **modalities: Any,
) -> Answer:
    """The gap between modalities, with raw cosine beside some strategies.

    Row i of each array is item i. Half of the items fit the strategies, the other half is measured.

    Args:
        source: a collection, arrays by modality, or the name of a source; or none, and arrays by
            name: `compare(image=X, text=Y)`.
        strategies: to hold against raw cosine, by name.
        fit: `all` fits and measures on all items, in-sample, as published tables do.
        pair: the two modalities whose gap is measured; `image` and `text`, or the first two.
        seed: of samples and intervals.
        modalities: `(n_items, dim)` each, as `Collection.from_arrays` takes them.

    Returns:
        Answer: its frame has a row a strategy; with `long=True` a row for every figure of each.

    Raises:
        GapvizError: no arrays, arrays that do not fit, or no such strategy.
    """
    options = chosen_strategies(strategies)
    request = Request(
        _given(source, modalities).collection,
        fit=_checked(fit),
        asked_pair=chosen_pair(pair),
        seed=chosen_seed(seed),
    )
    finding = compared(request, options)
    return Answer(finding, _rows, _long_rows)


def compared(request: Request, strategies: Sequence[StrategyOptions]) -> Finding:
    """What each strategy changes of the raw vectors of a collection.

    Raises:
        GapvizError: fewer than two modalities, or a split that is missing.
    """
    whole = Experiment(request.collection, RAW, request.fit, request.asked_pair, request.seed)
    others = [one for one in dict.fromkeys(strategies) if one != RAW]
    lacking: dict[str, str] = {}
    found: dict[str, Measurement] = {}
    with progress_bar() as progress:
        for place, options in enumerate([RAW, *others]):
            tell = share_of(progress, place, 1 + len(others))
            tell(0.0, f"measuring {options.spec.title}")
            why = None if options == RAW else whole.undefined(options)
            if why is None:
                one = whole.having(options).measurement
                found[_name(options, found)] = one
                tell(1.0, one.strategy.label)
            else:
                lacking[options.name] = why
    raw = found["raw"]
    collection = raw.collection
    readings = [plain_reading(raw), *filter(None, [content_reading(raw)])]
    readings += [_change(raw, one) for name, one in found.items() if name != "raw"]
    readings += [f"{name} is left out. {why}" for name, why in lacking.items()]
    held = "held-out item" if request.fit == "split" else "item"
    return Finding(
        figures={
            "collection": collection.name,
            "n_items": collection.n_items,
            "dim": collection.dim,
            "pair": list(raw.pair),
            "fit": request.fit,
            "seed": request.seed,
            "strategies": {name: plain_json(one.to_json()) for name, one in found.items()},
            "left_out": lacking,
        },
        title=f"{collection.name}: {counted(collection.n_items, held)} measured, "
        f"{collection.dim} dimensions, {_fitted(request)}",
        warnings=list(dict.fromkeys([*request.warnings, *raw.warnings])),
        readings=readings,
        tables=[_table(found)],
        protocol=f"Intervals: {INTERVAL_RULES[raw.intervals]}.",
        result=found,
    )


def _given(source: Source | None, modalities: Mapping[str, Any]) -> Any:
    for name, rows in modalities.items():
        if name in ARGUMENTS:
            raise GapvizError(
                f"{name} is no modality, and compare takes vectors alone",
                hint="make a collection first, which it takes as well: "
                f"gapviz.Collection.from_arrays(image=X, text=Y, {name}=…)",
            )
        meant = nearest(name, OWN_ARGUMENTS, most=1)
        if meant and (isinstance(rows, str) or not hasattr(rows, "__iter__")):
            raise GapvizError(
                f"{name} is {kind_of(rows)} instead of vectors", hint=f"write {meant[0]}=…"
            )
    if source is None:
        return given_source(modalities)
    if modalities:
        raise GapvizError(
            f"there is a source, and {', '.join(modalities)} beside it",
            hint="give one of both: compare(c), or compare(image=X, text=Y)",
        )
    return given_source(source)


def _checked(fit: Any) -> Fit:
    if fit not in ("split", "all"):
        raise GapvizError(f"fit={fit!r:.60} is not there", hint="choose 'split' or 'all'")
    chosen: Fit = fit
    return chosen


def _fitted(request: Request) -> str:
    if request.fit == "all":
        return "fitted on the same items (in-sample)"
    n = len(request.collection.splits.get("calibrate", ()))
    return f"strategies fitted on {counted(n, 'other item')}"


def _name(options: StrategyOptions, taken: Mapping[str, Any]) -> str:
    """The name of a strategy, with its values where its name is taken."""
    if options.name not in taken:
        return options.name
    return f"{options.name} {dict(options.values)}"


def _change(raw: Measurement, one: Measurement) -> str:
    """What a strategy did, in plain words; the figures stand in the table."""
    words = f"{one.strategy.label}: {plain_change(raw, one)}"
    worse = worse_directions(raw, one)
    return (
        f"{words} Recall {' and '.join(worse)} got worse by more than chance." if worse else words
    )


def _table(found: Mapping[str, Measurement]) -> Table:
    raw = next(iter(found.values()))
    names, ways = list(raw.mixed), list(raw.recall)
    columns = [
        Column("strategy", "strategy", text=True),
        Column("gap", "gap", "–".join(raw.pair), better="lower"),
        *(Column(f"bias_{name}", "bias rate", f"{name} queries", better=NEUTRAL) for name in names),
        *(Column(f"ndcg_{name}", "NDCG@10", f"{name} queries", better="higher") for name in names),
        *(Column(f"recall_{a}_{b}", f"R@{DEPTH}", f"{a} → {b}", better="higher") for a, b in ways),
    ]
    rows: list[list[Cell]] = [
        [
            one.strategy.label,
            one.geometry.gap.estimate,
            *(one.bias[name] for name in names),
            *(marked(one, "ndcg", name) for name in names),
            *(marked(one, f"recall@{DEPTH}", a, b) for a, b in ways),
        ]
        for one in found.values()
    ]
    return Table("", columns, rows)


def _rows(figures: dict[str, Any]) -> list[Record]:
    return [
        {"strategy": name, **flat_record({key: one[key] for key in SHOWN if key in one})}
        for name, one in figures["strategies"].items()
    ]


def _long_rows(figures: dict[str, Any]) -> list[Record]:
    return [
        row
        for name, one in figures["strategies"].items()
        for row in figure_rows(one, {"strategy": name})
    ]
