"""What parts of the anatomy mean for whoever searches: one line each, from their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gapviz.analyses.anatomy.parts import Dimensions, HeatMaps, Hubs, Placed
from gapviz.core.vectors import Float32
from gapviz.measures.geometry.spectrum import Spectrum

REMOVED = 10
"""Dimensions whose removal is spoken of."""
HALF = 0.5
AS_OFTEN = 0.02
"""Recall that changes by less is called the same."""
UNCHANGED = 0.01
"""Alignment and uniformity that change by less are called the same."""
OUT_OF_REACH = 0.1
"""Share of entries in nobody's list, beyond that of chance, from which on hubs matter."""
NARROW = 0.25
"""Share of the dimensions below which a cloud is called narrow."""
UNLIKE = 1.5
"""How many times as many directions one cloud uses before they are called unlike."""
WIDER = 0.1
"""Share by which a cloud must grow to be called wider."""


def dimensions_meaning(found: Dimensions, *, no_gap: bool) -> str:
    """Whether dropping a few dimensions is a way to close the gap.

    Args:
        found: the shares, and what is left without the largest.
        no_gap: whether the gap is no more than noise.
    """
    curve = found.ablation
    if no_gap or np.isnan(found.shares.shares).any():
        return "There is no gap here, so no dimension has to go."
    at = int(np.argmin(np.abs(curve.removed - REMOVED)))
    left, count = curve.gap[at] / curve.gap[0], int(curve.removed[at])
    if left > HALF:
        return (
            f"The gap is spread over many dimensions: without the {count} largest, {left:.0%} of "
            "it is left. Subtract it from all of them instead."
        )
    head = f"Few dimensions hold the gap: without {count} of them, {left:.0%} of it is left"
    recall = (curve.recall_x_to_y + curve.recall_y_to_x) / 2
    if np.isnan(recall[at]):
        return f"{head}."
    before, after = f"{recall[0]:.2f}", f"{recall[at]:.2f}"
    if recall[at] < recall[0] - AS_OFTEN:
        return (
            f"{head}, but R@1 falls from {before} to {after}: they hold meaning too. Subtract the "
            "gap instead of dropping them."
        )
    return f"{head}, and R@1 goes from {before} to {after}: they can be dropped."


def heat_map_meaning(found: HeatMaps) -> str:
    """Whether a pair is more alike than two unrelated items of one modality."""
    (_, raw), *others = found.by_strategy.items()
    nearer = _nearer_than_pairs(found.pair, raw.cosines)
    x, y = found.pair
    if len(nearer) == 2:
        said = (
            f"Two {x} entries that have nothing in common are more alike than a pair, and so are "
            f"two of {y}: in one list, queries meet their own kind first."
        )
    elif nearer:
        said = (
            f"Two {nearer[0]} entries that have nothing in common are more alike than a pair: in "
            f"one list, {nearer[0]} queries meet their own kind first."
        )
    else:
        said = (
            "A pair is more alike than two unrelated entries of one modality: one list can serve "
            "both."
        )
    for title, moved in others:
        still = _nearer_than_pairs(found.pair, moved.cosines)
        if nearer and not still:
            said += f" With {title} a pair is the most alike."
        elif nearer and len(still) == len(nearer):
            said += f" {title} does not change that."
        elif still:
            said += f" With {title} that holds of {' and '.join(still)}."
    return said


def plane_meaning(plane: Sequence[Placed], chosen: Sequence[Placed]) -> str:
    """What the chosen strategy trades, or, where none is chosen, who trades nothing.

    Args:
        plane: every model and strategy, raw first.
        chosen: the strategy that is looked at.
    """
    raw = next((one for one in plane if not np.isnan(one.point.alignment)), None)
    if raw is None:
        return "Without matched pairs, nothing can be said of what brings them together."
    ours = next((one for one in chosen if one.model == raw.model), raw)
    if ours.strategy == raw.strategy:
        better = [
            one.strategy for one in plane if one.model == raw.model and _steps(raw, one) == (-1, -1)
        ]
        if not better:
            return "No strategy brings pairs together and spreads the clouds at once."
        if len(better) == 1:
            return f"One strategy {_TRADES[-1, -1]} It is {better[0]}."
        return (
            f"{len(better)} strategies bring pairs together and spread the clouds: nothing is "
            f"traded. They are {', '.join(better)}."
        )
    return f"{ours.strategy} {_TRADES[_steps(raw, ours)]}"


