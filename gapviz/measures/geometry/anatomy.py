"""What the gap is made of: dimensions, hubs, and the plane of both losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.blocks import centroid, float64_blocks
from gapviz.core.errors import GapvizError
from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32, Float64, Indices, read_only
from gapviz.measures.geometry.report import Geometry

ABLATED = (0, 1, 2, 3, 5, 10, 20, 50, 100)
HEAT_MAP_ITEMS = 200

# Items whose recall is taken after each ablation; a seeded sample of more.
ABLATION_ITEMS = 1_000

# Scores of two modalities held at once, in entries (32 MiB).
ABLATION_SCORES = 4_194_304

# A row whose other dimensions are shorter than this lies in the removed ones alone.
NOTHING_LEFT = 1e-6


@dataclass(frozen=True, eq=False)
class AblationCurve:
    """What is left of gap and recall once the dimensions of largest |Δd| are removed.

    Every array is `(n,)`, one entry a number of removed dimensions.
    """

    removed: Indices
    """How many dimensions, rising."""
    share: Float64
    """Share of ‖Δ‖² that they held."""
    gap: Float64
    """‖Δ‖ of the remaining dimensions, rows scaled to length 1 again."""
    recall_x_to_y: Float64
    """R@1 among the y of all pairs; any y of the item counts, and any of equal rows."""
    recall_y_to_x: Float64
    """R@1 of the other direction."""
    control_gap: Float64
    """`gap` where as many random dimensions are removed instead."""
    control_recall_x_to_y: Float64
    """`recall_x_to_y` there."""
    control_recall_y_to_x: Float64
    """`recall_y_to_x` there."""
    n_pairs: int
    """Pairs that recall was taken over."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Cosines of a sample of pairs, x first and then y, in clustered order."""

    pairs: Indices
    """`(n,)`, numbers of the pairs drawn, in the order shown."""
    cosines: Float32
    """`(2n, 2n)`: quadrants x–x, x–y, y–x, y–y, all in that order."""
    sampled: bool
    """True where there were more pairs than are shown."""


@dataclass(frozen=True, eq=False)
class Hubness:
    """How often each row stands among the k nearest of others."""

    k: int
    occurrences: Indices
    """`(n_gallery,)`; their mean is k · n_queries / n_gallery."""
    skew: float
    """Third standardised moment: 0 = even, high = a few hubs (Radovanović et al. 2010)."""
    anti_hub_share: float
    """Share of the rows that stand in no list at all."""
    largest_share: float
    """Share of all list places that the fullest 1 % of rows take."""


@dataclass(frozen=True, slots=True)
class PlanePoint:
    """One point of the alignment–uniformity plane (Wang & Isola 2020): lower is better."""

    alignment: float
    """mean‖xᵢ − yᵢ‖² over matched pairs; NaN without any."""
    uniformity: float
    """log mean exp(−2‖a − b‖²) over both clouds pooled."""


def ablation_curve(
    x: Float32,
    y: Float32,
    pairs: Pairs,
    *,
    delta: Float64 | None = None,
    counts: Sequence[int] = ABLATED,
    seed: int = DEFAULT_SEED,
) -> AblationCurve:
    """Remove the dimensions of largest |Δd| from unit rows, scale to length 1 and measure.

    Args:
        x: unit rows `(nx, dim)`.
        y: unit rows `(ny, dim)`.
        pairs: which of them match, for recall; may be empty.
        delta: `(dim,)` whose order counts, of calibration rows say; that of x and y unless
            given.
        counts: how many dimensions to remove; `dim` or more are left out.
        seed: of the control's dimensions, and of the sample of items.

    Raises:
        GapvizError: a row that lies in the removed dimensions alone.
    """
    own = centroid(x) - centroid(y)
    order = np.argsort(-np.abs(own if delta is None else delta), kind="stable")
    removed = np.array(sorted({count for count in counts if 0 <= count < order.size}))
    rng = np.random.default_rng(seed)
    at_random = rng.permutation(order.size)
    matches = _sampled_matches(pairs, len(x), len(y), rng)
    kept = [order[n:] for n in removed], [np.sort(at_random[n:]) for n in removed]
    found, control = (
        np.array([_without(x, y, matches, dims) for dims in some]).reshape(-1, 3).T for some in kept
    )
    squares = own[order] ** 2
    total = squares.sum()
    cumulative = np.concatenate([[0.0], np.cumsum(squares)])
    return AblationCurve(
        removed=removed.astype(np.int64),
        share=cumulative[removed] / total if total > 0 else np.full(removed.size, np.nan),
        gap=found[0],
        recall_x_to_y=found[1],
        recall_y_to_x=found[2],
        control_gap=control[0],
        control_recall_x_to_y=control[1],
        control_recall_y_to_x=control[2],
        n_pairs=matches.n_pairs,
    )


