"""Group cost: whether clusters of all rows follow what items mean, or their modality."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gapviz.measures.described import Rules
from gapviz.measures.diagnostics.diagnostic import Diagnostic
from gapviz.measures.geometry.groups import FEW_CLUSTERS, MOST_ITEMS, SHUFFLES, STARTS

PLACE = 6
"""Of the family in tables."""

NO_LABELS = (
    "No two held-out items share their only label, so clusters can be held against modality alone."
)
RULES = Rules(
    estimand="Its mean over fresh samples of as many items, each clustered anew, from the "
    "population that the items are a sample of, under the strategy as it was fitted.",
    ties="No list is ranked; a row equally near to two centres belongs to the first.",
    interval="95 %; items vary, and k-means is run anew (a delete-a-fifth jackknife); the fit of "
    "the strategy is held.",
    left_out="Of an item's rows of one modality all but the first; of more than "
    f"{MOST_ITEMS:,} items, all but a seeded sample.",
)
_LABELLED = replace(RULES, left_out=f"{RULES.left_out} Items without a label, or with several.")
MADE = f"k-means (k-means++; best of {STARTS} starts, of over {FEW_CLUSTERS} clusters the first)"
CHANCE = f"mean over {SHUFFLES} shuffles"
"""In words."""

_V = r"\frac{2hc}{h+c},\quad h=1-\frac{H(L|K)}{H(L)},\ c=1-\frac{H(K|L)}{H(K)}"
_further = partial(Diagnostic, brief=False, rules=RULES)

DIAGNOSTICS = (
    _further(
        name="v_measure_labels",
        rules=_LABELLED,
        needs=("two modalities", "only labels"),
        title="V-measure of clusters against labels",
        formula=_V,
        reading=f"Whether as many clusters of all rows as there are labels, by {MADE}, are the "
        "labels, 0 to 1. It says something only above chance, which is high where labels are "
        "many.",
        source="Rosenberg & Hirschberg 2007; Grassucci et al. 2026",
        better="higher",
        read=lambda m: m.groups.labels.v.estimate,
        chance=lambda m: m.groups.labels.chance.v,
    ),
    _further(
        name="modality_homogeneity",
        rules=_LABELLED,
        needs=("two modalities", "only labels"),
        title="Those clusters' homogeneity by modality",
        formula=r"1-\frac{H(M|K)}{H(M)}",
        reading="1: every cluster of the labels holds one modality alone, so that a label is told "
        "once by modality; 0: each holds all modalities in their shares.",
        source="Rosenberg & Hirschberg 2007",
        better="lower",
        read=lambda m: m.groups.purity.homogeneity.estimate,
        chance=lambda m: m.groups.purity.chance.homogeneity,
    ),
    _further(
        name="v_measure_modality",
        title="V-measure of clusters against modality",
        formula=_V.replace("L", "M"),
        reading=f"Whether as many clusters of all rows as there are modalities, by {MADE}, are the "
        "modalities: 1 where they are, 0 where both know nothing of each other.",
        source="Rosenberg & Hirschberg 2007",
        better="lower",
        read=lambda m: m.groups.modality.v.estimate,
        chance=lambda m: m.groups.modality.chance.v,
    ),
)
