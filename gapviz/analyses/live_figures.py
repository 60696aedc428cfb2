"""Figures of a live index as `gapviz protocol` lists them."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.wording import sentence
from gapviz.measures.described import DescribedFigure, Rules, described_figures
from gapviz.measures.live import ASKING
from gapviz.measures.retrieval.intervals import QUERIES_VARIED
from gapviz.measures.retrieval.judged import DEPTH
from gapviz.strategies.fusion.ties import TIE_RULE

_ADDS = Rules(
    estimand="Its mean over fresh queries, from the population that the items are a sample of, to "
    "this very store as it is configured.",
    ties=sentence(TIE_RULE),
    interval=f"{sentence(QUERIES_VARIED)} Of a difference that no query shows, the rule of three.",
    left_out=f"Of more than {ASKING:,} queries of a modality, all but a seeded sample, and "
    "the rows of the query's own item in its own modality.",
)
_RECALL = replace(
    _ADDS,
    ties="What scores like the last of the exact list counts as it.",
    interval="95 %, Wilson's interval over the items that ask.",
)

LIVE: tuple[DescribedFigure, ...] = (
    *described_figures(
        _ADDS,
        ("vector store",),
        [
            (
                "live_difference",
                "What the approximate index adds",
                r"\overline{\theta_\text{engine}-\theta_\text{exact}},\quad"
                rf"\theta\in\{{\text{{bias@{DEPTH}}},\text{{target hits@{DEPTH}}},"
                rf"\text{{NDCG@{DEPTH}}}\}}",
                "A figure of the engine's own lists minus that of exact search over the same "
                "entries, query by query: 0 where the engine finds what there is.",
                "",
            )
        ],
    ),
    *described_figures(
        _RECALL,
        ("vector store",),
        [
            (
                "live_recall",
                f"R@{DEPTH} of the engine against exact search",
                rf"\overline{{|\text{{engine's first }}{DEPTH}\cap\text{{exact first }}{DEPTH}|"
                rf"/{DEPTH}}}",
                f"Share of the first {DEPTH} of exact search that the engine has in its own: 1 "
                "where it approximates nothing.",
                "Malkov & Yashunin 2020",
            )
        ],
    ),
)
