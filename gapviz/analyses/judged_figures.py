"""Figures by judgments as `gapviz protocol` lists them."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.wording import sentence
from gapviz.measures.described import DescribedFigure, Rules, described_figures
from gapviz.measures.diagnostics.mixed_index import RETRIEVAL
from gapviz.measures.retrieval.intervals import ESTIMAND, INTERVAL_RULES
from gapviz.measures.retrieval.judged import DEPTH, JUDGED_FIGURES
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.retrieval.run import LIST_DEPTH

_QUALITY = Rules(
    estimand=f"{sentence(ESTIMAND)} A query is drawn with the first item that answers it.",
    ties=f"{RETRIEVAL.ties} Of a run that was given, equal numbers are equal. "
    f"A list is cut at {LIST_DEPTH}; what stands behind counts as not found.",
    interval=f"{sentence(INTERVAL_RULES['all'])} A query is left out with the first item that "
    "answers it. Of a run of another system the fit is held.",
    left_out="Queries that calibrate, and those that no item answers; of more than "
    f"{MAX_QUERIES:,}, all but a seeded sample. What nobody judged counts as wrong.",
)
_SHARE = replace(
    _QUALITY,
    left_out="Queries that calibrate, and those with an empty list; of more than "
    f"{MAX_QUERIES:,}, all but a seeded sample.",
)
_JARVELIN, _MANNING = "Järvelin & Kekäläinen 2002", "Manning et al. 2008"
_RELEVANT = r"\text{rel}"


def _told(name: str) -> str:
    return sentence(JUDGED_FIGURES[name])


JUDGED: tuple[DescribedFigure, ...] = (
    *described_figures(
        _QUALITY,
        ("judgments",),
        [
            (
                "judged_ndcg",
                f"NDCG@{DEPTH} by judgments",
                rf"\frac{{\sum_{{i\le {DEPTH}}}g_i/\log_2(1+i)}}"
                rf"{{\sum_{{i\le {DEPTH}}}g^*_i/\log_2(1+i)}},\quad g=\max(\text{{grade}},0)",
                f"{_told('ndcg')} Gains are linear, not 2^grade; items are listed once, at their "
                "best row, or rows, as the queries ask.",
                _JARVELIN,
            ),
            *(
                (
                    f"judged_recall@{k}",
                    f"R@{k} by judgments",
                    rf"\frac{{|{_RELEVANT}\cap\text{{first }}{k}|}}{{|{_RELEVANT}|}}",
                    f"Share of the items that answer which stand in the first {k}.",
                    _MANNING,
                )
                for k in (DEPTH, LIST_DEPTH)
            ),
            (
                "judged_mrr",
                "MRR by judgments",
                r"\overline{1/\text{rank of the first relevant}}",
                f"{_told('mrr')} 0 where none stands in the first {LIST_DEPTH}.",
                "Voorhees 1999",
            ),
            (
                "judged_map",
                "MAP by judgments",
                rf"\overline{{\frac1{{|{_RELEVANT}|}}\sum_{{r\in{_RELEVANT}}}"
                r"\text{precision at rank }r}",
                _told("map"),
                _MANNING,
            ),
        ],
    ),
    *described_figures(
        _SHARE,
        ("judgments",),
        [
            (
                "target_hit",
                f"Target-modality hit rate@{DEPTH}",
                rf"\tfrac1{{{DEPTH}}}\,|\text{{first }}{DEPTH}\cap\text{{asked modality}}|",
                f"{_told('target_hit')} Of queries that ask for none it is not known.",
                "",
            ),
            (
                "judged_bias",
                "Bias rate and lift by judgments",
                rf"b=\tfrac1{{{DEPTH}}}\,|\text{{first }}{DEPTH}\cap\text{{own modality}}|,\quad "
                r"b/\text{share of the corpus}",
                f"{_told('bias')} Of an item whose row is not told, the share of its rows counts.",
                "",
            ),
            (
                "unjudged",
                f"Unjudged@{DEPTH}",
                rf"\tfrac1{{{DEPTH}}}\,|\text{{first }}{DEPTH}\setminus\text{{judged}}|",
                f"{_told('unjudged')} The more, the less the figures of quality say.",
                "Buckley & Voorhees 2004",
            ),
        ],
    ),
)
