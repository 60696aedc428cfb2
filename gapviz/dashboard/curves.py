"""The four curves: the question, the control, the protocol and the drawing of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from gapviz.analyses.curves.calibration import (
    cached_calibration_curve,
    calibration_reading,
    strategy_that_learns,
)
from gapviz.analyses.curves.corpus_mix import cached_mix_curve, mix_reading, strategy_in_one_index
from gapviz.analyses.curves.curve import drawn_instead
from gapviz.analyses.curves.rank_fusion import cached_fusion_curves, fusion_reading
from gapviz.analyses.curves.strength import (
    cached_strength_curve,
    strategy_with_strength,
    strength_reading,
)
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.page_head import finding
from gapviz.dashboard.panels import show_panels
from gapviz.dashboard.query import QUERY_MODALITY
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.url_params import url_choice, url_modality
from gapviz.dashboard.waiting import result_of
from gapviz.dashboard.widgets import modality_of
from gapviz.figures.curves import calibration_panels, fusion_panels, mix_panel, strength_panels
from gapviz.strategies import STRATEGIES, StrategyOptions


@dataclass(frozen=True, slots=True)
class CurveKind:
    """One curve of the page."""

    question: str
    protocol: str
    """How it is computed: split, protocol, ties, seed."""
    draw: Callable[[Settings, View, str | None], None]
    """Computes and shows it for one view, with what `control` chose."""
    control: Callable[[Settings], str | None] = lambda chosen: None


CURVE = url_choice(
    "curve",
    "Curve",
    {
        "strength": "Strength λ",
        "mix": "Corpus mix",
        "calibration": "Calibration size",
        "fusion": "Rank fusion",
    },
)
WEIGHTED = url_modality(
    "weighted", "List whose weight varies", help="The other lists keep the weight 1."
)


def _query_modality(chosen: Settings) -> str:
    return modality_of(QUERY_MODALITY, chosen.pair, help="Modality of all queries.")


def _weighted(chosen: Settings) -> str:
    return modality_of(WEIGHTED, chosen.modalities)


def _draw_strength(chosen: Settings, view: View, _: str | None) -> None:
    collection = collection_of(view)
    name = strategy_with_strength(chosen.strategy)
    _say_instead("strength", chosen.strategy, name)
    work = cached_strength_curve(collection, _options(chosen, name), chosen.pair, seed=chosen.seed)
    curve = result_of(work, "Sweeping λ")
    if curve is None:
        return
    finding(f"**{STRATEGIES[name].title}.** {strength_reading(curve)}", view)
    here = chosen.options().value("strength") if name == chosen.strategy else None
    show_panels(strength_panels(curve, chosen.modalities, strength=here), key="strength", view=view)


def _draw_mix(chosen: Settings, view: View, query_modality: str | None) -> None:
    collection = collection_of(view)
    name = strategy_in_one_index(chosen.strategy)
    _say_instead("mix", chosen.strategy, name)
    work = cached_mix_curve(
        collection,
        _options(chosen, name),
        chosen.pair,
        query_modality=query_modality or chosen.pair[-1],
        routing=chosen.routing,
        seed=chosen.seed,
    )
    curve = result_of(work, "Mixing corpora")
    if curve is None:
        return
    finding(mix_reading(curve), view)
    show_panels([mix_panel(curve)], key="mix", view=view)
    asking = (
        "second captions, which are never indexed, ask at every share"
        if curve.second_captions
        else "a query that is itself the corpus entry of its item does not ask, so that fewer ask "
        f"towards the side of {curve.query_modality} ({curve.n_asking.min():,} to "
        f"{curve.n_asking.max():,})"
    )
    st.caption(
        f"{curve.n_items:,} held-out items, each in the corpus once; {asking}. Bands: lowest and "
        f"highest of {curve.n_repeats} nested orders."
    )


def _draw_calibration(chosen: Settings, view: View, _: str | None) -> None:
    collection = collection_of(view)
    name = strategy_that_learns(chosen.strategy, collection)
    _say_instead("calibration", chosen.strategy, name)
    work = cached_calibration_curve(
        collection, _options(chosen, name), chosen.pair, seed=chosen.seed
    )
    curve = result_of(work, "Fitting on ever more items")
    if curve is None:
        return
    finding(f"**{STRATEGIES[name].title}.** {calibration_reading(curve)}", view)
    show_panels(calibration_panels(curve, chosen.modalities), key="calibration", view=view)
    st.caption(f"Bands: lowest and highest of {curve.n_repeats} random orders of the items.")


def _draw_fusion(chosen: Settings, view: View, weighted: str | None) -> None:
    collection = collection_of(view)
    name = weighted or chosen.modalities[0]
    routing = chosen.routing
    work = cached_fusion_curves(collection, name, ties=routing.value("ties"), seed=chosen.seed)
    curves = result_of(work, "Fusing lists")
    if curves is None:
        return
    finding(fusion_reading(curves.by_lists), view)
    panels = fusion_panels(
        curves.by_lists,
        chosen.modalities,
        k=routing.value("rrf_k"),
        weight=_relative_weight(chosen, name),
    )
    show_panels(panels, key="fusion", view=view, columns=2)


CURVES = {
    "strength": CurveKind(
        "How much of the offset should be subtracted? The chosen offset strategy, fitted once and "
        "applied at every strength.",
        "The offset is fitted on the calibrate split; every figure is of the evaluate split. The "
        "signed gap is (μx − μy) · u after moving and renormalising, u being the raw gap's "
        "direction: renormalising bends it, so it is not (1 − λ) times the gap. InfoNCE is the "
        "mean cross-entropy of finding the match among one batch of pairs, each direction apart. "
        "Bias and NDCG: the mixed index, the query's own entry left out. Rank = 1 + entries that "
        "score strictly higher. Bands: 95 % bootstrap intervals over items, with the sidebar's "
        "seed.",
        _draw_strength,
    ),
    "mix": CurveKind(
        "What does a mixed corpus cost? Every item stands in it once, by one modality or the "
        "other, and ever more of them turn.",
        "Strategies are fitted on the calibrate split; corpus and queries are of the evaluate "
        "split. The samples are nested: within one order an item that has turned stays so. "
        "Relevant is the one entry of the query's item. The oracle knows in which list it stands "
        "and searches that one with raw cosine. Rank = 1 + entries that score strictly higher; "
        "ties between fused lists as set under Routing.",
        _draw_mix,
        _query_modality,
    ),
    "calibration": CurveKind(
        "How many matched pairs does the strategy need before it can be trusted?",
        "Nested random samples of the calibrate split, each size adding items to the one before; "
        "the strategy is fitted on each and measured on the whole evaluate split. The cosine "
        "compares the direction of the gap between the sample's means with that of the whole "
        "calibrate split. Recall@1 searches the other modality alone; rank = 1 + entries that "
        "score strictly higher.",
        _draw_calibration,
    ),
    "fusion": CurveKind(
        "Do k and the weights of rank fusion matter? Over disjoint lists (one entry a row) and "
        "over overlapping ones (items with several vectors).",
        "Raw cosine ranks each modality's list; Σ weight / (k + rank) with ranks from 1 fuses "
        "them. k varies at equal weights, the weight at k = 60. Over overlapping lists an item is "
        "found whole, which is another protocol: do not compare its NDCG with that of disjoint "
        "lists. Evaluate split, the query's own entry left out; ties between disjoint lists as "
        "set under Routing. Bands: 95 % bootstrap intervals over items.",
        _draw_fusion,
        _weighted,
    ),
}


def _options(chosen: Settings, name: str) -> StrategyOptions:
    """The sidebar's options of a strategy; at full strength where the sidebar's is another's."""
    if name == chosen.strategy:
        return chosen.options()
    return StrategyOptions(name)


def _say_instead(curve: str, chosen: str, drawn: str) -> None:
    told = drawn_instead(curve, chosen, drawn)
    if told is not None:
        st.caption(f":material/info: {told}")


def _relative_weight(chosen: Settings, weighted: str) -> float | None:
    """The weight of a list where the others share one; None where nothing can be marked."""
    weights: dict[str, float] = dict(chosen.routing.value("weights"))
    others = {value for name, value in weights.items() if name != weighted}
    if len(others) != 1 or not min(others) or not weights[weighted]:
        return None
    return weights[weighted] / others.pop()
