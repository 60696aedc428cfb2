"""Anatomy: what the gap is made of, part by part: readings, tables and protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from gapviz.analyses.analysis import (
    Analysis,
    Find,
    Finding,
    Request,
    find_parts,
    parts_parameter,
)
from gapviz.analyses.anatomy.by_strategy import (
    STRATEGY,
    by_name,
    meanings,
    moved,
    table_by_strategy,
)
from gapviz.analyses.anatomy.groups import find_groups
from gapviz.analyses.anatomy.matched import find_matched
from gapviz.analyses.anatomy.parts import (
    Dimensions,
    HeatMaps,
    Hubs,
    Placed,
    cached_dimensions,
    cached_heat_maps,
    cached_hubs,
    cached_plane,
    cached_spectra,
)
from gapviz.analyses.anatomy.so_what import (
    dimensions_meaning,
    heat_map_meaning,
    hubs_meaning,
    plane_meaning,
    quadrants,
    spectrum_meaning,
)
from gapviz.analyses.listed import LISTED
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, share_of
from gapviz.core.table import Column, Table
from gapviz.core.wording import UNKNOWN, counted, figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.spectrum import Spectrum
from gapviz.sources.builtin import encoder_title
from gapviz.strategies import STRATEGIES, StrategyOptions

TOPS = (1, 2, 5, 10)
DIMENSIONS_TITLE = "Dimensions, raw vectors"
HUB_COLUMNS = (
    Column("skew", "skew", decimals=2, better="lower"),
    Column("anti_hub_share", "anti-hubs", percent=True, decimals=1, better="lower"),
    Column("largest_share", "fullest 1 %", percent=True, decimals=1, better="lower"),
)
HUB_MEANINGS = {
    "skew": "third standardised moment, 0 is even",
    "anti_hub_share": "entries in no list",
    "largest_share": "their share of all places",
}
HUB_TIES = "ties by row"
SPECTRUM_COLUMNS = (
    Column("effective_rank", "effective rank", decimals=1),
    Column("participation_ratio", "participation ratio", decimals=1),
)
SPECTRUM_MEANINGS = {
    "effective_rank": "exp of their entropy (Roy & Vetterli 2007)",
    "participation_ratio": "1 / Σ shares²",
}


def dimensions_reading(found: Dimensions) -> str:
    """How concentrated the gap is, and what removing its dimensions does to it and to recall."""
    shares, curve = found.shares, found.ablation
    if np.isnan(shares.shares).any():
        return "There is no gap to take apart."
    dim = shares.shares.size
    head = (
        f"Two of {dim} dimensions hold {shares.top(2):.0%} of the squared gap and ten hold "
        f"{shares.top(10):.0%}, as if {shares.participation_ratio:.1f} equal ones held it "
        "(participation ratio)."
    )
    at = int(np.argmin(np.abs(curve.removed - 10)))
    recall = (curve.recall_x_to_y + curve.recall_y_to_x) / 2
    words = (
        f" Without the {curve.removed[at]} largest the gap goes from {curve.gap[0]:.2f} to "
        f"{curve.gap[at]:.2f}; without {curve.removed[at]} at random it is "
        f"{curve.control_gap[at]:.2f}"
    )
    if np.isnan(recall[at]):
        return f"{head}{words}."
    before, after = f"{recall[0]:.2f}", f"{recall[at]:.2f}"
    course = f"stays at {before}" if after == before else f"goes from {before} to {after}"
    return f"{head}{words}. Mean recall@1 {course}."


def heat_map_reading(found: HeatMaps) -> str:
    """Mean cosine of every quadrant, by strategy."""
    x, y = found.pair
    parts = []
    for title, one in found.by_strategy.items():
        within_x, within_y, mismatched, matched = quadrants(one.cosines)
        parts.append(
            f"{title}: {x}–{x} {figure(within_x, 2)}, {y}–{y} {figure(within_y, 2)}, {x}–{y} "
            f"mismatched {figure(mismatched, 2)} and matched {figure(matched, 2)}"
        )
    return f"Mean cosines. {'; '.join(parts)}."


def plane_reading(plane: Sequence[Placed]) -> str:
    """Who is best in either figure, and whether anyone is in both."""
    points = [one for one in plane if not np.isnan(one.point.alignment)]
    if not points:
        return "No matched pairs, so there is no alignment to draw."
    aligned = min(points, key=lambda one: one.point.alignment)
    uniform = min(points, key=lambda one: one.point.uniformity)
    if aligned is uniform:
        return f"{aligned.strategy} of {aligned.model} is best in both figures."
    return (
        f"Best alignment: {aligned.strategy} of {aligned.model} ({aligned.point.alignment:.2f}); "
        f"best uniformity: {uniform.strategy} of {uniform.model} "
        f"({figure(uniform.point.uniformity, 2)}). No point is best in both."
    )


def hubs_reading(hubs: Hubs) -> str:
    """Skew and anti-hubs of every direction, raw first."""
    titles = list(hubs.by_strategy)
    parts = []
    for direction, raw in hubs.by_strategy[titles[0]].items():
        source, target = direction
        words = (
            f"{source} → {target}: {raw.anti_hub_share:.0%} of the {target} entries stand in no "
            f"list of {raw.k}, skew {figure(raw.skew, 1)}"
        )
        for title in titles[1:]:
            after = hubs.by_strategy[title][direction]
            words += f" ({title}: {after.anti_hub_share:.0%}, {figure(after.skew, 1)})"
        parts.append(words)
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def spectra_reading(spectra: Mapping[str, Mapping[str, Spectrum]]) -> str:
    """Effective rank of every modality, by strategy."""
    parts = []
    for title, by_modality in spectra.items():
        ranks = [
            f"{name} "
            + ("without spread" if np.isnan(one.effective_rank) else f"{one.effective_rank:.0f}")
            for name, one in by_modality.items()
        ]
        parts.append(f"{title}: {', '.join(ranks)}")
    dim = next(iter(next(iter(spectra.values())).values())).shares.size
    return f"Effective rank, of {dim} dimensions. {'; '.join(parts)}."


def dimensions_table(found: Dimensions, pair: tuple[str, str]) -> Table:
    """Gap and recall without the largest dimensions, and without as many random ones."""
    x, y = pair
    columns = [
        Column("removed", "removed"),
        Column("share", "share of ‖Δ‖²"),
        Column("gap", "gap"),
        Column("recall_x_to_y", "R@1", f"{x} → {y}", better="higher"),
        Column("recall_y_to_x", "R@1", f"{y} → {x}", better="higher"),
        Column("control_gap", "gap", "random"),
        Column("control_recall_x_to_y", "R@1", f"{x} → {y}, random", better="higher"),
        Column("control_recall_y_to_x", "R@1", f"{y} → {x}, random", better="higher"),
    ]
    cells = (getattr(found.ablation, column.key) for column in columns)
    return Table("", columns, list(zip(*cells, strict=True)))


def plane_table(plane: Sequence[Placed], chosen: Sequence[Placed]) -> Table:
    """Alignment and uniformity of every model and strategy, and of the strategy chosen."""
    named = [(one.model, one) for one in plane]
    named += [(f"{one.model}, chosen", one) for one in chosen]
    return Table(
        "",
        [
            Column("model", "model", text=True),
            STRATEGY,
            Column("alignment", "alignment", better="lower"),
            Column("uniformity", "uniformity", better="lower"),
        ],
        [[name, one.strategy, one.point.alignment, one.point.uniformity] for name, one in named],
    )


def _dimensions(request: Request, progress: Progress) -> Finding:
    why = request.collection.no_axes
    if why is not None:
        left_out = ("shares", "ablation", "top_share")
        return Finding(
            figures={**dict.fromkeys(left_out), "left_out": dict.fromkeys(left_out, why)},
            title=DIMENSIONS_TITLE,
            readings=[f"Left out: {why}."],
            protocol="Shares of ‖Δ‖² by dimension, and gap and recall without the largest, would "
            "change under a rotation of the space.",
        )
    found = cached_dimensions(request.collection, request.pair, seed=request.seed).compute(progress)
    tops = {str(count): found.shares.top(count) for count in TOPS}
    shares = ", ".join(f"{n}: {share:.1%}".replace("nan%", UNKNOWN) for n, share in tops.items())
    raw = request.measured(StrategyOptions("raw"))
    return Finding(
        figures=found.to_json() | {"top_share": tops},
        title=DIMENSIONS_TITLE,
        so_what=dimensions_meaning(found, no_gap=raw.geometry.gap.none),
        readings=[dimensions_reading(found)],
        tables=[dimensions_table(found, request.pair)],
        protocol=f"Share of the largest dimensions: {shares}. Share of a dimension: Δd² / ‖Δ‖² of "
        "the evaluate split, raw vectors. Dimensions are removed in the order of |Δd| of the "
        "calibrate split, rows are scaled to length 1 again, then gap and recall@1 of "
        f"{counted(found.ablation.n_pairs, 'matched pair')} are taken, asked with the indexed rows "
        "(of several captions the first; curves and the scoreboard ask with the later ones, and so "
        "differ a little); random: as many random dimensions are removed. Unlike every other "
        "figure these change under a rotation of the space. Source: Schrodi et al. 2025.",
        result=found,
    )


def _heat_map(request: Request, progress: Progress) -> Finding:
    strategies, notes = moved(request)
    work = cached_heat_maps(request.collection, strategies, request.pair, seed=request.seed)
    found = work.compute(progress)
    shown = len(next(iter(found.by_strategy.values())).pairs)
    return Finding(
        figures=by_name(found.to_json(), strategies),
        title=f"Cosines, {shown:,} of {counted(found.n_pairs, 'held-out pair')}",
        so_what=heat_map_meaning(found),
        readings=[
            *notes,
            f"Showing {shown:,} of {counted(found.n_pairs, 'held-out pair')}, drawn with seed "
            f"{request.seed}.",
            heat_map_reading(found),
        ],
        protocol="Cosines of the first modality's rows followed by the second's, held out. Like "
        "stands beside like by the raw vectors, in the same order in every map, so that matched "
        "pairs lie on the diagonals of the off-diagonal quadrants: average-linkage clustering with "
        "optimal leaf ordering, by the mean of both within-modality cosines. Colours span the 1st "
        "to the 99th percentile of all maps shown.",
        result=found,
    )


def _plane(request: Request, progress: Progress) -> Finding:
    """`ringed` among the values: the models, by title, that show the chosen strategy too."""
    collection, pair, seed = request.collection, request.pair, request.seed
    ours = {encoder_title(collection.encoder): collection}
    ringed = request.values.get("ringed", ours)
    models = ours | {encoder_title(name): one for name, one in request.others.items()}
    # Raw cosine and all that move vectors have a point of their own.
    grid = [
        StrategyOptions(name)
        for name, spec in STRATEGIES.items()
        if spec.moves_vectors or spec.acts_on == "nothing"
    ]
    plane = cached_plane(models, grid, pair, seed=seed).compute(share_of(progress, 0, 2))
    notes = [
        f"{title}, {STRATEGIES[each.name].title}: no point. {why}"
        for title, one in models.items()
        if 0 < sum(point.model == title for point in plane) < len(grid)
        for each in grid
        if (why := Experiment(one, pair=pair, seed=seed).undefined(each))
    ]
    last = moved(request)[0][-1:]
    chosen = cached_plane(ringed, last, pair, seed=seed).compute(share_of(progress, 1, 2))
    return Finding(
        figures={"points": plane, "chosen": chosen},
        title="Loss plane",
        so_what=plane_meaning(plane, chosen),
        readings=[*notes, plane_reading(plane)],
        tables=[plane_table(plane, chosen)],
        protocol="Alignment: mean‖x − y‖² over matched pairs. Uniformity: log mean exp(−2‖a − b‖²) "
        "over both clouds pooled. Every model under raw cosine and every strategy that moves "
        "vectors, with its usual parameters but for the one chosen; fitted on the calibrate split, "
        "measured on the evaluate split. Source: Wang & Isola 2020.",
        result=(plane, chosen),
    )


def _hubs(request: Request, progress: Progress) -> Finding:
    strategies, notes = moved(request)
    if request.spec.adjusts_scores:
        strategies.append(request.strategy)
        notes.append(
            f"{request.spec.title} moves no vector: its lists hold the best adjusted scores. What "
            "keeps the order of every list, as z-norm does, keeps its hubs."
        )
    work = cached_hubs(request.collection, strategies, request.pair, seed=request.seed)
    hubs = work.compute(progress)
    if hubs.sampled:
        notes.append("A seeded sample of 20,000 rows stands for each larger modality.")
    return Finding(
        figures=by_name(hubs.to_json(), strategies),
        title="Hubs",
        so_what=hubs_meaning(hubs),
        readings=[*notes, hubs_reading(hubs)],
        tables=[table_by_strategy("direction", HUB_COLUMNS, hubs.by_strategy)],
        protocol="k-occurrence with k = 10: in how many of the other modality's lists an entry "
        "stands; the mean is k · queries / entries. "
        f"{meanings(HUB_COLUMNS, HUB_MEANINGS)} Evaluate split, exact search by cosine, or by "
        f"adjusted score under a strategy that adjusts scores; {HUB_TIES}. Source: Radovanović et "
        "al. 2010.",
        result=hubs,
    )


def _spectra(request: Request, progress: Progress) -> Finding:
    strategies, notes = moved(request)
    spectra = cached_spectra(request.collection, strategies, request.pair).compute(progress)
    return Finding(
        figures=by_name({"by_strategy": plain_json(spectra)}, strategies),
        title="Spectrum",
        so_what=spectrum_meaning(spectra),
        readings=[*notes, spectra_reading(spectra)],
        tables=[table_by_strategy("modality", SPECTRUM_COLUMNS, spectra)],
        protocol="Eigenvalues of each modality's own covariance, as shares of its variance, "
        "evaluate split. "
        f"{meanings(SPECTRUM_COLUMNS, SPECTRUM_MEANINGS)} Both: higher is wider.",
        result=spectra,
    )


def find_anatomy(request: Request, progress: Progress) -> Finding:
    """The chosen parts, and a word where the strategy moves no vector."""
    found = find_parts(PARTS)(request, progress)
    if request.spec.moves_vectors or request.strategy.name == "raw":
        return found
    hubs = ", but for hubs" * request.spec.adjusts_scores
    return replace(
        found,
        readings=[f"{request.spec.title} moves no vector: what follows is of the raw ones{hubs}."],
    )


TITLES = {
    "dimensions": "Dimensions",
    "heat_map": "Heat map",
    "plane": "Loss plane",
    "hubs": "Hubs",
    "spectrum": "Spectrum",
    "matched": "Matched pairs",
    "groups": "Groups",
}
"""Of the parts, by name."""
PARTS: dict[str, Find] = {
    "dimensions": _dimensions,
    "heat_map": _heat_map,
    "plane": _plane,
    "hubs": _hubs,
    "spectrum": _spectra,
    "matched": find_matched,
    "groups": find_groups,
}


def summarised(request: Request, progress: Progress) -> Finding:
    """What every part means, for a report; a part that cannot be measured is left out."""
    meanings = {}
    for place, (name, find) in enumerate(PARTS.items()):
        with suppress(GapvizError):
            meanings[name] = find(request, share_of(progress, place, len(PARTS))).so_what
    said = {name: meaning for name, meaning in meanings.items() if meaning}
    return Finding(
        figures={"so_what": said},
        title="What the gap is made of, and what that means",
        readings=[f"{TITLES[name]}: {meaning}" for name, meaning in said.items()],
    )


ANALYSIS = Analysis(
    "anatomy",
    LISTED["anatomy"].help,
    "Take the gap apart on the items of the evaluate split: the dimensions that hold it and what "
    "is left without them, the cosines of a sample of pairs, alignment and uniformity of every "
    "model under every strategy that moves vectors, hubs, the spectrum of each cloud, the residual "
    "of matched pairs beside the gap, and whether clusters follow labels or modality.",
    find_anatomy,
    parameters=(parts_parameter(PARTS),),
    shared=("strategy", "pair", "seed", "also", "most-items"),
    strategy=None,
    in_report=True,
    summary=summarised,
)
