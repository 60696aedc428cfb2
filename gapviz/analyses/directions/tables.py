"""What was found of the directions, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan

import numpy as np

from gapviz.analyses.changes import changed
from gapviz.analyses.directions.found import FoundDirections, JudgedAsymmetry
from gapviz.core.estimate import Estimate
from gapviz.core.table import Cell, Column, Table
from gapviz.core.wording import counted
from gapviz.measures.directions import FIGURES, NO_ANSWER, Direction
from gapviz.measures.rank_correlation import is_settled
from gapviz.measures.retrieval.outcome import mean_of_known

ANSWERS = {
    "match": "its own item",
    "label": "an item of its label",
    "row": "another row of its item",
    "nothing": "nothing",
}
"""What answers a query, by what is relevant."""

NOT_ALIKE = (
    "Within a modality something else answers than between two, so that the one is not to be held "
    "against the other."
)
WITHIN_CHANCE = "within chance"
UNDECIDED = "undecided"

UNKNOWN = Estimate(nan, nan, nan)
FIGURE_COLUMNS = tuple(
    Column(name, title, better="higher", missing="none") for name, title in FIGURES.items()
)
CHANGE_COLUMNS = tuple(Column(name, title, signed=True) for name, title in FIGURES.items())


def arrow(source: str, target: str) -> str:
    """A direction in words."""
    return f"{source} → {target}"


def directions_table(found: FoundDirections) -> Table:
    """A row a direction, within a modality too."""
    return Table(
        "Every direction: query → searched alone",
        [
            Column("direction", "direction", text=True),
            *FIGURE_COLUMNS,
            Column("chance", "NDCG@10 by chance", missing=""),
            Column("answer", "what answers", text=True),
            Column("queries", "queries", brief=False),
            Column("entries", "entries", brief=False),
        ],
        [_direction_row(one) for one in found.directions.values()],
        " ".join(_notes(found)),
    )


def _notes(found: FoundDirections) -> Iterator[str]:
    """What is to be known of the cells, and why some are empty, each said once."""
    cells = found.directions.values()
    if any(one.relevant in ("label", "row") for one in cells):
        yield NOT_ALIKE
    unanswered = [one.source for one in cells if NO_ANSWER in one.why]
    if unanswered:
        yield f"Within {', '.join(unanswered)} {NO_ANSWER}."
    yield from dict.fromkeys(one.why for one in cells if one.why and NO_ANSWER not in one.why)


def _direction_row(one: Direction) -> list[Cell]:
    return [
        arrow(one.source, one.target),
        *(one.figures.get(name, UNKNOWN) for name in FIGURES),
        one.chance.get("ndcg", nan),
        ANSWERS[one.relevant],
        one.n_queries,
        one.n_indexed,
    ]


def asymmetry_table(asymmetries: Sequence[JudgedAsymmetry]) -> Table:
    """The way there minus the way back, a row a pair of modalities."""
    partial = not all(one.whole for one in asymmetries)
    return Table(
        "Asymmetry: one direction minus its way back",
        [
            Column("pair", "direction − way back", text=True),
            *CHANGE_COLUMNS,
            Column("verdict", "better", text=True),
            Column("items", "items", brief=False),
        ],
        [
            [
                f"{arrow(one.first, one.second)} − {arrow(one.second, one.first)}",
                *(one.change[name] for name in FIGURES),
                verdict(one),
                one.n_items,
            ]
            for one in asymmetries
        ],
        "A direction is called better only where that holds for all pairs and figures at once "
        "(max-T)."
        + " Of items that lack a modality none asks, and none is searched, so that both ways have "
        "the same items; the figures of the directions themselves have all." * partial,
        intervals="95 % intervals of the paired change",
    )


def verdict(one: JudgedAsymmetry) -> str:
    """Which direction is better, and in which figures."""
    by_way: dict[str, list[str]] = {}
    for name, title in FIGURES.items():
        way = one.better(name)
        if way is not None:
            by_way.setdefault(arrow(*way), []).append(title)
    words = [f"{way} ({', '.join(titles)})" for way, titles in by_way.items()]
    return "; ".join(words) or WITHIN_CHANCE


def gap_table(found: FoundDirections, label: str) -> Table:
    """The gap of every pair of modalities; `label` names the strategy."""
    moved = [Column("moved", "gap", label, better="lower")] * bool(found.moved_gaps)
    return Table(
        "Gap without noise, by pair of modalities",
        [
            Column("pair", "pair", text=True),
            Column("gap", "gap", "as encoded", better="lower"),
            *moved,
        ],
        [
            ["–".join(pair), gap, *(one[pair] for one in [found.moved_gaps] if moved)]
            for pair, gap in found.gaps.items()
        ],
    )


def target_table(found: FoundDirections) -> Table:
    """What of the first 10 of the pooled index has the modality asked for, a row a query
    modality.
    """
    sources, asked_for = (list(dict.fromkeys(way[at] for way in found.targets)) for at in (0, 1))
    of_index = [
        mean_of_known(
            np.array([found.targets[source, target].expected_share for source in sources])
        )
        for target in asked_for
    ]
    rows: list[list[Cell]] = [
        [
            source,
            *(found.targets[source, target].share for target in asked_for),
            *(found.targets[source, target].hit_rate for target in asked_for),
        ]
        for source in sources
    ]
    return Table(
        "Pooled index: what was asked for in the first 10",
        [
            Column("source", "queries", text=True),
            *(Column(f"share-{one}", "target share@10", one) for one in asked_for),
            *(Column(f"hit-{one}", "target hit rate@10", one, missing="") for one in asked_for),
        ],
        [*rows, ["share of the index", *of_index, *[nan] * len(asked_for)]],
    )


def penalty_table(found: FoundDirections) -> Table:
    """Dedicated encoder minus joint tower within each modality."""
    return Table(
        "Within a modality: dedicated encoder minus joint tower",
        [
            Column("modality", "within", text=True),
            Column("encoder", "dedicated", text=True),
            Column("recall@1", "R@1", signed=True),
            Column("recall@10", "R@10", signed=True),
            Column("map", "mAP", signed=True),
            Column("items", "items", brief=False),
        ],
        [
            [
                name,
                one.title,
                changed(one.comparison.delta.recall[1]),
                changed(one.comparison.delta.recall[10]),
                changed(one.comparison.delta.mean_average_precision),
                one.comparison.n_items,
            ]
            for name, one in found.penalties.items()
        ],
        "Above 0 the joint tower is the wrong tool.",
        intervals="95 % bootstrap intervals in which the queries alone vary",
    )


def predicted_table(correlations: Mapping[str, Estimate], found: FoundDirections) -> Table:
    """Rank correlation of the gap with each figure."""
    return Table(
        "Does the gap predict retrieval?",
        [
            Column("figure", "gap with", text=True),
            Column("rho", "Spearman ρ", signed=True, decimals=2),
            Column("points", "points"),
            Column("verdict", "", text=True),
        ],
        [
            [FIGURES[name], one, found.n_points, predicts(one, FIGURES[name])]
            for name, one in correlations.items()
        ],
        f"A point is a pair of modalities of a model, as encoded: "
        f"{counted(found.n_points, 'point')} of {counted(found.n_models, 'model')}; its figure is "
        "the mean of both directions. Pairs that share a modality or a model are no independent "
        "sample, so that the interval is too narrow rather than too wide.",
        intervals="95 % intervals (Fisher's z, Bonett & Wright 2000)",
    )


def predicts(correlation: Estimate, title: str) -> str:
    """What a rank correlation of the gap with a figure says."""
    if not is_settled(correlation):
        return UNDECIDED
    way = "lower" if correlation.value < 0 else "higher"
    return f"wider gaps have {way} {title}"


def points_table(found: FoundDirections) -> Table:
    """The points that the rank correlation is of."""
    return Table(
        "Every pair of every model, as encoded",
        [
            Column("model", "model", text=True),
            Column("pair", "pair", text=True),
            Column("gap", "gap without noise"),
            *(Column(name, title) for name, title in FIGURES.items()),
        ],
        [
            [model, f"{one.first}–{one.second}", one.gap, *(one.figures[n] for n in FIGURES)]
            for model, one in found.points
        ],
    )
