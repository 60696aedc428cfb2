"""How the figures of probabilities of a match are measured."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.wording import sentence
from gapviz.measures.described import BY_PAIR, Rules, described_figures
from gapviz.measures.diagnostics.mixed_index import RETRIEVAL
from gapviz.measures.match_probability.reliability import ESTIMAND, VARIED

_STATED = Rules(
    estimand=sentence(ESTIMAND),
    ties="Pairs of one probability stand in one bin.",
    interval=sentence(VARIED),
    left_out="Two rows of one item within a modality; of many pairs, all but a seeded sample.",
)
MATCHES = (
    *described_figures(
        _STATED,
        (*BY_PAIR, "calibration"),
        [
            (
                "match_brier",
                "Brier score of the probability of a match",
                r"\pi\,\overline{(1-p)^2}_\text{matched}+(1-\pi)\,\overline{p^2}_\text{mismatched}",
                "Mean squared error of the stated probability, where a share π of the pairs "
                "matches; π(1 − π) of the prior alone. Lower is better.",
                "Brier 1950",
            ),
            (
                "match_log_loss",
                "Log loss of the probability of a match",
                r"-\pi\,\overline{\ln p}_\text{matched}"
                r"-(1-\pi)\,\overline{\ln(1-p)}_\text{mismatched}",
                "Mean surprise in nats at what a pair is, given its stated probability. Lower is "
                "better.",
                "",
            ),
            (
                "match_calibration_error",
                "Expected calibration error",
                r"\sum_b m_b\,|\bar p_b-\bar y_b|",
                "How far the stated probability is from the share that matches, on average over "
                "bins by their mass at the prior. Lower is better; noise keeps it above 0.",
                "Naeini et al. 2015",
            ),
            (
                "match_reliability",
                "Reliability of a stated probability",
                r"\bar y_b\ \text{at}\ \bar p_b",
                "Share of the pairs of about one stated probability that matches, at the prior; "
                "bins of one mass, matched and mismatched pairs weighing half each.",
                "DeGroot & Fienberg 1983",
            ),
        ],
    ),
    *described_figures(
        replace(
            RETRIEVAL,
            estimand=sentence(ESTIMAND),
            interval=f"{sentence(VARIED)} By Wilson's formula.",
            left_out="Queries without a match; rows of the query's own item in its modality.",
        ),
        (*BY_PAIR, "calibration"),
        [
            (
                "answer_precision",
                "Precision of the answers given",
                r"P(\text{best answer matches}\mid s\ge t)",
                "Share of the accepted best answers that match, where the match is in the gallery.",
                "",
            ),
            (
                "answer_coverage",
                "Queries answered",
                r"P(s\ge t)",
                "Share of the queries whose best answer is accepted.",
                "",
            ),
            (
                "answer_silence",
                "Silence without a match",
                r"P(s<t\mid\text{no match in the gallery})",
                "Share of the queries that get no answer once their match is taken out.",
                "",
            ),
        ],
    ),
)
