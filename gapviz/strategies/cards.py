"""The cards of all strategies; a new one is its file, its test and its card here."""

from __future__ import annotations

from gapviz.strategies.alignment import (
    CentreBoth,
    HalfOffset,
    OneSidedOffset,
    Procrustes,
    RidgeToIdentity,
    StandardiseDimensions,
)
from gapviz.strategies.fusion import ItemFusion, ScoreFusion
from gapviz.strategies.options import StrategySpec
from gapviz.strategies.scoring import (
    CrossDomainLocalScaling,
    NearestNeighbourNormalisation,
    PairNormalisation,
)

_SHIFT_STORES = "one vector a modality that moves"
_SHIFT_COST = "nothing more: the query is shifted once, O(d)"
_MAP_STORES = "one d × d matrix a mapped modality and one centroid a modality"
_MAP_COST = "the query is mapped once, O(d²)"
_LISTS_COST = "N·log k to sort the lists apart, then O(k) to merge them"

_BASELINE = (
    StrategySpec(
        name="raw",
        title="Raw cosine",
        formula="x · y",
        known="The baseline: a mixed index sorts by modality before it sorts by meaning.",
        changes="nothing",
        stores="nothing",
        query_cost="nothing more",
    ),
)

_OFFSETS = (
    StrategySpec(
        name="offset",
        title="One-sided offset",
        formula="norm(x − λΔ) for one modality, Δ = difference of the centroids",
        known=(
            "On real CLIP, renormalising after a one-sided shift lowers cross-modal recall "
            "(R@1 .62 to .37 and .59 to .46, held out)."
        ),
        changes="vectors",
        stores=_SHIFT_STORES,
        query_cost=_SHIFT_COST,
        parameters=("strength", "moves"),
        align=lambda options: OneSidedOffset(options.strength, options.moves),
    ),
    StrategySpec(
        name="half",
        title="Half/half offset",
        formula="norm(x − ½λΔ), norm(y + ½λΔ)",
        known="Both clouds meet in the middle; on real CLIP it costs recall like one-sided.",
        changes="vectors",
        stores=_SHIFT_STORES,
        query_cost=_SHIFT_COST,
        parameters=("strength",),
        align=lambda options: HalfOffset(options.strength),
    ),
    StrategySpec(
        name="centre",
        title="Centre both",
        formula="norm(x − λμx), norm(y − λμy)",
        known=(
            "On real CLIP it keeps or lifts cross-modal recall, yet a gap near zero is not "
            "bias zero: bias@10 stays near .89, since same-modality scores spread wider."
        ),
        changes="vectors",
        stores=_SHIFT_STORES,
        query_cost=_SHIFT_COST,
        parameters=("strength",),
        align=lambda options: CentreBoth(options.strength),
    ),
)

_MAPS = (
    StrategySpec(
        name="zscore",
        title="Per-dimension z-score",
        formula="norm((x − μx) / σx), norm((y − μy) / σy), by dimension",
        known=(
            "On real CLIP it keeps recall (R@1 .63 and .60, held out) and lowers bias@10 a "
            "little more than centring does, to .79 for images and .88 for texts."
        ),
        changes="vectors",
        stores="a mean and a spread vector a modality",
        query_cost="nothing more: the query is rescaled once, O(d)",
        align=lambda options: StandardiseDimensions(),
    ),
    StrategySpec(
        name="procrustes",
        title="Rotation and translation",
        formula="norm((x − μx)R), norm(y − μy); R = UVᵀ of SVD((X − μx)ᵀ(Y − μy))",
        known=(
            "A free rotation overfits: 250 pairs of real CLIP in 512 dimensions drop held-out "
            "R@1 from .62 to .24."
        ),
        changes="vectors",
        stores=_MAP_STORES,
        query_cost=_MAP_COST,
        parameters=("anchor",),
        needs_pairs=True,
        align=lambda options: Procrustes(options.anchor),
    ),
    StrategySpec(
        name="ridge",
        title="Ridge towards identity",
        formula="norm((x − μx)W), norm(y − μy); W = (AᵀA + λI)⁻¹(AᵀB + λI)",
        known=(
            "Held back by λ = 30, 250 pairs of real CLIP keep held-out R@1 at .63 and .61 with "
            "bias@10 at .83 and .87; λ = 1 trades recall (.53 and .58) for bias (.62 and .59)."
        ),
        changes="vectors",
        stores=_MAP_STORES,
        query_cost=_MAP_COST,
        parameters=("ridge", "anchor"),
        needs_pairs=True,
        align=lambda options: RidgeToIdentity(options.ridge, options.anchor),
    ),
)

