"""The part of the anatomy that clusters all rows: do groups follow meaning, or modality?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.anatomy.by_strategy import STRATEGY, by_name, moved
from gapviz.analyses.anatomy.parts import KIND, REVISION
from gapviz.analyses.changes import changed
from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, no_progress
from gapviz.core.table import Cell, Column, Table
from gapviz.core.wording import UNKNOWN, counted, figure, sentence
from gapviz.measures.diagnostics.groups import CHANCE, MADE, NO_LABELS, RULES
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.groups import MOST_ITEMS, Agreement, GroupCost
from gapviz.storage.cache import cached
from gapviz.strategies import StrategyOptions

HELD_AGAINST = {
    "labels": "labels",
    "purity": "modality, same clusters",
    "modality": "modality, a cluster each",
}
"""Fields of `GroupCost`, as rows of the table."""

SPLIT, MIXED = 0.9, 0.1
"""V-measures to modality of clusters that are the modalities, and of such that are not."""


@dataclass(frozen=True, eq=False)
class Groups:
    """What clusters follow, by the title of the strategy."""

    by_strategy: Mapping[str, GroupCost]

    @property
    def known(self) -> list[str]:
        """Which of `HELD_AGAINST` there are."""
        raw = next(iter(self.by_strategy.values()))
        return [name for name in HELD_AGAINST if getattr(raw, name).k]


@cached(KIND, revision=REVISION)
def cached_groups(
    collection: Collection,
    options: Sequence[StrategyOptions],
    *,
    seed: int,
    progress: Progress = no_progress,
) -> Groups:
    """Clusters of the held-out rows of all modalities, held against labels and modality."""
    whole, found = Experiment(collection, seed=seed), {}
    for place, chosen in enumerate(options):
        measured = whole.having(chosen).measurement
        progress(place / len(options), measured.strategy.label)
        found[measured.strategy.label] = measured.groups
    return Groups(found)


def groups_reading(found: Groups) -> str:
    """What clusters follow, raw and with the strategy."""
    (_, raw), *others = found.by_strategy.items()
    parts = []
    if not raw.labels.k:
        parts.append(NO_LABELS)
    else:
        parts.append(
            f"{raw.labels.k} clusters, as many as labels, have a V-measure to labels of "
            f"{_path(found, 'labels', 'v')} (chance {figure(raw.labels.chance.v, 2)})"
            + "".join(f", a change of {_change(raw.labels, other.labels)}" for _, other in others)
            + f"; their homogeneity by modality, 1 where no cluster holds two, is "
            f"{_path(found, 'purity', 'homogeneity')}."
        )
    parts.append(
        f"{raw.modality.k} clusters, as many as modalities, have a V-measure to modality of "
        f"{_path(found, 'modality', 'v')} (1: they are the modalities)."
    )
    return " ".join(parts)


def _path(found: Groups, held: str, name: str) -> str:
    """A figure raw and with the strategy: `1.00 raw and 0.71 with Centre both (λ = 1)`."""
    values = {
        title: figure(getattr(getattr(one, held), name).value, 2)
        for title, one in found.by_strategy.items()
    }
    (_, raw), *others = values.items()
    return " and ".join([f"{raw} raw", *(f"{value} with {title}" for title, value in others)])


def _change(before: Agreement, after: Agreement) -> Estimate:
    return (after.v - before.v).estimate


def _changed(before: Agreement, after: Agreement, held: str) -> Cell:
    """Clusters should be the labels, and should not be the modalities."""
    return changed(_change(before, after), higher_is_better=held == "labels")


def groups_meaning(found: Groups) -> str:
    """Whether topics or duplicates that are looked for among everything follow the modality."""
    (_, raw), *others = found.by_strategy.items()
    kind = _kind(raw.modality.v.value)
    said = f"Clusters {_FOLLOW[kind]}: {_THEREFORE[kind]}."
    for title, one in others:
        after = _kind(one.modality.v.value)
        said += f" With {title} they {'still ' * (after == kind)}{_FOLLOW[after]}."
    return said


def _kind(v: float) -> str:
    if isnan(v):
        return UNKNOWN
    return "split" if v >= SPLIT else "mixed" if v <= MIXED else "partly"


_FOLLOW = {
    "split": "are the modalities",
    "mixed": "do not follow the modality",
    "partly": "follow the modality in part",
    UNKNOWN: "cannot be told apart",
}
_THEREFORE = {
    "split": "topics or duplicates sought in everything at once come out by type",
    "mixed": "topics and duplicates can be sought in everything at once",
    "partly": "topics sought in everything at once are distorted by type",
    UNKNOWN: "there is too little to cluster",
}


def groups_table(found: Groups) -> Table:
    """A row for each division that clusters are held against, and strategy."""
    raw = next(iter(found.by_strategy.values()))
    rows: list[list[Cell]] = []
    for held in found.known:
        before = getattr(raw, held)
        for title, one in found.by_strategy.items():
            after = getattr(one, held)
            rows.append(
                [
                    HELD_AGAINST[held],
                    title,
                    after.k,
                    after.v.estimate,
                    after.chance.v,
                    None if one is raw else _changed(before, after, held),
                    after.homogeneity.estimate,
                    after.chance.homogeneity,
                    after.completeness.estimate,
                ]
            )
    return Table(
        "",
        [
            Column("to", "clusters against", text=True),
            STRATEGY,
            Column("k", "clusters"),
            Column("v_measure", "V-measure"),
            Column("chance_v_measure", "V-measure", "by chance"),
            Column("change", "change", "of the V-measure", signed=True),
            Column("homogeneity", "homogeneity"),
            Column("chance_homogeneity", "homogeneity", "by chance", brief=False),
            Column("completeness", "completeness", brief=False),
        ],
        rows,
        note="To labels higher is better, to modality lower.",
    )


def _agreement_json(one: Agreement) -> dict[str, Any]:
    return {
        "clusters": one.k,
        "n_rows": one.n_rows,
        "v_measure": one.v.estimate,
        "homogeneity": one.homogeneity.estimate,
        "completeness": one.completeness.estimate,
        "chance": one.chance,
    }


def find_groups(request: Request, progress: Progress) -> Finding:
    """Clusters of all rows against labels and modality, raw and with the strategy."""
    strategies, notes = moved(request)
    found = cached_groups(request.collection, strategies, seed=request.seed).compute(progress)
    raw = next(iter(found.by_strategy.values()))
    if raw.sampled:
        notes.append(f"A seeded sample of {MOST_ITEMS:,} of {raw.n_items:,} items is clustered.")
    figures = {
        "by_strategy": {
            title: {name: _agreement_json(getattr(one, name)) for name in HELD_AGAINST}
            for title, one in found.by_strategy.items()
        },
        "change": {
            chosen.name: {
                name: _change(getattr(raw, name), getattr(one, name)) for name in found.known
            }
            for chosen, one in zip(strategies, found.by_strategy.values(), strict=True)
            if one is not raw
        },
        "n_items": raw.n_items,
        "sampled": bool(raw.sampled),
    }
    return Finding(
        figures=by_name(figures, strategies),
        title=f"Clusters of all rows: {counted(raw.n_items, 'held-out item')}",
        so_what=groups_meaning(found),
        readings=[*notes, groups_reading(found)],
        tables=[groups_table(found)],
        protocol=f"{sentence(MADE)} One row a modality of each held-out item, all modalities "
        "pooled; for labels the items that have one label, and as many clusters as labels "
        "(Grassucci et al. 2026). V-measure: harmonic mean of homogeneity (a cluster holds one "
        "class) and completeness (a class lies in one cluster; Rosenberg & Hirschberg 2007). By "
        f"chance: {CHANCE} of the labels, or modalities. Intervals: {RULES.interval} Seed "
        f"{request.seed}.",
        result=found,
    )
