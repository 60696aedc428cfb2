"""The gap itself, and what it is held against."""

from __future__ import annotations

from dataclasses import replace

from gapviz.measures.described import BY_PAIR, GEOMETRY, NONE_RANKED, Rules
from gapviz.measures.diagnostics.diagnostic import Diagnostic

PLACE = 1
"""Of the family in tables."""

_GAP = Rules(
    estimand="The distance between the centroids of the population that the items are a sample "
    "of, under the strategy as fitted on all of it.",
    ties=NONE_RANKED,
    interval="95 %; the items, and what an offset was fitted on, vary: those values of ‖Δ‖² that a "
    "score test with chi-square quantiles does not reject, from the covariance of the items' "
    "influence on Δ. It reaches 0 where there is no gap.",
    left_out="Nothing; the rows of one item vary together.",
)
_NOISE = replace(
    GEOMETRY,
    estimand="The root mean square of ‖Δ‖ over fresh samples of these sizes, were the true "
    "centroids the same; 0 as the items grow in number.",
)
_SEPARATION = replace(
    GEOMETRY,
    estimand="The same ratio of the population; near the noise floor, noise in ‖Δ‖ makes it too "
    "large.",
)

DIAGNOSTICS = (
    Diagnostic(
        name="gap",
        rules=_GAP,
        title="Gap ‖Δ‖",
        formula=r"\lVert\Delta\rVert=\lVert\mu_x-\mu_y\rVert",
        reading=(
            "Distance between the two centroids, 0 to 2; lower is closer. Noise alone keeps it "
            "above 0, so that near 0 the interval, which is of the true gap, may lie below it. "
            "Where the interval reaches 0, these items show no gap."
        ),
        source="Liang et al. 2022",
        better="lower",
        short="0 … 2, lower is closer",
        read=lambda m: m.geometry.gap.estimate,
    ),
    Diagnostic(
        name="noise_floor",
        rules=_NOISE,
        title="Noise floor",
        formula=(
            r"\sqrt{\operatorname{tr}V\,(1/n+\lambda^2/n_{\mathrm{cal}})},"
            r"\quad V=\operatorname{Cov}(x-y)"
        ),
        reading=(
            "The gap that this many items would show on average if the true centroids agreed, with "
            "the noise of what a strategy subtracted."
        ),
        source="Standard error of a difference of means",
        short="shown where there is no gap",
        read=lambda m: m.geometry.gap.noise_floor,
    ),
    Diagnostic(
        name="debiased",
        rules=_GAP,
        title="Gap without noise",
        formula=r"\sqrt{\max(0,\lVert\Delta\rVert^2-\text{noise floor}^2)}",
        reading="The gap less what noise adds to it, from 0 to 2: the one to compare sizes by.",
        source="Unbiased estimate of ‖Δ‖²",
        better="lower",
        key="gap_debiased",
        read=lambda m: m.geometry.gap.debiased,
        brief=False,
    ),
    Diagnostic(
        name="separation",
        rules=_SEPARATION,
        title="Cloud separation (variant A)",
        formula=(
            r"\frac{\lVert\Delta\rVert}{\frac12\left(\overline{\lVert x-\mu_x\rVert}"
            r"+\overline{\lVert y-\mu_y\rVert}\right)}"
        ),
        reading=(
            "Gap over the mean distance to the own centroid, from 0; above 1 the gap dominates."
        ),
        source="Centroid distance over spread",
        better="lower",
        short="above 1: gap-dominated",
        read=lambda m: m.geometry.gap.separation,
    ),
    Diagnostic(
        name="separation_b",
        rules=_SEPARATION,
        title="Cloud separation (variant B)",
        formula=(
            r"\lVert\Delta\rVert\big/\sqrt{\tfrac12\left(\overline{\lVert x-\mu_x\rVert^2}"
            r"+\overline{\lVert y-\mu_y\rVert^2}\right)}"
        ),
        reading="As variant A with a root mean square; the two agree to about 1 %.",
        source="Centroid distance over spread",
        better="lower",
        read=lambda m: m.geometry.gap.separation_b,
        brief=False,
    ),
    Diagnostic(
        name="separation_c",
        rules=replace(_SEPARATION, left_out="Two rows of one item."),
        title="Cloud separation (variant C)",
        formula=r"\lVert\Delta\rVert\big/\overline{\lVert a-b\rVert}",
        reading=(
            "Gap over the mean distance of two items' rows of one modality; about 30 % below A."
        ),
        source="Centroid distance over spread",
        better="lower",
        read=lambda m: m.geometry.gap.separation_c,
        brief=False,
    ),
    Diagnostic(
        name="rmg",
        rules=replace(GEOMETRY, left_out="Two rows of one item within a modality."),
        needs=BY_PAIR,
        title="Relative modality gap (RMG)",
        formula=r"\frac{m}{m+\frac12(s_x+s_y)},\quad m,s=\text{mean of }\tfrac12(1-\cos)",
        reading=(
            "0 perfect; 0.5 means that a matched pair is as far apart as two random items of one "
            "modality."
        ),
        source="Schrodi et al. 2025",
        better="lower",
        short="0 perfect",
        read=lambda m: m.geometry.relative_gap,
    ),
    Diagnostic(
        name="constancy",
        rules=_SEPARATION,
        needs=BY_PAIR,
        title="Constancy",
        formula=r"\lVert\Delta\rVert^2\big/\overline{\lVert x_i-y_i\rVert^2}",
        reading=(
            "Share of the pair differences that is one common translation, 0 to 1: the ceiling "
            "of what subtracting an offset can remove."
        ),
        source="Decomposition of the mean squared pair distance",
        short="1: the gap is one translation",
        read=lambda m: m.geometry.constancy.ratio,
    ),
)
