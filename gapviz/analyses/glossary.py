"""Every figure that gapviz shows: its formula, how to read it, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

import numpy as np

from gapviz.core.wording import figure
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval import expected_bias


@dataclass(frozen=True, slots=True)
class Term:
    """One figure, in the words of the screen."""

    name: str
    title: str
    formula: str
    """LaTeX."""
    reading: str
    """Range, direction and meaning in one or two sentences."""
    source: str
    better: str
    """Which way is better: `lower`, `higher`, `nearer …`; empty where neither is."""
    value: Callable[[Measurement], float]

    def improved(self, before: Measurement, after: Measurement) -> bool | None:
        """Whether a change is for the better; None where neither way is, or it is not known.

        Bias and lift are judged by the imbalance: below neutral is no better than above it,
        and opposite biases of two modalities do not cancel.
        """
        if self.better.startswith("nearer"):
            was, now = before.imbalance.value, after.imbalance.value
        else:
            was, now = self.value(before), self.value(after)
        if not self.better or isnan(was - now):
            return None
        return now > was if self.better == "higher" else now < was

    def direction(self, measurement: Measurement) -> str:
        """`lower is better`, `nearer 0.50 is better`; empty where neither way is."""
        better = self.better
        if self.name == "bias":
            better = f"nearer {figure(expected_bias(measurement.mixed), 2)}"
        return f"{better} is better" if better else ""


def _mean(values: dict[str, float]) -> float:
    return float(np.mean(list(values.values())))


TERMS: dict[str, Term] = {
    term.name: term
    for term in (
        Term(
            "gap",
            "Gap ‖Δ‖",
            r"\lVert\Delta\rVert=\lVert\mu_x-\mu_y\rVert",
            "Distance between the two centroids, 0 to 2; lower is closer. A gap under its noise "
            "floor is no gap.",
            "Liang et al. 2022",
            "lower",
            lambda m: m.geometry.gap.gap,
        ),
        Term(
            "noise_floor",
            "Noise floor",
            r"\sqrt{\operatorname{tr}\Sigma_x/n_x+\operatorname{tr}\Sigma_y/n_y}",
            "The gap that this many items would show on average if the true centroids agreed.",
            "Standard error of a difference of means",
            "",
            lambda m: m.geometry.gap.noise_floor,
        ),
        Term(
            "separation",
            "Cloud separation (variant A)",
            r"\frac{\lVert\Delta\rVert}{\frac12\left(\overline{\lVert x-\mu_x\rVert}"
            r"+\overline{\lVert y-\mu_y\rVert}\right)}",
            "Gap over the mean distance to the own centroid, from 0; above 1 the gap dominates.",
            "Centroid distance over spread",
            "lower",
            lambda m: m.geometry.gap.separation,
        ),
        Term(
            "separation_b",
            "Cloud separation (variant B)",
            r"\lVert\Delta\rVert\big/\sqrt{\tfrac12\left(\overline{\lVert x-\mu_x\rVert^2}"
            r"+\overline{\lVert y-\mu_y\rVert^2}\right)}",
            "As variant A with a root mean square; the two agree to about 1 %.",
            "Centroid distance over spread",
            "lower",
            lambda m: m.geometry.gap.separation_b,
        ),
        Term(
            "separation_c",
            "Cloud separation (variant C)",
            r"\lVert\Delta\rVert\big/\overline{\lVert a-b\rVert}",
            "Gap over the mean distance of two items' rows of one modality; about 30 % below A.",
            "Centroid distance over spread",
            "lower",
            lambda m: m.geometry.gap.separation_c,
        ),
        Term(
            "bias",
            "Intra-modal bias@10",
            r"\frac{|\{\text{top 10 entries of the query's modality}\}|}{10}",
            "Share of the first 10 results that have the query's own modality, 0 to 1; that "
            "modality's share of the index is neutral, 1 means that only one modality is ever "
            "found. The query's own entry is left out.",
            "Share over corpus share = lift",
            "nearer the corpus share",
            lambda m: _mean({name: e.value for name, e in m.bias.items()}),
        ),
        Term(
            "lift",
            "Bias lift@10",
            r"\text{bias@10}\Big/\frac{N_\text{own}-1}{N-1}",
            "Bias over the corpus share: 1 is neutral, one over that share the most. Of two "
            "equal halves that is a little over 2, since the query's own entry is left out.",
            "Share over corpus share = lift",
            "nearer 1",
            lambda m: _mean({name: e.value for name, e in m.lift.items()}),
        ),
        Term(
            "ndcg",
            "Mixed-index NDCG@10",
            r"\frac{\sum_{r\le10}\mathrm{rel}_r/\log_2(1+r)}{\text{the same, ideally ordered}}",
            "How high the true match of the other modality ranks in one mixed index, 0 to 1; "
            "higher is better. The guard on bias: bias can fall while answers get worse.",
            "Järvelin & Kekäläinen 2002; MixBench 2025",
            "higher",
            lambda m: _mean({name: e.value for name, e in m.ndcg.items()}),
        ),
        Term(
            "mrr",
            "Mixed-index MRR",
            r"\overline{1/\text{rank of the match}}",
            "Mean reciprocal rank of the true match in the mixed index, 0 to 1; higher is better.",
            "MixBench 2025",
            "higher",
            lambda m: _mean({name: e.value for name, e in m.mrr.items()}),
        ),
        Term(
            "rmg",
            "Relative modality gap (RMG)",
            r"\frac{m}{m+\frac12(s_x+s_y)},\quad m,s=\text{mean of }\tfrac12(1-\cos)",
            "0 perfect; 0.5 means that a matched pair is as far apart as two random items of one "
            "modality.",
            "Schrodi et al. 2025",
            "lower",
            lambda m: m.geometry.relative_gap,
        ),
        Term(
            "constancy",
            "Constancy",
            r"\lVert\Delta\rVert^2\big/\overline{\lVert x_i-y_i\rVert^2}",
            "Share of the pair differences that is one common translation, 0 to 1: the ceiling "
            "of what subtracting an offset can remove.",
            "Decomposition of the mean squared pair distance",
            "",
            lambda m: m.geometry.constancy.ratio,
        ),
        Term(
            "matched_cosine",
            "Matched cosine",
            r"\overline{x_i\cdot y_i}",
            "Mean cosine of an item's image with its own text, −1 to 1.",
            "",
            "higher",
            lambda m: m.geometry.cosines.matched,
        ),
        Term(
            "mismatched_cosine",
            "Mismatched cosine",
            r"\overline{x_i\cdot y_j},\ i\neq j",
            "Mean cosine of an image with another item's text, −1 to 1.",
            "",
            "lower",
            lambda m: m.geometry.cosines.mismatched,
        ),
        Term(
            "cone_x",
            "Cone of the first modality",
            r"\overline{x_i\cdot x_j},\ i\neq j",
            "Mean cosine of two items' rows: 0 isotropic, 1 collapsed to a point.",
            "Liang et al. 2022",
            "lower",
            lambda m: m.geometry.x.cone,
        ),
        Term(
            "cone_y",
            "Cone of the second modality",
            r"\overline{y_i\cdot y_j},\ i\neq j",
            "Mean cosine of two items' rows: 0 isotropic, 1 collapsed to a point.",
            "Liang et al. 2022",
            "lower",
            lambda m: m.geometry.y.cone,
        ),
        Term(
            "alignment",
            "Alignment",
            r"\overline{\lVert x_i-y_i\rVert^2}",
            "Mean squared distance of matched pairs, 0 to 4; lower is better.",
            "Wang & Isola 2020",
            "lower",
            lambda m: m.geometry.alignment,
        ),
        Term(
            "uniformity",
            "Uniformity (joint)",
            r"\log\overline{e^{-2\lVert a-b\rVert^2}}",
            "How evenly both clouds together fill the sphere, up to 0; lower is more even.",
            "Wang & Isola 2020",
            "lower",
            lambda m: m.geometry.uniformity.joint,
        ),
        Term(
            "top2_share",
            "Share of the two largest dimensions",
            r"\sum_{d\in\text{top 2}}\Delta_d^2\big/\lVert\Delta\rVert^2",
            "0 to 1: how much of the gap sits in two coordinates (69 % in CLIP ViT-B/32).",
            "Schrodi et al. 2025",
            "",
            lambda m: m.geometry.shares.top(2),
        ),
        Term(
            "participation_ratio",
            "Participation ratio",
            r"\left(\sum_d(\Delta_d^2/\lVert\Delta\rVert^2)^2\right)^{-1}",
            "How many equally large dimensions would hold the gap, 1 to the dimension.",
            "Schrodi et al. 2025",
            "",
            lambda m: m.geometry.shares.participation_ratio,
        ),
        Term(
            "auc_matched",
            "AUC matched against mismatched",
            r"P(\cos_\text{matched}>\cos_\text{mismatched})",
            "0.5 chance, 1 perfect: how well a cosine tells a true pair from a false one.",
            "Mann & Whitney 1947",
            "higher",
            lambda m: m.geometry.auc_matched,
        ),
        Term(
            "d_prime",
            "Sensitivity d′",
            r"\frac{\bar s_\text{matched}-\bar s_\text{mismatched}}"
            r"{\sqrt{\frac12(\sigma^2_\text{matched}+\sigma^2_\text{mismatched})}}",
            "The same in standard deviations, from 0; higher is better.",
            "Green & Swets 1966",
            "higher",
            lambda m: m.geometry.d_prime,
        ),
        Term(
            "info_nce",
            "InfoNCE (symmetric, τ = 1/100)",
            r"-\tfrac12\left(\overline{\log p(y_i|x_i)}+\overline{\log p(x_i|y_i)}\right)",
            "Contrastive loss in nats with all measured pairs as one batch; lower is better and "
            "comparable only at equal batch size.",
            "van den Oord et al. 2018",
            "lower",
            lambda m: m.geometry.info_nce,
        ),
    )
}
