"""Protocol: every figure with its formula, estimand, tie rule, interval and measured coverage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from gapviz.analyses.analysis import Analysis, Finding, Request, parts_parameter
from gapviz.analyses.figure_families import Family, families
from gapviz.analyses.judged import has_judgments
from gapviz.analyses.listed import LISTED
from gapviz.analyses.within import dedicated_encoders, has_shared_labels
from gapviz.core.collection import Collection
from gapviz.core.labels import only_labels, tell_groups
from gapviz.core.progress import Progress
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, sentence
from gapviz.measures.described import DescribedFigure, Need
from gapviz.measures.pair import pair_of
from gapviz.measures.retrieval.intervals import CONFIDENCE, QUERIES_COVER

COVERAGE = Path(__file__).with_name("coverage.json")
"""Written by `python -m benchmarks.coverage --json`."""

HEADS = {
    "estimand": "Estimates",
    "ties": "Ties",
    "interval": "Interval",
    "left_out": "Left out",
}
"""Fields of `Rules` by title."""

NOT_MEASURED = "not measured"
WITHOUT = "no interval"
YES = "yes"

Ends = Mapping[int, tuple[float, float]]
"""By items of each split: lowest and highest coverage."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often 95 % intervals held the truth in populations where it is known."""

    date: str
    """Of the run, `2026-01-31`."""
    draws: int
    """Of each world and size."""
    worlds: tuple[str, ...]
    """The populations, in words."""
    strategies: tuple[str, ...]
    figures: Mapping[str, Ends]
    """By figure, over the worlds and the strategies."""
    changes: Mapping[str, Ends]
    """The same of a figure's change from raw cosine."""
    judged_worlds: tuple[str, ...] = ()
    """The populations of figures by judgments."""

    @property
    def sizes(self) -> list[int]:
        """Items of each split that were drawn."""
        every = [*self.figures.values(), *self.changes.values()]
        return sorted({n for ends in every for n in ends})

    @property
    def by_chance(self) -> tuple[float, float]:
        """Between what 95 % of shares lie that are measured of intervals of exactly 95 %."""
        from scipy.special import bdtr

        held = np.arange(self.draws + 1)
        ends = np.searchsorted(bdtr(held, self.draws, CONFIDENCE), [0.025, 0.975])
        return float(ends[0] / self.draws), float(ends[1] / self.draws)

    @property
    def sentence(self) -> str:
        """What was drawn, how often, and what so few draws can tell."""
        low, high = self.by_chance
        by_judgments = ""
        if self.judged_worlds:
            made = counted(len(self.judged_worlds), "population")
            by_judgments = f"By judgments: {made} of topics; of 2n queries n are measured. "
        return (
            f"Coverage: the share of {counted(self.draws, 'draw')} whose 95 % interval holds the "
            f"truth, lowest and highest over {counted(len(self.worlds), 'made population')} and "
            f"{len(self.strategies)} strategies, run on {self.date}; n items calibrate, n others "
            f"are measured. {by_judgments}Of so many draws, "
            f"intervals of exactly 95 % would each show {low:.3f} to {high:.3f}."
        )

    def words(self, name: str) -> str:
        """Of one figure, by size: `n = 60: 0.91–0.98`."""
        found = [_by_size(self.figures.get(name, {}))]
        changes = _by_size(self.changes.get(name, {}))
        if changes:
            found.append(f"change from raw cosine, {changes}")
        return "; ".join(filter(None, found)) or NOT_MEASURED


@cache
def measured_coverage(path: Path = COVERAGE) -> Coverage:
    """What the last run of the benchmark found."""
    told = json.loads(path.read_text("utf-8"))
    figures, changes = (
        {
            name: {int(n): (low, high) for n, (low, high) in ends.items()}
            for name, ends in told[kind].items()
        }
        for kind in ("figures", "changes")
    )
    worlds, strategies = tuple(told["worlds"]), tuple(told["strategies"])
    judged = tuple(told.get("judged_worlds", ()))
    return Coverage(told["date"], told["draws"], worlds, strategies, figures, changes, judged)


def protocol_finding(
    shown: Iterable[Family], lacks: Callable[[DescribedFigure], str] | None = None
) -> Finding:
    """Every figure of some families, a part a family.

    Args:
        shown: the families.
        lacks: why a collection has not got a figure, empty where it has; no word of any
            collection where None.
    """
    known, coverage = list(shown), measured_coverage()
    here = [Column("here", "here", text=True)] if lacks else []
    rows = [
        [figure.title, *(_ends(coverage, figure, n) for n in coverage.sizes)]
        + ([lacks(figure) or YES] if lacks else [])
        for family in known
        for figure in family.figures
    ]
    sizes = [Column(f"coverage-{n}", "coverage", f"n = {n:,}", text=True) for n in coverage.sizes]
    parts = {family.name: _family(family, coverage, lacks) for family in known}
    return Finding(
        figures={"coverage": asdict(coverage)},
        readings=[coverage.sentence],
        tables=[Table("", [Column("figure", "figure", text=True), *sizes, *here], rows)],
        parts=parts,
        protocol=f"{sentence(QUERIES_COVER)} Strategies that rank items are measured under another "
        "protocol: any vector of the item counts.",
    )