_SCORES = (
    StrategySpec(
        name="znorm",
        title="Score z-norm by pair of modalities",
        formula="(x · y − m_ab) / σ_ab, from calibration scores of modalities a and b",
        known=(
            "No vector moves and each list keeps its order, yet on real CLIP bias@10 falls to "
            ".40 and .34 and the match rises to NDCG@10 .68 and .71 (held out)."
        ),
        changes="scores",
        stores="two numbers a pair of modalities",
        query_cost="one multiply-add a score, O(N)",
        score=lambda options: PairNormalisation(),
    ),
    StrategySpec(
        name="nnn",
        title="Nearest-neighbour normalisation",
        formula="x · y − α · mean of the k best scores of y with reference queries",
        known=(
            "On real CLIP α = 1 and k = 10 bring bias@10 to .39 and .38, NDCG@10 to .62 and .59 "
            "and R@1 to .62 and .64 (held out), but at α = .75, best for recall, bias stays .9; "
            "it needs references that resemble the queries to come."
        ),
        changes="scores",
        stores="one number a row and query modality, from the reference queries",
        query_cost="one addition a score, O(N)",
        parameters=("alpha", "neighbours"),
        score=lambda options: NearestNeighbourNormalisation(options.alpha, options.neighbours),
    ),
    StrategySpec(
        name="csls",
        title="CSLS",
        formula="2 x · y − r(x) − r(y), r = mean of the k best scores",
        known=(
            "On real CLIP k = 10 brings bias@10 to .41 and .38, NDCG@10 to .66 and .64 and R@1 "
            "to .71 and .67, but transductively: it reads all queries before it answers one, "
            "which flatters a service that meets them one by one."
        ),
        changes="scores",
        stores="one number a row and query modality, from the queries themselves",
        query_cost="N·log k more, to find the query's own k best a modality",
        parameters=("neighbours",),
        transductive=True,
        score=lambda options: CrossDomainLocalScaling(options.neighbours),
    ),
)

_LISTS = (
    StrategySpec(
        name="route",
        title="Route and fuse by rank",
        formula="one index per modality, Σ weight / (k + rank)",
        known=(
            "Over disjoint lists this is interleaving: bias is .5 by construction with two "
            "equal weights, k does not matter then, and quality turns on how ties break."
        ),
        changes="lists",
        stores="one index a modality",
        query_cost=_LISTS_COST,
        parameters=("fusion",),
        fuse=lambda options: options.fusion,
    ),
    StrategySpec(
        name="minmax",
        title="Route and merge by min-max",
        formula="one index per modality, (s − min) / (max − min) within each list",
        known=(
            "The best of every list ties at 1, so that quality turns on how ties break: on real "
            "CLIP bias@10 is .59 and .63, and NDCG@10 .49 and .49 where the query's modality wins "
            "them, .72 and .70 where the other does (held out)."
        ),
        changes="lists",
        stores="one index a modality",
        query_cost=_LISTS_COST,
        parameters=("fusion",),
        fuse=lambda options: ScoreFusion("min-max", options.fusion.ties),
    ),
    StrategySpec(
        name="route-zscore",
        title="Route and merge by z-score",
        formula="one index per modality, (s − mean) / σ within each list",
        known=(
            "It needs the scores of the whole list, not of its top alone; on real CLIP bias@10 "
            "is .52 and .39 and NDCG@10 .65 and .69 (held out)."
        ),
        changes="lists",
        stores="one index a modality",
        query_cost="a mean and a σ of each list, O(N), then as any routing",
        fuse=lambda options: ScoreFusion("z-score"),
    ),
    StrategySpec(
        name="dbsf",
        title="Route and merge by DBSF",
        formula="as by z-score, clipped at ±3σ",
        known=(
            "Clipping makes equals of everything beyond 3σ, exactly the entries that answer a "
            "query well: on real CLIP NDCG@10 is .53 and .60 where the query's modality wins "
            "those ties, .70 and .72 where the other does (held out)."
        ),
        changes="lists",
        stores="one index a modality",
        query_cost="a mean and a σ of each list, O(N), then as any routing",
        parameters=("fusion",),
        fuse=lambda options: ScoreFusion("dbsf", options.fusion.ties),
    ),
)

_ITEMS = (
    StrategySpec(
        name="items-rrf",
        title="Several vectors per item, by rank",
        formula="one index per modality, Σ weight / (k + rank) over the vectors of an item",
        known=(
            "Here k and the weights do matter, since an item stands in several lists; an item "
            "that lacks a modality is outvoted by those that have it, and so is the query's own "
            "where its entry of the query's modality is left out."
        ),
        changes="items",
        stores="one index a modality and the item of every row",
        query_cost="N·log N to rank both lists whole, then O(items) to add them up",
        parameters=("fusion",),
        fuse=lambda options: ItemFusion("rrf", options.fusion),
    ),
    StrategySpec(
        name="items-max",
        title="Several vectors per item, by best cosine",
        formula="max over the vectors of an item of x · y",
        known=(
            "No item is listed twice, but the gap stays: the best vector of an item is nearly "
            "always the one of the query's modality."
        ),
        changes="items",
        stores="the item of every row",
        query_cost="one comparison a row, O(N)",
        fuse=lambda options: ItemFusion("max"),
    ),
)

STRATEGIES: dict[str, StrategySpec] = {
    card.name: card for card in (*_BASELINE, *_OFFSETS, *_MAPS, *_SCORES, *_LISTS, *_ITEMS)
}

ALIASES = {
    "one-sided": "offset",
    "one-sided-offset": "offset",
    "half-half": "half",
    "half/half": "half",
    "center": "centre",
    "centre-both": "centre",
    "center-both": "centre",
    "gr-clip": "centre",
    "i0t-post": "centre",
    "z-score": "zscore",
    "standardise": "zscore",
    "standardize": "zscore",
    "rotation": "procrustes",
    "score-znorm": "znorm",
    "z-norm": "znorm",
    "rrf": "route",
    "route-rrf": "route",
    "route+rrf": "route",
    "routing": "route",
    "routed": "route",
    "min-max": "minmax",
    "route-minmax": "minmax",
    "route-min-max": "minmax",
    "route+min-max": "minmax",
    "route-z-score": "route-zscore",
    "route+z-score": "route-zscore",
    "route-dbsf": "dbsf",
    "route+dbsf": "dbsf",
    "items": "items-rrf",
}
