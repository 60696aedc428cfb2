"""The part of the anatomy that takes the distance of matched pairs apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.anatomy.by_strategy import STRATEGY, by_name, moved
from gapviz.analyses.anatomy.parts import KIND, REVISION
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.matched import MOST_PAIRS, NEIGHBOURS, CloudAgreement
from gapviz.measures.geometry.spectrum import Spectrum
from gapviz.storage.cache import cached
from gapviz.strategies import StrategyOptions

SMALL = 0.1
"""Share of a pair's distance below which the gap is called a small part of it."""
MOST = 0.5
"""Share of neighbours that agree in clouds that are arranged alike."""
ALIKE = 2.0
"""How many times as often as by chance they agree in clouds that are so in part."""


@dataclass(frozen=True, eq=False)
class PairDistances:
    """What the mean squared distance of matched pairs is made of under one strategy."""

    squared_gap: float
    """‖Δ‖² of the pairs."""
    residual: float
    """What is left once both clouds share their centre."""
    spectrum: Spectrum
    """Of the residual."""
    agreement: CloudAgreement

    @property
    def alignment(self) -> float:
        """Both together: mean‖x − y‖²."""
        return self.squared_gap + self.residual


@dataclass(frozen=True, eq=False)
class Matched(JsonFields):
    """The same by the title of the strategy."""

    n_pairs: int
    n_items: int
    """That have a pair."""
    by_strategy: Mapping[str, PairDistances]


@cached(KIND, revision=REVISION)
def cached_matched(
    collection: Collection,
    options: Sequence[StrategyOptions],
    pair: tuple[str, str],
    *,
    seed: int,
    progress: Progress = no_progress,
) -> Matched:
    """Squared gap, residual with its spectrum, CKA and mutual neighbours of the held-out pairs.

    Raises:
        GapvizError: no matched pairs.
    """
    whole = Experiment(collection, pair=pair, seed=seed)
    pairs = whole.evaluated.pairs(*pair)
    if not len(pairs):
        raise GapvizError("there are no matched pairs to measure", hint="give pairs")
    found = {}
    for place, chosen in enumerate(options):
        measured = whole.having(chosen).measurement
        progress(place / len(options), measured.strategy.label)
        geometry = measured.geometry
        found[measured.strategy.label] = PairDistances(
            geometry.differences.squared_gap,
            geometry.differences.residual,
            geometry.residual_spectrum,
            geometry.agreement,
        )
    return Matched(len(pairs), len(pairs.one_an_item()), found)


def matched_reading(found: Matched) -> str:
    """How much of a pair's distance is the gap, and whether the clouds are arranged alike."""
    parts = []
    for title, one in found.by_strategy.items():
        ratio, alike = one.spectrum.participation_ratio, one.agreement
        spread = "" if isnan(ratio) else f", as over {ratio:.0f} equally strong directions"
        words = (
            f"{title}: of a pair's mean squared distance {figure(one.alignment, 2)} the gap is "
            f"{figure(one.squared_gap, 2)}, and no translation closes the residual "
            f"{figure(one.residual, 2)}{spread}"
        )
        if not isnan(alike.cka):
            words += f"; linear CKA {figure(alike.cka, 2)} (chance {figure(alike.chance_cka, 2)})"
        if not isnan(alike.mutual_knn):
            words += (
                f", {alike.mutual_knn:.0%} of the {NEIGHBOURS} nearest are the same in both "
                f"modalities (chance {alike.chance_mutual_knn:.0%})"
            )
        parts.append(words)
    return f"{'. '.join(parts)}."


def matched_meaning(found: Matched) -> str:
    """How much of a pair's distance a shift can close, and whether it has anything to bring
    together.
    """
    (_, raw), *_ = found.by_strategy.items()
    share = raw.squared_gap / raw.alignment if raw.alignment else 0.0
    said = (
        f"The gap is {share:.0%} of a pair's squared distance: a shift closes that part, and the "
        "rest stays"
    )
    if share < SMALL:
        said = (
            f"The gap is only {share:.0%} of a pair's squared distance: no shift brings pairs much "
            "closer"
        )
    alike = raw.agreement
    if isnan(alike.mutual_knn) or isnan(alike.chance_mutual_knn):
        return f"{said}."
    if alike.mutual_knn >= MOST:
        return (
            f"{said}. Both clouds are arranged alike: most of what is near in one is near in both."
        )
    if alike.mutual_knn >= ALIKE * alike.chance_mutual_knn:
        return (
            f"{said}. The clouds are arranged alike in part: {alike.mutual_knn:.0%} of the nearest "
            f"in one are so in the other, by chance {alike.chance_mutual_knn:.0%}."
        )
    return f"{said}. The clouds are arranged differently: no shift makes their neighbours agree."


def matched_table(found: Matched) -> Table:
    """A row a strategy."""
    return Table(
        "",
        [
            STRATEGY,
            Column("squared_gap", "‖Δ‖²", better="lower"),
            Column("residual", "residual", better="lower"),
            Column("alignment", "alignment", "both", better="lower"),
            Column("largest", "largest share", "of the residual", percent=True, decimals=1),
            Column("participation_ratio", "participation ratio", "of the residual", decimals=1),
            Column("cka", "linear CKA", better="higher"),
            Column("chance_cka", "linear CKA", "by chance"),
            Column("mutual_knn", f"mutual {NEIGHBOURS}-NN", better="higher"),
            Column("chance_mutual_knn", f"mutual {NEIGHBOURS}-NN", "by chance"),
        ],
        [
            [
                title,
                one.squared_gap,
                one.residual,
                one.alignment,
                float(one.spectrum.shares[0]),
                one.spectrum.participation_ratio,
                one.agreement.cka,
                one.agreement.chance_cka,
                one.agreement.mutual_knn,
                one.agreement.chance_mutual_knn,
            ]
            for title, one in found.by_strategy.items()
        ],
    )


def find_matched(request: Request, progress: Progress) -> Finding:
    """Squared gap beside residual, the residual's spectrum, CKA and mutual neighbours."""
    strategies, notes = moved(request)
    work = cached_matched(request.collection, strategies, request.pair, seed=request.seed)
    found = work.compute(progress)
    sampled = ""
    if found.n_items > MOST_PAIRS:
        sampled = f", of a seeded sample of {MOST_PAIRS:,} items"
    return Finding(
        figures=by_name(found.to_json(), strategies),
        title=f"Matched pairs: {counted(found.n_pairs, 'held-out pair')}",
        so_what=matched_meaning(found),
        readings=[*notes, matched_reading(found)],
        tables=[matched_table(found)],
        protocol="mean‖x − y‖² = ‖Δ‖² + mean‖(x − μx) − (y − μy)‖², every pair weighing alike, "
        "evaluate split; moved rows are scaled to length 1 again, so that closing the gap may "
        "enlarge the residual. Spectrum: eigenvalues of the covariance of x − y as shares of their "
        "sum, the residual; participation ratio: 1 / Σ shares². Linear CKA (Kornblith et al. "
        "2019): ‖XᵀY‖² / (‖XᵀX‖·‖YᵀY‖) of centred rows. Mutual neighbours (Huh et al. 2024): "
        f"share of an item's {NEIGHBOURS} nearest in one modality that are so in the other, each "
        f"order of equal cosines alike. Both of one pair an item{sampled}; by chance: mean over "
        "all ways to pair the rows. A rotation changes none of these.",
        result=found,
    )
