"""The curves: the question, the control, the protocol and the drawing of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gapviz.analyses.analysis import Finding
from gapviz.analyses.curves.analysis import PARTS as FIND
from gapviz.core.parameter import Parameter
from gapviz.dashboard.judged import protocol_of
from gapviz.dashboard.query import QUERY_MODALITY
from gapviz.dashboard.sections import Section
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.url_params import url_choice, url_modality
from gapviz.dashboard.widgets import modality_of
from gapviz.figures.curves import calibration_panels, fusion_panels, mix_panel, strength_panels
from gapviz.figures.lines import Panel

WEIGHTED = url_modality(
    "weighted", "List whose weight varies", help="The other lists keep the weight 1."
)


def _strength_panels(found: Finding, chosen: Settings) -> Sequence[Panel]:
    drawn = found.figures["strategy"] == chosen.strategy
    here = chosen.options().value("strength") if drawn else None
    judged = found.parts["judged"].result if "judged" in found.parts else None
    return strength_panels(found.result, chosen.modalities, strength=here, judged=judged)


def _weight_panels(found: Finding, chosen: Settings) -> Sequence[Panel]:
    weights: dict[str, float] = dict(chosen.routing.value("weights"))
    own = weights.pop(found.figures["weighted"])
    # The weight is relative, so that it can be marked where the others share one.
    others = set(weights.values())
    relative = own / others.pop() if len(others) == 1 and min(others) and own else None
    return fusion_panels(found.result, chosen.modalities, over="weight", at=relative)


def _k_panels(found: Finding, chosen: Settings) -> Sequence[Panel]:
    k = chosen.routing.value("rrf_k")
    return fusion_panels(found.result, chosen.modalities, over="k", at=k)


def _large(curve: str, titles: Mapping[str, str], default: str) -> Parameter:
    """Which panel of a curve is the large one, by their order."""
    return url_choice(f"large_{curve}", "Large chart", titles, default=default)


BOTH_LISTS = (
    "Over disjoint lists (one entry a row) and over overlapping ones (items with several vectors)."
)
OF_FUSION = {
    "ndcg": "NDCG, disjoint",
    "bias": "Bias, disjoint",
    "ndcg_overlapping": "NDCG, overlapping",
    "bias_overlapping": "Bias, overlapping",
}
CURVES = {
    "strength": Section(
        title="Strength λ",
        question="How much of the offset should be subtracted? The chosen offset strategy, fitted "
        "once and applied at every strength.",
        find=FIND["strength"],
        doing="Sweeping λ",
        panels=_strength_panels,
        large=_large(
            "strength",
            {
                "gap": "Gap",
                "loss": "InfoNCE",
                "recall": "Recall",
                "bias": "Bias",
                "ndcg": "NDCG",
            },
            "ndcg",
        ),
        values=lambda chosen: {"protocol": protocol_of(chosen)},
    ),
    "mix": Section(
        title="Corpus mix",
        question="What does a mixed corpus cost? Every item stands in it once, by one modality or "
        "the other, and ever more of them turn.",
        find=FIND["mix"],
        doing="Mixing corpora",
        panels=lambda found, chosen: [mix_panel(found.result)],
        large=_large("mix", {"ndcg": "NDCG"}, "ndcg"),
        values=lambda chosen: {
            "query_modality": modality_of(
                QUERY_MODALITY, chosen.pair, help="Modality of all queries."
            )
        },
    ),
    "calibration": Section(
        title="Calibration size",
        question="How many calibration items does the strategy need before it can be trusted?",
        find=FIND["calibration"],
        doing="Fitting on ever more items",
        panels=lambda found, chosen: calibration_panels(found.result, chosen.modalities),
        large=_large(
            "calibration",
            {"direction": "Direction", "recall": "Recall", "bias": "Bias"},
            "direction",
        ),
    ),
    "fusion": Section(
        title="Rank fusion: k",
        question=f"Does k of rank fusion matter? {BOTH_LISTS}",
        find=FIND["fusion"],
        doing="Fusing lists",
        panels=_k_panels,
        large=_large("fusion", OF_FUSION, "ndcg"),
        values=lambda chosen: {"weighted": chosen.modalities[0]},
    ),
    "weight": Section(
        title="Rank fusion: weights",
        question=f"Do the weights of rank fusion matter? {BOTH_LISTS}",
        find=FIND["fusion"],
        doing="Fusing lists",
        panels=_weight_panels,
        large=_large("weight", OF_FUSION, "ndcg"),
        values=lambda chosen: {"weighted": modality_of(WEIGHTED, chosen.modalities)},
    ),
}
CURVE = url_choice("curve", "Curve", {name: one.title for name, one in CURVES.items()})
