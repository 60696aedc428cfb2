"""The figures of approximate indexes, in words."""

from dataclasses import replace

from gapviz.analyses.approximate.asked import INTERVAL_RULE, RECALL_RULE, SAMPLE_RULE
from gapviz.analyses.approximate.effort import COST_RULE
from gapviz.analyses.approximate.storage import STORED_RULE
from gapviz.core.wording import sentence
from gapviz.measures.described import Rules, described_figures
from gapviz.measures.retrieval.approximate_recall import DEPTH
from gapviz.strategies.fusion.ties import TOLERANCE

_RULES = Rules(
    estimand="Its mean over the items that this collection is a sample of, over this very index.",
    ties=f"An entry within {TOLERANCE:g} of the exact cosine of the last of the first {DEPTH} "
    "counts as one of them.",
    interval=INTERVAL_RULE.removeprefix("Intervals: "),
    left_out="Rows of the items that ask, in the modality that they ask with; of many items, all "
    "but a seeded sample.",
)
APPROXIMATE = (
    *described_figures(
        _RULES,
        ("two modalities",),
        [
            (
                "approximate_recall",
                f"Recall@{DEPTH} of an index",
                rf"|\text{{found}}_{{{DEPTH}}}\cap\text{{exact}}_{{{DEPTH}}}|/{DEPTH}",
                f"{RECALL_RULE} 0 to 1. {SAMPLE_RULE}",
                "Aumüller et al. 2020",
            ),
            (
                "effort_needed",
                "Distance computations for a recall",
                r"\min\{\bar c(e):\ \overline{\text{recall}}(e)\ge r\}",
                COST_RULE,
                "Malkov & Yashunin 2018",
            ),
        ],
    ),
    *described_figures(
        replace(
            _RULES,
            interval=f"{_RULES.interval} Where the same items ask on both sides they are drawn "
            "together.",
        ),
        ("two modalities",),
        [
            (
                "effort_factor",
                "Cost of cross-modal queries",
                r"c_{A\to B}(r)\big/c_{B\to B}(r)",
                "Distance computations that queries of one modality need among entries of the "
                "other, over those that the other's own queries need, for the same recall; 1 where "
                "the gap costs nothing.",
                "Chen et al. 2024 (RoarGraph)",
            )
        ],
    ),
    *described_figures(
        _RULES,
        ("two modalities",),
        [
            (
                "stored_recall",
                f"Recall@{DEPTH} of stored vectors",
                rf"|\text{{top}}_{{{DEPTH}}}(\hat x)\cap\text{{top}}_{{{DEPTH}}}(x)|/{DEPTH}",
                sentence(STORED_RULE.removesuffix(".")),
                "Jégou et al. 2011",
            )
        ],
    ),
)
