"""The figures of the directions, in words."""

from dataclasses import replace

from gapviz.analyses.directions.analysis import ASYMMETRY, PREDICTED, TARGETS
from gapviz.core.wording import sentence
from gapviz.measures.described import BY_PAIR, Rules, described_figures
from gapviz.measures.diagnostics.mixed_index import RETRIEVAL
from gapviz.measures.rank_correlation import FEWEST_POINTS
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.outcomes import DEPTH

DIRECTIONS = (
    *described_figures(
        replace(
            RETRIEVAL,
            left_out=f"{RETRIEVAL.left_out} Strategies that rank items, which have several "
            "modalities.",
        ),
        ("two modalities",),
        [
            (
                "target_share",
                f"Target share@{DEPTH}",
                rf"\overline{{|\{{\text{{top {DEPTH} of the target modality}}\}}|/{DEPTH}}}",
                f"{sentence(TARGETS['share'])} That of the query's own modality is its bias.",
                "",
            ),
            (
                "target_hit_rate",
                f"Target hit rate@{DEPTH}",
                rf"\overline{{[\text{{some of the top {DEPTH} have the target modality}}]}}",
                f"{sentence(TARGETS['hit_rate'])} 0 to 1.",
                "",
            ),
        ],
    ),
    *described_figures(
        replace(
            RETRIEVAL,
            interval="95 %; queries, gallery and fit vary, both ways in the same parts of the "
            "data. A direction is called better only where that holds for all pairs of modalities "
            "and all figures at once (max-T).",
            left_out="Items that lack one of the two modalities: they neither ask nor are "
            f"searched; of more than {MAX_QUERIES:,} queries, all but a seeded sample.",
        ),
        BY_PAIR,
        [
            (
                "asymmetry",
                "Asymmetry of two directions",
                r"f_{A\to B}-f_{B\to A}",
                f"{sentence(ASYMMETRY)} Of R@1, R@{DEPTH} and NDCG@{DEPTH}.",
                "Westfall & Young 1993",
            )
        ],
    ),
    *described_figures(
        replace(
            RETRIEVAL,
            left_out="The row that asks; items with a single row of the modality; modalities "
            "in which items share labels, which then say what answers.",
        ),
        ("second rows",),
        [
            (
                "row_recall",
                f"R@1, R@{DEPTH} and NDCG@{DEPTH} of an item's other rows",
                r"\overline{[\text{rank of another row of the item}\le k]}",
                "How the rows of an item find each other within one modality, 0 to 1: a second "
                "caption the first, say.",
                "",
            )
        ],
    ),
    *described_figures(
        Rules(
            estimand="The rank correlation over all pairs of modalities and models that these are "
            "a sample of.",
            ties="Equal values share the mean of their ranks.",
            interval="95 %; the points vary, as if each were independent of the others (Fisher's "
            "z, Bonett & Wright 2000). Pairs that share a modality or a model are not, so that it "
            "is too narrow.",
            left_out=f"Pairs without matched items; fewer than {FEWEST_POINTS} points.",
        ),
        BY_PAIR,
        [
            (
                "gap_predicts",
                "Whether the gap predicts retrieval",
                r"\rho(\text{gap},\ \tfrac12(f_{A\to B}+f_{B\to A}))",
                f"Spearman's {PREDICTED}; −1 to 1.",
                "Spearman 1904",
            )
        ],
    ),
)
