"""What of a pair's distance is the gap and what is left, and whether both clouds are alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gapviz.core.wording import sentence
from gapviz.measures.described import BY_PAIR, GEOMETRY
from gapviz.measures.diagnostics.diagnostic import Diagnostic
from gapviz.measures.geometry.matched import MOST_PAIRS, NEIGHBOURS
from gapviz.strategies.fusion.ties import TIE_RULE

PLACE = 5
"""Of the family in tables."""

_OF_PAIRS = replace(GEOMETRY, left_out="Nothing: every pair weighs alike, of five captions five.")
_SPECTRUM = replace(
    _OF_PAIRS,
    estimand="The same of the population's covariance; of few pairs in many dimensions it looks "
    "more concentrated than that.",
)
_AGREEMENT = replace(
    GEOMETRY,
    estimand="The same of as many items of the population; both it and chance depend on how many "
    "they are.",
    left_out=f"All pairs of an item but the first; of more than {MOST_PAIRS:,}, all but a seeded "
    "sample.",
)
_further = partial(Diagnostic, brief=False, needs=BY_PAIR)

DIAGNOSTICS = (
    _further(
        name="squared_gap",
        rules=_OF_PAIRS,
        title="Squared gap of the pairs",
        formula=r"\lVert\Delta\rVert^2,\quad\Delta=\overline{x_i-y_i}",
        reading="What one translation explains of the alignment, 0 to 4; with the residual it adds "
        "up to it. The gap, squared, where every row has as many partners.",
        source="Decomposition of the mean squared pair distance",
        better="lower",
        read=lambda m: m.geometry.differences.squared_gap,
    ),
    _further(
        name="residual",
        rules=_OF_PAIRS,
        title="Residual of the pairs",
        formula=r"\overline{\lVert(x_i-\mu_x)-(y_i-\mu_y)\rVert^2}",
        reading="What is left of the alignment, 0 to 4, once both clouds share their centre: no "
        "translation closes it.",
        source="Decomposition of the mean squared pair distance",
        better="lower",
        read=lambda m: m.geometry.differences.residual,
    ),
    _further(
        name="residual_top_share",
        rules=_SPECTRUM,
        title="Largest share of the residual",
        formula=r"p_1,\quad p_i=\lambda_i\big/\textstyle\sum_j\lambda_j\text{ of }"
        r"\operatorname{Cov}(x-y)",
        reading="0 to 1: how much of the residual lies along one direction.",
        read=lambda m: m.geometry.residual_spectrum.shares[0],
    ),
    _further(
        name="residual_participation_ratio",
        rules=_SPECTRUM,
        title="Participation ratio of the residual",
        formula=r"1\big/\textstyle\sum_i p_i^2",
        reading="How many equally strong directions would hold the residual, 1 to the dimension.",
        read=lambda m: m.geometry.residual_spectrum.participation_ratio,
    ),
    _further(
        name="linear_cka",
        rules=_AGREEMENT,
        title="Linear CKA",
        formula=r"\frac{\lVert X^\top Y\rVert_F^2}{\lVert X^\top X\rVert_F\,"
        r"\lVert Y^\top Y\rVert_F}\text{ of centred rows}",
        reading="Whether both clouds are arranged alike, wherever they lie and however they are "
        "turned: 1 where one is the other rotated. In many dimensions chance is far above 0.",
        source="Kornblith et al. 2019",
        better="higher",
        read=lambda m: m.geometry.agreement.cka,
        chance=lambda m: m.geometry.agreement.chance_cka,
    ),
    _further(
        name="mutual_knn",
        rules=replace(_AGREEMENT, ties=sentence(TIE_RULE)),
        title=f"Mutual {NEIGHBOURS} nearest neighbours",
        formula=rf"\overline{{\lvert N_x(i)\cap N_y(i)\rvert}}\big/{NEIGHBOURS}",
        reading=f"Share of the {NEIGHBOURS} items nearest to an item in one modality that are "
        "among those in the other, 0 to 1.",
        source="Huh et al. 2024",
        better="higher",
        read=lambda m: m.geometry.agreement.mutual_knn,
        chance=lambda m: m.geometry.agreement.chance_mutual_knn,
    ),
)
