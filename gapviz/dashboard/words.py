"""What the words of a page mean: a button at the top of every page opens their hints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from gapviz.core.foreign import in_html
from gapviz.core.term import Term
from gapviz.core.terms import TERMS, term

LABEL = "Words"

GAP = ("modality gap", "modality", "cone", "centroid", "encoder", "cosine", "raw")
SEARCH = ("mixed index", "match", "rank", "bias rate", "neutral", "lift", "NDCG@10", "R@10")
HOW = ("held-out", "evaluate split", "calibrate split", "95 % interval", "chance", "ties")
WAYS = ("strategy", "offset", "lambda", "z-norm", "RRF")
FURTHER_WAYS = (
    "DBSF",
    "min-max",
    "CSLS",
    "NNN",
    "inverted softmax",
    "Procrustes",
    "whitening",
    "Sinkhorn",
    "transductive",
)
CARDS = ("cloud separation", "noise floor")
DRAWN = ("UMAP", "PCA", "gap axis")

_CONES = (*GAP, *CARDS, *SEARCH, *HOW, *DRAWN, *WAYS, "judgments")
_SCORES = (*GAP, *SEARCH, *HOW, *WAYS, "CSLS", "threshold", "AUC", "precision")

PAGE_TERMS: Mapping[str, tuple[str, ...]] = {
    "": _CONES,
    "cones": _CONES,
    "search": (*GAP, *SEARCH, *HOW, *WAYS, "judgments", "threshold", "precision"),
    "within": (*GAP, "match", "R@10", "mAP", "rank", "neutral", *HOW, "precision", "temperature"),
    "why": (*GAP, *SEARCH, *HOW, "temperature", "contrastive loss"),
    "tour": (*GAP, *CARDS, *SEARCH, *HOW, *WAYS, "imbalance", "judgments"),
    "scoreboard": (
        *GAP,
        *SEARCH,
        *HOW,
        *WAYS,
        *FURTHER_WAYS,
        "imbalance",
        "MRR",
        "mAP",
        "judgments",
        "threshold",
        "Pareto front",
        "temperature",
        "V-measure",
    ),
    "directions": (*GAP, *SEARCH, *HOW, "mAP", "z-norm"),
    "curves": (*GAP, *SEARCH, *HOW, *WAYS, "temperature", "contrastive loss", "judgments"),
    "scores": _SCORES,
    "anatomy": (
        *GAP,
        *SEARCH,
        *HOW,
        "hub",
        "skew",
        "effective rank",
        "alignment and uniformity",
        "V-measure",
        *WAYS,
    ),
    "approximate": (*GAP, *SEARCH, *HOW, *WAYS, "approximate index", "quantised"),
    "protocol": tuple(one.name for one in TERMS),
    "decide": (
        *GAP,
        *CARDS,
        *SEARCH,
        *HOW,
        *WAYS,
        *FURTHER_WAYS,
        "imbalance",
        "hub",
        "judgments",
        "threshold",
        "temperature",
    ),
    "export": (
        *GAP,
        *CARDS,
        *SEARCH,
        *HOW,
        *WAYS,
        "judgments",
        "threshold",
        "precision",
        "approximate index",
    ),
    "findings": (*GAP, *SEARCH, *HOW, *WAYS),
    "data": ("modality gap", "modality", "encoder", "match", "judgments", "quantised"),
}
"""By address of a page, the terms that it uses; that of the first page is empty."""


def terms_of(page: str) -> tuple[Term, ...]:
    """The terms that the page of an address uses, in the order in which they are explained."""
    used = {term(name) for name in PAGE_TERMS.get(page, ())}
    return tuple(one for one in TERMS if one in used)


def show_words(page: str) -> None:
    """A button that opens the hints of the terms of a page, and below them those of all others."""
    used = terms_of(page)
    others = [one for one in TERMS if one not in used]
    here = f"<p>On this page</p>{_list(used)}" if used else ""
    with st.popover(
        LABEL, icon=":material/menu_book:", key="words", help="What the words on this page mean"
    ):
        st.html(
            f'<div class="gv-words">{here}<details{" open" * (not used)}>'
            f"<summary>All other words</summary>{_list(others)}</details></div>"
        )


def _list(terms: Iterable[Term]) -> str:
    rows = (f"<dt>{in_html(one.name)}</dt><dd>{in_html(one.hint)}</dd>" for one in terms)
    return f"<dl>{''.join(rows)}</dl>"
