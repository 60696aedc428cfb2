"""Cosines of matched and of mismatched pairs, and how well they tell them apart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import attrgetter

from gapviz.measures.described import BY_PAIR, GEOMETRY
from gapviz.measures.diagnostics.diagnostic import Diagnostic
from gapviz.measures.geometry.contrast import INFO_NCE_BATCH
from gapviz.measures.geometry.pair_scores import EXACT_SCORES, SAMPLED_SCORES

PLACE = 3
"""Of the family in tables."""

_further = partial(Diagnostic, brief=False, rules=GEOMETRY)
_between = partial(_further, needs=BY_PAIR)
_OTHER_ITEMS = replace(GEOMETRY, left_out="Two rows of one item.")
_SAMPLED = replace(
    GEOMETRY,
    left_out=f"Of a type with more than {EXACT_SCORES:,} pairs, all but a seeded sample of "
    f"{SAMPLED_SCORES:,}.",
)

DIAGNOSTICS = (
    _between(
        name="matched_cosine",
        title="Matched cosine",
        formula=r"\overline{x_i\cdot y_i}",
        reading="Mean cosine of an item's image with its own text, −1 to 1.",
        better="higher",
        read=lambda m: m.geometry.cosines.matched,
    ),
    _further(
        name="mismatched_cosine",
        title="Mismatched cosine",
        formula=r"\overline{x_i\cdot y_j},\ i\neq j",
        reading="Mean cosine of an image with another item's text, −1 to 1.",
        better="lower",
        read=lambda m: m.geometry.cosines.mismatched,
    ),
    *(
        _further(
            name=f"cone_{one}",
            rules=_OTHER_ITEMS,
            needs=() if one == "x" else ("two modalities",),
            key="",
            title=f"Cone of the {place} modality",
            formula=rf"\overline{{{one}_i\cdot {one}_j}},\ i\neq j",
            reading="Mean cosine of two items' rows: 0 isotropic, 1 collapsed to a point.",
            source="Liang et al. 2022",
            better="lower",
            read=attrgetter(f"geometry.{one}.cone"),
        )
        for one, place in (("x", "first"), ("y", "second"))
    ),
    _between(
        name="alignment",
        title="Alignment",
        formula=r"\overline{\lVert x_i-y_i\rVert^2}",
        reading="Mean squared distance of matched pairs, 0 to 4; lower is better.",
        source="Wang & Isola 2020",
        better="lower",
        read=lambda m: m.geometry.alignment,
    ),
    _further(
        name="uniformity",
        rules=_SAMPLED,
        key="uniformity_joint",
        title="Uniformity (joint)",
        formula=r"\log\overline{e^{-2\lVert a-b\rVert^2}}",
        reading="How evenly both clouds together fill the sphere, up to 0; lower is more even.",
        source="Wang & Isola 2020",
        better="lower",
        read=lambda m: m.geometry.uniformity.joint,
    ),
    _between(
        name="auc_matched",
        rules=replace(_SAMPLED, ties="Half of every two equal cosines counts as won."),
        title="AUC matched against mismatched",
        formula=r"P(\cos_\text{matched}>\cos_\text{mismatched})",
        reading="0.5 chance, 1 perfect: how well a cosine tells a true pair from a false one.",
        source="Mann & Whitney 1947",
        better="higher",
        read=lambda m: m.geometry.auc_matched,
    ),
    _between(
        name="d_prime",
        rules=_SAMPLED,
        title="Sensitivity d′",
        formula=(
            r"\frac{\bar s_\text{matched}-\bar s_\text{mismatched}}"
            r"{\sqrt{\frac12(\sigma^2_\text{matched}+\sigma^2_\text{mismatched})}}"
        ),
        reading="The same in standard deviations, from 0; higher is better.",
        source="Green & Swets 1966",
        better="higher",
        read=lambda m: m.geometry.d_prime,
    ),
    _between(
        name="info_nce",
        rules=replace(
            GEOMETRY,
            estimand="Its mean over fresh batches of as many pairs, from the population that the "
            "items are a sample of.",
            left_out="All pairs of an item but one; of more than "
            f"{INFO_NCE_BATCH:,}, all but a seeded sample.",
        ),
        title="InfoNCE (symmetric, τ = 1/100)",
        formula=r"-\tfrac12\left(\overline{\log p(y_i|x_i)}+\overline{\log p(x_i|y_i)}\right)",
        reading=(
            "Contrastive loss in nats with all measured pairs as one batch; lower is better and "
            "comparable only at equal batch size."
        ),
        source="van den Oord et al. 2018",
        better="lower",
        read=lambda m: m.geometry.info_nce,
    ),
)