def clustered_heat_map(
    x: Float32, y: Float32, pairs: Pairs, *, n_items: int = HEAT_MAP_ITEMS, seed: int = DEFAULT_SEED
) -> HeatMap:
    """Cosines of at most `n_items` matched pairs, like beside like.

    The order is that of the leaves of average-linkage clustering of the mean of x–x and y–y
    cosines (scipy, optimal leaf ordering), so that no modality decides alone.

    Args:
        x: unit rows `(nx, dim)` of the first modality.
        y: unit rows `(ny, dim)` of the second.
        pairs: which of them match.
        n_items: pairs to draw at most; of more, a sample.
        seed: of that sample.

    Raises:
        GapvizError: no pairs.
    """
    if not len(pairs):
        raise GapvizError("there are no matched pairs to draw", hint="give pairs")
    chosen = seeded_sample(np.arange(len(pairs), dtype=np.int64), n_items, seed)
    first, second = x[pairs.rows_a[chosen]], y[pairs.rows_b[chosen]]
    order = _leaves((first @ first.T + second @ second.T) / 2)
    stacked = np.concatenate([first[order], second[order]])
    return HeatMap(
        pairs=read_only(chosen[order]),
        cosines=read_only(stacked @ stacked.T),
        sampled=len(pairs) > chosen.size,
    )


def hubness(found: Indices, n_gallery: int, k: int) -> Hubness:
    """k-occurrence of the rows of a gallery in the lists of all queries.

    Args:
        found: `(n_queries, at most k)` row numbers, negative where a list has no more, as
            `gapviz.retrieval.exact.top_k` gives them.
        n_gallery: rows that could be found.
        k: length of a list.
    """
    counts = np.bincount(found[found >= 0], minlength=n_gallery).astype(np.int64)
    spread = counts.std()
    skew = float((((counts - counts.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0
    fullest = np.sort(counts)[::-1][: max(1, round(0.01 * counts.size))]
    return Hubness(
        k=k,
        occurrences=counts,
        skew=skew,
        anti_hub_share=float((counts == 0).mean()),
        largest_share=float(fullest.sum() / counts.sum()) if counts.any() else float("nan"),
    )


def plane_point(x: Float32, y: Float32, pairs: Pairs, *, seed: int = DEFAULT_SEED) -> PlanePoint:
    """Alignment and joint uniformity of unit rows `(nx, dim)` and `(ny, dim)`.

    Sampled as `pair_scores` is (Wang & Isola 2020).
    """
    geometry = Geometry(x, y, pairs, seed=seed)
    return PlanePoint(geometry.alignment, geometry.uniformity.joint)


@dataclass(frozen=True, eq=False)
class _Matches:
    """The rows that recall is taken over, and the item of each."""

    rows_x: Indices
    rows_y: Indices
    items_x: Indices
    items_y: Indices
    n_pairs: int


def _sampled_matches(pairs: Pairs, n_x: int, n_y: int, rng: np.random.Generator) -> _Matches:
    """All rows of at most `ABLATION_ITEMS` items that have both, and how many pairs they are."""
    owner_x, owner_y = pairs.owners(n_x, n_y)
    items = owner_x[pairs.one_an_item().rows_a]
    items = items[seeded_sample(np.arange(items.size), ABLATION_ITEMS, rng)]
    taken = np.isin(owner_x[pairs.rows_a], items)
    rows_x, rows_y = np.unique(pairs.rows_a[taken]), np.unique(pairs.rows_b[taken])
    return _Matches(rows_x, rows_y, owner_x[rows_x], owner_y[rows_y], int(taken.sum()))


def _without(
    x: Float32, y: Float32, matches: _Matches, kept: Indices
) -> tuple[float, float, float]:
    """Gap, and R@1 of both directions, over the kept dimensions."""
    gap = float(np.linalg.norm(_kept_centroid(x, kept) - _kept_centroid(y, kept)))
    n_x, n_y = matches.rows_x.size, matches.rows_y.size
    if not n_x:
        return gap, float("nan"), float("nan")
    left = _scaled(x[matches.rows_x][:, kept].astype(np.float64))
    right = _scaled(y[matches.rows_y][:, kept].astype(np.float64))
    n_found = 0
    best, best_match = np.full(n_y, -np.inf), np.full(n_y, -np.inf)
    step = max(1, ABLATION_SCORES // n_y)
    for start in range(0, n_x, step):
        scores = left[start : start + step] @ right.T
        same = matches.items_x[start : start + step, None] == matches.items_y
        matching = np.where(same, scores, -np.inf)
        n_found += int((scores.max(axis=1) <= matching.max(axis=1)).sum())
        np.maximum(best, scores.max(axis=0), out=best)
        np.maximum(best_match, matching.max(axis=0), out=best_match)
    return gap, n_found / n_x, float((best <= best_match).mean())


def _kept_centroid(rows: Float32, kept: Indices) -> Float64:
    total = np.zeros(kept.size)
    for block in float64_blocks(rows):
        total += _scaled(block[:, kept]).sum(axis=0)
    return np.asarray(total / len(rows))


def _scaled(part: Float64) -> Float64:
    lengths = np.linalg.norm(part, axis=1, keepdims=True)
    if lengths.min() < NOTHING_LEFT:
        raise GapvizError(
            "a row lies in the removed dimensions alone", hint="remove fewer dimensions"
        )
    return np.asarray(part / lengths)


def _leaves(similarity: npt.NDArray[np.floating[Any]]) -> Indices:
    if len(similarity) < 3:
        return np.arange(len(similarity), dtype=np.int64)
    # Half a second that an import of gapviz need not pay.
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distance = np.maximum(1 - (similarity + similarity.T) / 2, 0).astype(np.float64)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance), method="average", optimal_ordering=True)
    return np.asarray(leaves_list(tree), dtype=np.int64)