def find_protocol(request: Request, progress: Progress) -> Finding:
    """Every figure, and whether the collection has it."""
    known = families()
    collection = request.collection
    missing = _missing(request)
    nothing = "no vectors" * (not collection.modality_names) or "no held-out items" * (
        not request.n_items
    )

    def lacks(figure: DescribedFigure) -> str:
        return nothing or next(filter(None, map(missing, figure.needs)), "")

    found = protocol_finding([known[name] for name in request["of"]], lacks)
    of_all = [lacks(one) for name in request["of"] for one in known[name].figures]
    n_lacking = sum(map(bool, of_all))
    reading = f"{collection.name} has all of these figures."
    if n_lacking:
        whys = "; ".join(dict.fromkeys(filter(None, of_all)))
        n_has = len(of_all) - n_lacking
        reading = (
            f"{collection.name} has {n_has} of these {len(of_all)} figures. Why it lacks the "
            f"others: {whys}."
        )
    return Finding(
        figures={
            "collection": collection.name,
            "modalities": list(collection.modality_names),
            "n_items": request.n_items,
            "not_measured": request.not_measured,
            **found.figures,
        },
        title=f"{collection.name}: {counted(request.n_items, 'held-out item')}",
        warnings=[*request.not_measured.values()],
        readings=[reading, *found.readings],
        tables=found.tables,
        parts=found.parts,
        protocol=found.protocol,
    )


_CHECKS: dict[Need, tuple[Callable[[Request], bool], str]] = {
    "two modalities": (lambda asked: len(_measured(asked)) > 1, "one modality"),
    "pairs": (lambda asked: _n_pairs(asked) > 0, "no matched pairs"),
    "labels": (
        lambda asked: has_shared_labels(asked.collection),
        "no label that two held-out items share",
    ),
    "only labels": (
        lambda asked: tell_groups(only_labels(asked.collection.split(EVALUATE).label_sets)),
        "no two held-out items share their only label",
    ),
    "second rows": (
        lambda asked: _has_second_rows(asked.collection.split(EVALUATE)),
        "no held-out item with two rows of a modality",
    ),
    "calibration": (
        lambda asked: len(asked.collection.splits.get(CALIBRATE, ())) > 0,
        "no calibrate split",
    ),
    "second encoder": (
        lambda asked: any(
            dedicated_encoders(asked, name) for name in asked.collection.modality_names
        ),
        "no second encoder",
    ),
    "judgments": (
        lambda asked: has_judgments(asked.collection),
        "no queries with judgments",
    ),
    "vector store": (
        lambda asked: asked.collection.store is not None,
        "not read from a vector store",
    ),
}
"""Whether a collection has what a figure needs, and what is said where it has not."""


def _missing(request: Request) -> Callable[[Need], str]:
    """Why the collection lacks what a figure needs, empty where it does not."""

    @cache
    def missing(need: Need) -> str:
        has, words = _CHECKS[need]
        return "" if has(request) else words

    return missing


def _has_second_rows(collection: Collection) -> bool:
    blocks = collection.modalities.values()
    return any(block.n_rows > block.first_rows.n_rows for block in blocks)


def _measured(request: Request) -> list[str]:
    """The modalities that are measured."""
    lacking = request.not_measured
    return [name for name in request.collection.modality_names if name not in lacking]


def _n_pairs(request: Request) -> int:
    pair = request.asked_pair or pair_of(_measured(request) or request.collection.modality_names)
    if not set(pair) <= set(_measured(request)):
        return 0
    return len(request.collection.split(EVALUATE).pairs(*pair))


def _family(
    family: Family, coverage: Coverage, lacks: Callable[[DescribedFigure], str] | None
) -> Finding:
    """What its figures share, and each of them with what is its own."""
    rules = [asdict(figure.rules) for figure in family.figures]
    shared = {name for name in HEADS if len({one[name] for one in rules}) == 1}
    return Finding(
        title=family.title,
        readings=[f"{HEADS[name]}: {rules[0][name]}" for name in HEADS if name in shared],
        parts={
            figure.name: _figure(figure, coverage, "" if lacks is None else lacks(figure), shared)
            for figure in family.figures
        },
        figures={"title": family.title},
        result=family,
    )


def _figure(figure: DescribedFigure, coverage: Coverage, lack: str, shared: set[str]) -> Finding:
    rules = asdict(figure.rules)
    covered = coverage.words(figure.name) if figure.rules.has_interval else WITHOUT
    return Finding(
        title=figure.title,
        readings=[
            figure.reading + f" Source: {figure.source}." * bool(figure.source),
            *(f"{head}: {rules[name]}" for name, head in HEADS.items() if name not in shared),
            *([f"Coverage: {covered}."] if covered != WITHOUT else []),
            *([f"Not here: {lack}."] if lack else []),
        ],
        protocol=f"Formula, in LaTeX: {figure.formula}",
        figures={
            "title": figure.title,
            "formula": figure.formula,
            "reading": figure.reading,
            "source": figure.source,
            **rules,
            "coverage": covered,
            "not_here": lack or None,
        },
        result=figure,
    )


def _by_size(ends: Ends) -> str:
    return ", ".join(f"n = {n:,}: {low:.3f}–{high:.3f}" for n, (low, high) in ends.items())


def _ends(coverage: Coverage, figure: DescribedFigure, n: int) -> str:
    ends = coverage.figures.get(figure.name, {}).get(n)
    if ends is None:
        return NOT_MEASURED if figure.rules.has_interval else WITHOUT
    return f"{ends[0]:.3f}–{ends[1]:.3f}"


ANALYSIS = Analysis(
    "protocol",
    LISTED["protocol"].help,
    "List every figure with its formula, what it estimates, how ties count, how its interval is "
    "made and how often that holds the truth; and tell which figures a collection has.",
    find_protocol,
    parameters=(parts_parameter(families(), default=tuple(families())),),
    shared=("pair", "also"),
)