_TRADES: Mapping[tuple[int, int], str] = {
    (-1, -1): "brings pairs together and spreads the clouds: nothing is traded.",
    (-1, 0): "brings pairs together and leaves the clouds as wide as they were.",
    (-1, 1): "brings pairs together, and everything else too: the clouds crowd.",
    (0, -1): "spreads the clouds and leaves pairs as far apart as they were.",
    (0, 0): "changes neither how near pairs are nor how wide the clouds.",
    (0, 1): "crowds the clouds and brings no pair together.",
    (1, -1): "spreads the clouds, and moves pairs apart with them.",
    (1, 0): "moves pairs apart and leaves the clouds as wide as they were.",
    (1, 1): "moves pairs apart and crowds the clouds: both are worse.",
}
"""By the direction of alignment and of uniformity; lower is better in either."""


def hubs_meaning(hubs: Hubs) -> str:
    """Whether many entries are out of every query's reach."""
    (_, raw), *others = hubs.by_strategy.items()
    # Were lists drawn by lot, an entry would be in none with the probability of Poisson's zero.
    excess = {
        way: hub.anti_hub_share - float(np.exp(-hub.occurrences.mean())) for way, hub in raw.items()
    }
    way = max(excess, key=lambda one: excess[one])
    source, target = way
    share = raw[way].anti_hub_share
    if excess[way] < OUT_OF_REACH:
        said = "Hardly any entry is out of reach: hubs are no problem here."
    else:
        said = (
            f"{share:.0%} of the {target} entries stand in no {source} query's first {raw[way].k}: "
            "others take their places."
        )
    for title, by_way in others:
        after = by_way[way].anti_hub_share
        if after < share - AS_OFTEN:
            said += f" With {title} fewer are left out: {after:.0%}."
        elif after > share + AS_OFTEN:
            said += f" With {title} more are left out: {after:.0%}."
    return said


def spectrum_meaning(spectra: Mapping[str, Mapping[str, Spectrum]]) -> str:
    """How much of the space each cloud uses, and whether they use as much."""
    (_, raw), *others = spectra.items()
    dim = next(iter(raw.values())).shares.size
    ranks = {name: one.effective_rank for name, one in raw.items()}
    known = {name: rank for name, rank in ranks.items() if not np.isnan(rank)}
    if not known:
        return "The clouds have no spread, so they use no direction."
    (first, rank), *more = known.items()
    each = f"{first} uses {rank:.0f}" + "".join(f" and {name} {rank:.0f}" for name, rank in more)
    narrowest, widest = min(known.values()), max(known.values())
    if widest >= UNLIKE * narrowest:
        wide = max(known, key=lambda name: known[name])
        said = (
            f"The clouds are not alike: {each} of {dim} directions. No shift makes the other as "
            f"wide as {wide}."
        )
    elif widest < NARROW * dim:
        said = f"The clouds are narrow: {each} of {dim} directions."
    else:
        said = f"The clouds use much of the space: {each} of {dim} directions."
    for title, by_modality in others:
        after = [one.effective_rank for one in by_modality.values()]
        if np.nanmin(after) > (1 + WIDER) * narrowest:
            said += f" {title} widens them."
    return said


def _steps(before: Placed, after: Placed) -> tuple[int, int]:
    """Direction of the change of alignment and of uniformity: −1 is better, 1 is worse."""
    changes = (
        after.point.alignment - before.point.alignment,
        after.point.uniformity - before.point.uniformity,
    )
    first, second = (
        0 if np.isnan(one) or abs(one) < UNCHANGED else int(np.sign(one)) for one in changes
    )
    return first, second


def quadrants(cosines: Float32) -> tuple[float, float, float, float]:
    """Means of x–x and y–y without their diagonals, of x–y without and along its own.

    Args:
        cosines: `(2n, 2n)`, as in a `HeatMap`.
    """
    n = len(cosines) // 2
    off = ~np.eye(n, dtype=np.bool_)
    across = cosines[:n, n:]
    blocks = (cosines[:n, :n][off], cosines[n:, n:][off], across[off], across.diagonal())
    within_x, within_y, mismatched, matched = (
        float(block.mean()) if block.size else float("nan") for block in blocks
    )
    return within_x, within_y, mismatched, matched


def _nearer_than_pairs(pair: tuple[str, str], cosines: Float32) -> list[str]:
    """The modalities of which two unrelated entries are more alike than a matched pair."""
    within_x, within_y, _, matched = quadrants(cosines)
    return [name for name, value in zip(pair, (within_x, within_y), strict=True) if value > matched]
