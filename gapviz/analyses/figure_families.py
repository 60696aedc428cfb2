"""Every figure that gapviz shows, by family: what `gapviz protocol` lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType

from gapviz.analyses import within
from gapviz.analyses.advice.advice import VERDICT_RULE
from gapviz.analyses.anatomy.described import ANATOMY
from gapviz.analyses.approximate.described import APPROXIMATE
from gapviz.analyses.directions.described import DIRECTIONS
from gapviz.analyses.judged_figures import JUDGED
from gapviz.analyses.live_figures import LIVE
from gapviz.analyses.scoreboard.analysis import FRONT, IMBALANCE
from gapviz.analyses.scoreboard.rows import FRONT_DRAWS
from gapviz.analyses.thresholds.analysis import RATES
from gapviz.analyses.thresholds.described import MATCHES
from gapviz.core.wording import sentence
from gapviz.measures.described import (
    BY_PAIR,
    NO_INTERVAL,
    NONE,
    NONE_RANKED,
    DescribedFigure,
    Rules,
    described_figures,
)
from gapviz.measures.diagnostics import (
    DIAGNOSTICS,
    cosines,
    dimensions,
    gap,
    groups,
    matched,
    mixed_index,
)
from gapviz.measures.diagnostics.mixed_index import OF_THE_MATCH, RETRIEVAL
from gapviz.measures.retrieval.cross import NDCG_DEPTH, RECALL_DEPTHS
from gapviz.measures.retrieval.intervals import ESTIMAND, INTERVAL_RULES, QUERIES_ESTIMAND
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.measures.retrieval.within import DEPTHS


@dataclass(frozen=True, slots=True)
class Family:
    """Figures that are measured alike."""

    name: str
    title: str
    figures: tuple[DescribedFigure, ...]


def families() -> dict[str, Family]:
    """Every family by name, with the diagnostics that other packages add last."""
    ours = (
        Family("gap", "Gap", _diagnostics(gap)),
        Family("mixed", "Mixed index", (*_diagnostics(mixed_index), *MIXED)),
        Family("judged", "By judgments", JUDGED),
        Family("live", "A live index", LIVE),
        Family("cross", "One modality finds another", CROSS),
        Family("clouds", "Clouds and cosines", _diagnostics(cosines)),
        Family("dimensions", "Dimensions of the gap", _diagnostics(dimensions)),
        Family("matched", "Matched pairs", _diagnostics(matched)),
        Family("groups", "Clusters of all rows", _diagnostics(groups)),
        Family("within", "Within a modality", WITHIN),
        Family("directions", "Directions", DIRECTIONS),
        Family("thresholds", "Thresholds", THRESHOLDS),
        Family("matches", "Is this a match?", MATCHES),
        Family("curves", "Curves", CURVES),
        Family("anatomy", "Hubs, spectra and drawings", ANATOMY),
        Family("approximate", "Approximate indexes", APPROXIMATE),
        Family("choices", "Scoreboard and Decide", CHOICES),
    )
    listed = {figure.name for family in ours for figure in family.figures}
    others = tuple(one for name, one in DIAGNOSTICS.items() if name not in listed)
    further = (Family("further", "Further diagnostics", others),) if others else ()
    return {family.name: family for family in (*ours, *further)}


def _diagnostics(module: ModuleType) -> tuple[DescribedFigure, ...]:
    return tuple(DIAGNOSTICS[one.name] for one in module.DIAGNOSTICS)


MANNING = "Manning et al. 2008"

MIXED = (
    *described_figures(
        OF_THE_MATCH,
        BY_PAIR,
        [
            (
                "recall",
                f"Mixed-index R@{DEPTH}",
                rf"\overline{{[\text{{rank of the match}}\le {DEPTH}]}}",
                f"Share of queries whose match stands in the first {DEPTH} of the mixed index.",
                MANNING,
            )
        ],
    ),
    *described_figures(
        replace(
            RETRIEVAL,
            interval=f"{sentence(INTERVAL_RULES['all'])} It reaches 0 unless some lift is off 1 by "
            "more than chance (Bonferroni).",
        ),
        ("two modalities",),
        [
            (
                "imbalance",
                f"Imbalance@{DEPTH}",
                r"\frac1M\sum_m\left|\text{lift}_m-1\right|",
                sentence(IMBALANCE),
                "",
            )
        ],
    ),
)

CROSS = described_figures(
    replace(
        RETRIEVAL,
        left_out="Queries whose item has no row in the modality that is searched; of more than "
        f"{MAX_QUERIES:,}, all but a seeded sample.",
    ),
    BY_PAIR,
    [
        *(
            (
                f"cross_recall@{k}",
                f"Cross-modal R@{k}",
                rf"\overline{{[\text{{best rank of a match}}\le {k}]}}",
                f"Share of queries with a match in the first {k} of the other modality alone.",
                MANNING,
            )
            for k in RECALL_DEPTHS
        ),
        (
            "cross_ndcg",
            f"Cross-modal NDCG@{NDCG_DEPTH}",
            rf"\frac{{\sum_{{r\le{NDCG_DEPTH}}}\mathrm{{rel}}_r/\log_2(1+r)}}"
            r"{\text{the same, ideally ordered}}",
            "How high the matches rank in the other modality alone, 0 to 1.",
            "Järvelin & Kekäläinen 2002",
        ),
        (
            "cross_mrr",
            "Cross-modal MRR",
            r"\overline{1/\text{best rank of a match}}",
            "Mean reciprocal rank of the first match in the other modality alone, 0 to 1.",
            MANNING,
        ),
    ],
)

_WITHIN = replace(
    RETRIEVAL,
    estimand=sentence(QUERIES_ESTIMAND),
    interval=sentence(INTERVAL_RULES["queries"]),
    left_out=f"{sentence(within.LEFT_OUT)} Items that share their label with no other.",
)
WITHIN = (
    *described_figures(
        _WITHIN,
        ("labels",),
        [
            (
                "within_map",
                "mAP within a modality",
                r"\overline{\tfrac1R\sum_{r\text{ relevant}}\text{precision at rank }r}",
                sentence(within.MEANINGS["map"]),
                MANNING,
            ),
            *(
                (
                    f"within_recall@{k}",
                    f"R@{k} within a modality",
                    rf"\overline{{[\text{{rank of the first relevant item}}\le {k}]}}",
                    f"{sentence(within.MEANINGS['recall'])} Here k = {k}.",
                    MANNING,
                )
                for k in DEPTHS
            ),
            (
                "within_ndcg",
                f"NDCG@{NDCG_DEPTH} within a modality",
                rf"\frac{{\sum_{{r\le{NDCG_DEPTH}}}\mathrm{{rel}}_r/\log_2(1+r)}}"
                r"{\text{the same, ideally ordered}}",
                "How high the items that share a label rank, 0 to 1.",
                "Järvelin & Kekäläinen 2002",
            ),
        ],
    ),
    *described_figures(
        replace(_WITHIN, interval=f"{_WITHIN.interval} Paired by query."),
        ("labels", "second encoder"),
        [
            (
                "within_delta",
                "Within-modal recall delta",
                r"\text{figure}_\text{dedicated}-\text{figure}_\text{joint}",
                sentence(within.MEANINGS["delta"]),
                "Mistretta et al. 2025",
            )
        ],
    ),
)

_PASSING = Rules(
    estimand="The share among such pairs of the population, at this very threshold.",
    ties="A score at the threshold passes.",
    interval=f"{NONE} on Thresholds. In Decide: {INTERVAL_RULES['queries']}.",
    left_out="Two rows of one item within a modality; of many pairs, all but a seeded sample.",
)
THRESHOLDS = (
    *described_figures(
        _PASSING,
        (*BY_PAIR, "calibration"),
        [
            (
                "true_positive",
                "TPR, recall of a threshold",
                r"P(s\ge t\mid\text{relevant})",
                sentence(RATES["TPR"]),
                "",
            ),
            (
                "false_positive",
                "FPR of a threshold",
                r"P(s\ge t\mid\text{not relevant})",
                sentence(RATES["FPR"]),
                "",
            ),
            (
                "precision",
                "Precision of a threshold",
                r"P(\text{relevant}\mid s\ge t)",
                "Share of what passes that is relevant.",
                "",
            ),
        ],
    ),
)

_BY_ORDERS = replace(
    RETRIEVAL,
    interval=f"{NONE}: a band is the lowest and highest value over random orders of the items.",
)
CURVES = (
    *described_figures(
        replace(
            RETRIEVAL,
            estimand=sentence(QUERIES_ESTIMAND),
            interval=sentence(INTERVAL_RULES["queries"]),
        ),
        ("two modalities", "calibration"),
        [
            (
                "curve_strength",
                "R@1, bias and NDCG over the strength λ",
                r"f(\lambda)",
                "The figures of the mixed index and of one modality that finds another, at every "
                "strength of an offset.",
                "",
            ),
            (
                "curve_fusion",
                "Bias and NDCG over k and a weight of rank fusion",
                r"f(k),\ f(w)",
                "The figures of the mixed index at every k and at every weight of one list.",
                "Cormack et al. 2009",
            ),
        ],
    ),
    *described_figures(
        _BY_ORDERS,
        (*BY_PAIR, "calibration"),
        [
            (
                "curve_mix",
                "NDCG and R@1 over the mix of the corpus",
                r"f(\text{share})",
                "How a search does as ever more items are indexed in the other modality.",
                "",
            ),
            (
                "curve_calibration",
                "Direction of the gap, R@1 and bias over calibration items",
                r"f(n)",
                "What a strategy does as it is fitted on ever more items.",
                "",
            ),
        ],
    ),
)

CHOICES = (
    *described_figures(
        Rules(
            estimand=f"The sign of the gain: {ESTIMAND}.",
            ties="Every tie is counted against the way that is judged.",
            interval="95 % for all ways at once; queries, gallery and fit vary, and queries alone "
            "where like finds like and for thresholds.",
            left_out="Ways that cannot be measured on the collection; they are named.",
        ),
        ("two modalities", "calibration"),
        [
            (
                "verdict",
                "Verdict of Decide",
                r"\left|\hat g\right|>c\,t\,\mathrm{se}(\hat g)/1.96,\quad "
                r"c=q_{.95}\left(\max_w|D_w'z|/\mathrm{se}_w\right)",
                VERDICT_RULE,
                "Westfall & Young 1993",
            )
        ],
    ),
    *described_figures(
        Rules(
            estimand="The chance that a fresh sample of these sizes has the row on its front, were "
            "the measured figures the true ones.",
            ties=RETRIEVAL.ties,
            interval=f"{NO_INTERVAL} It is made of the intervals: {FRONT_DRAWS:,} Gaussian draws "
            "in which the figures of all rows move together.",
            left_out="Strategies that read all queries first, and those that rank items.",
        ),
        (*BY_PAIR, "calibration"),
        [
            (
                "on_front",
                "Share of the Pareto front",
                r"P(\nexists\,j:\ \text{imbalance}_j\le\text{imbalance}_i,\ "
                r"\text{NDCG}_j\ge\text{NDCG}_i)",
                f"In how many samples like this one {FRONT}.",
                "",
            )
        ],
    ),
    *described_figures(
        Rules(
            estimand="Itself: a count of these items, not an estimate.",
            ties=NONE_RANKED,
            interval=NO_INTERVAL,
            left_out="Time, memory of an index, comparisons.",
        ),
        (),
        [
            (
                "costs",
                "Bytes an item, multiply-adds a query",
                r"\tfrac4n(\text{numbers kept}),\quad N d+\text{what the strategy adds}",
                "What is kept for an item, and what one query costs by exact search.",
                "",
            )
        ],
    ),
)
