"""Every direction of a collection, measured: plain values for tables, figures and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, product
from math import isnan, nan

from gapviz.analyses.analysis import Request
from gapviz.analyses.within import (
    ItemRows,
    compare_modality,
    dedicated_encoders,
    has_shared_labels,
    item_rows,
    shared,
)
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.wording import too_few
from gapviz.measures.directions import FIGURES, Asymmetry, Direction, Directions, Target, Way
from gapviz.measures.experiment import measure
from gapviz.measures.measurement import Measurement
from gapviz.measures.rank_correlation import rank_correlation
from gapviz.measures.retrieval.intervals import simultaneous
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.measures.retrieval.outcomes import cross_values
from gapviz.measures.retrieval.within import WithinComparison
from gapviz.storage.cache import CachedResult, cached, content_key

KIND = "directions"

# Raise it when the same request would give other points.
REVISION = 1


@dataclass(frozen=True, slots=True)
class JudgedAsymmetry:
    """A → B minus B → A, judged among all pairs of modalities and all figures."""

    first: str
    second: str
    n_items: int
    """Items with rows of both, which are what asks and what is searched."""
    whole: bool
    """Whether no item of either modality lacks the other."""
    change: Mapping[str, Estimate]
    """By `FIGURES`, each with its own paired interval."""
    together: Mapping[str, Estimate]
    """The same with intervals that hold for all pairs and figures at once."""

    def better(self, figure: str) -> Way | None:
        """The direction that is better; None where that may be chance."""
        found = self.together[figure]
        if isnan(found.low) or isnan(found.high) or found.low <= 0 <= found.high:
            return None
        way = (self.first, self.second)
        return way if found.low > 0 else way[::-1]


@dataclass(frozen=True, slots=True)
class PairPoint:
    """A pair of modalities as one model has encoded it."""

    first: str
    second: str
    gap: float
    """Without noise."""
    figures: Mapping[str, float]
    """By `FIGURES`, raw cosine, the mean of both directions; NaN without matched pairs."""


@dataclass(frozen=True, slots=True)
class Penalty:
    """What the joint tower costs inside a modality."""

    encoder: str
    """Name of the dedicated one."""
    title: str
    comparison: WithinComparison


@dataclass(frozen=True, eq=False)
class FoundDirections:
    """Everything that the analysis of the directions finds."""

    names: tuple[str, ...]
    """All modalities of the collection, in its order, those that are not measured among them."""
    directions: Mapping[Way, Direction]
    """Every pair of `names`, each also with itself."""
    asymmetries: Sequence[JudgedAsymmetry]
    """Of every pair of modalities that some items have."""
    gaps: Mapping[Way, Estimate]
    """Without noise, as encoded."""
    moved_gaps: Mapping[Way, Estimate]
    """The same as the strategy left the vectors; empty where it moves none."""
    targets: Mapping[Way, Target]
    """By query modality and target modality; empty where results are items."""
    penalties: Mapping[str, Penalty]
    """By modality; those without a dedicated encoder are not in it."""
    points: Sequence[tuple[str, PairPoint]] = field(default=())
    """With the model of each."""

    def predicted(self, figure: str) -> Estimate:
        """Rank correlation of the gap with a figure over `points`."""
        known = [point for _, point in self.points]
        return rank_correlation([one.gap for one in known], [one.figures[figure] for one in known])

    @property
    def n_points(self) -> int:
        """Points that have matched pairs."""
        return sum(not isnan(one.figures["ndcg"]) for _, one in self.points)

    @property
    def n_models(self) -> int:
        """Models that they are of."""
        return len({model for model, _ in self.points})


def found_directions(
    request: Request, raw: Measurement, moved: Measurement, progress: Progress
) -> FoundDirections:
    """Measure every direction.

    Args:
        request: the collection, the seed, and the same items by further models.
        raw: the collection under raw cosine.
        moved: the same under the strategy that is looked at; `raw` itself where that is raw.
        progress: told of each stage; may raise to cancel.
    """
    names = request.collection.modality_names
    encoded, strategy = Directions(raw), Directions(moved)
    measured = moved.collection.modality_names
    pairs = list(combinations(measured, 2))
    progress(0.2, "every modality asks every other")
    directions = {
        (source, target): strategy.direction(source, target)
        if {source, target} <= set(measured)
        else Direction(source, target, "nothing", why=_not_measured(moved, (source, target)))
        for source, target in product(names, names)
    }
    progress(0.4, "the way there against the way back")
    found = [one for pair in pairs if (one := strategy.asymmetry(*pair))]
    asymmetries = judged(found, settled=too_few(moved.collection.n_items) is None)
    moves = moved is not raw and moved.strategy.spec.moves_vectors
    progress(0.5, "gaps")
    gaps = {pair: gap.debiased for pair, gap in encoded.gaps.items()}
    progress(0.6, "what the pooled index answers")
    return FoundDirections(
        names=names,
        directions=directions,
        asymmetries=asymmetries,
        gaps=gaps,
        moved_gaps={pair: gap.debiased for pair, gap in strategy.gaps.items()} if moves else {},
        targets={} if moved.strategy.spec.ranks_items else strategy.targets,
        penalties=_penalties(request),
        points=_points(request, encoded, share_of(progress, 3, 4)),
    )


def judged(found: Sequence[Asymmetry], *, settled: bool = True) -> list[JudgedAsymmetry]:
    """Asymmetries with intervals that hold for all of them, and all figures, at once (max-T).

    Args:
        found: of pairs of modalities.
        settled: False where so few items are measured that nothing is concluded from them.
    """
    gains = {(at, name): one.gain(name) for at, one in enumerate(found) for name in FIGURES}
    times = simultaneous(list(gains.values()))
    return [
        JudgedAsymmetry(
            one.first,
            one.second,
            one.n_items,
            one.whole,
            {name: one.changes[name].estimate for name in FIGURES},
            {name: gains[at, name].within(times if settled else nan) for name in FIGURES},
        )
        for at, one in enumerate(found)
    ]


def pair_points(directions: Directions) -> tuple[PairPoint, ...]:
    """A point for each pair of modalities, from raw cosine."""
    cross, found = directions.measurement.cross, []
    for (first, second), gap in directions.gaps.items():
        both = [cross_values(cross[way]) for way in ((first, second), (second, first))]
        figures = {
            name: (mean_of_known(both[0][name]) + mean_of_known(both[1][name])) / 2
            for name in FIGURES
        }
        found.append(PairPoint(first, second, gap.debiased.value, figures))
    return tuple(found)


@cached(KIND, revision=REVISION)
def cached_points(
    collection: Collection, *, seed: int, progress: Progress = no_progress
) -> tuple[PairPoint, ...]:
    """`pair_points` of the evaluate split of one model.

    Raises:
        GapvizError: as `measure`.
    """
    return pair_points(Directions(measure(collection, seed=seed, intervals="queries")))


def _compared(
    collection: Collection, modality: str, rows: ItemRows, seed: int, progress: Progress
) -> WithinComparison:
    joint, dedicated = shared(item_rows(collection, modality), rows)
    return compare_modality(collection, joint, dedicated, seed=seed)


def _points(request: Request, raw: Directions, progress: Progress) -> list[tuple[str, PairPoint]]:
    points = [(request.collection.encoder, one) for one in pair_points(raw)]
    others = request.others
    for place, (model, collection) in enumerate(others.items()):
        progress(place / len(others), model)
        try:
            made = cached_points(collection, seed=request.seed).compute()
        except GapvizError:
            continue  # of one modality alone: it has no pair
        points += [(model, one) for one in made]
    return points


def _penalties(request: Request) -> dict[str, Penalty]:
    collection = request.collection
    if not has_shared_labels(collection):
        return {}
    found = {}
    for modality in collection.modality_names:
        for name, (title, rows) in dedicated_encoders(request, modality).items():
            other = request.others.get(name)
            if other is not None and len(other.modality_names) > 1:
                continue  # another joint model
            compared = CachedResult(
                KIND,
                content_key(
                    collection=collection,
                    modality=modality,
                    dedicated=name if other is None else other,
                    seed=request.seed,
                    revision=REVISION,
                ),
                WithinComparison,
                partial(_compared, collection, modality, rows, request.seed),
            )
            try:
                comparison = compared.compute()
            except GapvizError:
                continue  # no two held-out items that both have seen share a label
            found[modality] = Penalty(name, title, comparison)
            break
    return found


def _not_measured(moved: Measurement, way: Way) -> str:
    known = moved.not_measured
    return " ".join(known[name] for name in dict.fromkeys(way) if name in known)
