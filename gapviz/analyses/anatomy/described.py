"""The figures of the anatomy, in words."""

from dataclasses import replace

from gapviz.analyses.anatomy.analysis import (
    HUB_COLUMNS,
    HUB_MEANINGS,
    HUB_TIES,
    SPECTRUM_COLUMNS,
    SPECTRUM_MEANINGS,
)
from gapviz.core.wording import sentence
from gapviz.measures.described import GEOMETRY, described_figures

_DRAWN = replace(GEOMETRY, left_out="Of a large collection, all but a seeded sample of its rows.")
ANATOMY = (
    *described_figures(
        replace(_DRAWN, ties=sentence(HUB_TIES)),
        ("two modalities",),
        [
            (
                f"hubs_{column.key}",
                f"Hubs: {column.title}",
                formula,
                sentence(HUB_MEANINGS[column.key]),
                "Radovanović et al. 2010",
            )
            for column, formula in zip(
                HUB_COLUMNS,
                (
                    r"\overline{(N_{10}-\overline{N_{10}})^3}/\sigma^3",
                    r"P(N_{10}=0)",
                    r"\sum_{\text{fullest 1 \%}}N_{10}\big/\sum N_{10}",
                ),
                strict=True,
            )
        ],
    ),
    *described_figures(
        GEOMETRY,
        (),
        [
            (
                f"spectrum_{column.key}",
                f"Spectrum: {column.title}",
                formula,
                f"Of the shares p of the eigenvalues: {SPECTRUM_MEANINGS[column.key]}.",
                "Roy & Vetterli 2007",
            )
            for column, formula in zip(
                SPECTRUM_COLUMNS,
                (r"\exp\left(-\sum_i p_i\log p_i\right)", r"1\big/\sum_i p_i^2"),
                strict=True,
            )
        ],
    ),
    *described_figures(
        replace(_DRAWN, estimand="The drawing of these very points; of no population."),
        (),
        [
            (
                "trustworthiness",
                "Trustworthiness of a drawing",
                r"1-\frac{2}{nk(2n-3k-1)}\sum_i\sum_{j\in U_k(i)}(r(i,j)-k)",
                "Share of drawn neighbourhoods that are real ones, 0 to 1.",
                "Venna & Kaski 2001",
            )
        ],
    ),
)
