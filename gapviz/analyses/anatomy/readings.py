"""What the anatomy of a gap says, in plain sentences computed from its figures."""

from __future__ import annotations

import numpy as np

from gapviz.analyses.anatomy.parts import Dimensions, HeatMaps, Hubs, Plane, Spectra
from gapviz.analyses.one_cloud import OneCloud
from gapviz.core.vectors import Float32
from gapviz.core.wording import figure


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
    return f"{head}{words}. Mean recall@1 goes from {recall[0]:.2f} to {recall[at]:.2f}."


def heat_map_reading(found: HeatMaps) -> str:
    """Mean cosine of every quadrant, by strategy."""
    x, y = found.pair
    parts = []
    for title, one in found.by_strategy.items():
        within_x, within_y, mismatched, matched = _quadrants(one.cosines)
        parts.append(
            f"{title}: {x}–{x} {figure(within_x, 2)}, {y}–{y} {figure(within_y, 2)}, {x}–{y} "
            f"mismatched {figure(mismatched, 2)} and matched {figure(matched, 2)}"
        )
    return f"Mean cosines. {'; '.join(parts)}."


def plane_reading(plane: Plane) -> str:
    """Who is best in either figure, and whether anyone is in both."""
    points = [one for one in plane.points if not np.isnan(one.point.alignment)]
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


def spectra_reading(spectra: Spectra) -> str:
    """Effective rank of every modality, by strategy."""
    parts = []
    for title, by_modality in spectra.by_strategy.items():
        ranks = [
            f"{name} "
            + ("without spread" if np.isnan(one.effective_rank) else f"{one.effective_rank:.0f}")
            for name, one in by_modality.items()
        ]
        parts.append(f"{title}: {', '.join(ranks)}")
    dim = next(iter(next(iter(spectra.by_strategy.values())).values())).shares.size
    return f"Effective rank, of {dim} dimensions. {'; '.join(parts)}."


def cloud_reading(one: OneCloud) -> str:
    """How narrow one modality's cone is, and over how many directions it spreads."""
    if np.isnan(one.cloud.cone):
        return f"The {one.modality} vectors of a single item are no cone."
    rank = one.spectrum.effective_rank
    spread = (
        "without any spread"
        if np.isnan(rank)
        else f"spread over some {rank:.0f} of {one.dim} directions"
    )
    return (
        f"Two {one.modality} vectors have a cosine of {figure(one.cloud.cone, 2)} on average (0: "
        f"every direction, 1: one point), {spread}."
    )


def _quadrants(cosines: Float32) -> tuple[float, float, float, float]:
    """Means of x–x and y–y without their diagonals, of x–y without and along its own."""
    n = len(cosines) // 2
    off = ~np.eye(n, dtype=np.bool_)
    across = cosines[:n, n:]
    blocks = (cosines[:n, :n][off], cosines[n:, n:][off], across[off], across.diagonal())
    within_x, within_y, mismatched, matched = (
        float(block.mean()) if block.size else float("nan") for block in blocks
    )
    return within_x, within_y, mismatched, matched
