"""The four curves: the question, the control, the protocol and the drawing of each."""

from __future__ import annotations

from collections.abc import Sequence

from gapviz.analyses.analysis import Finding
from gapviz.analyses.curves.analysis import PARTS as FIND
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
    return strength_panels(found.result, chosen.modalities, strength=here)


def _fusion_panels(found: Finding, chosen: Settings) -> Sequence[Panel]:
    return fusion_panels(
        found.result,
        chosen.modalities,
        k=chosen.routing.value("rrf_k"),
        weight=_relative_weight(chosen, found.figures["weighted"]),
    )


def _relative_weight(chosen: Settings, weighted: str) -> float | None:
    """The weight of a list where the others share one; None where nothing can be marked."""
    weights: dict[str, float] = dict(chosen.routing.value("weights"))
    others = {value for name, value in weights.items() if name != weighted}
    if len(others) != 1 or not min(others) or not weights[weighted]:
        return None
    return weights[weighted] / others.pop()


CURVES = {
    "strength": Section(
        title="Strength λ",
        question="How much of the offset should be subtracted? The chosen offset strategy, fitted "
        "once and applied at every strength.",
        find=FIND["strength"],
        doing="Sweeping λ",
        panels=_strength_panels,
    ),
    "mix": Section(
        title="Corpus mix",
        question="What does a mixed corpus cost? Every item stands in it once, by one modality or "
        "the other, and ever more of them turn.",
        find=FIND["mix"],
        doing="Mixing corpora",
        panels=lambda found, chosen: [mix_panel(found.result)],
        values=lambda chosen: {
            "query_modality": modality_of(
                QUERY_MODALITY, chosen.pair, help="Modality of all queries."
            )
        },
    ),
    "calibration": Section(
        title="Calibration size",
        question="How many matched pairs does the strategy need before it can be trusted?",
        find=FIND["calibration"],
        doing="Fitting on ever more items",
        panels=lambda found, chosen: calibration_panels(found.result, chosen.modalities),
    ),
    "fusion": Section(
        title="Rank fusion",
        question="Do k and the weights of rank fusion matter? Over disjoint lists (one entry a "
        "row) and over overlapping ones (items with several vectors).",
        find=FIND["fusion"],
        doing="Fusing lists",
        panels=_fusion_panels,
        columns=2,
        values=lambda chosen: {"weighted": modality_of(WEIGHTED, chosen.modalities)},
    ),
}
CURVE = url_choice("curve", "Curve", {name: one.title for name, one in CURVES.items()})
