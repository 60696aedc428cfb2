"""The three parts of the page of scores: distributions, thresholds, merged lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isnan

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gapviz.analyses.analysis import Request
from gapviz.analyses.thresholds.analysis import (
    STAYS_RAW,
    calibrated_table,
    fusion_comparison_reading,
    passing_table,
    protocol,
    studies_of,
    transfer_reading,
    transfer_table,
    type_title,
)
from gapviz.analyses.thresholds.score_study import USUAL_RECALL, ScoreStudy, Target
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.dashboard.caches import cached_within, collection_of, index_of, undefined
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.charts import show_panels
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.matches import match_choices, match_section
from gapviz.dashboard.page_head import finding
from gapviz.dashboard.query import QUERY_MODALITY, ask_with_item
from gapviz.dashboard.result_list import Answer, show_answers
from gapviz.dashboard.sections import how_computed, request_of, say_sample
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import refuse_out_of_range, url_choice, url_parameter
from gapviz.dashboard.waiting import result_of
from gapviz.dashboard.widgets import modality_of, number_of, segments_of
from gapviz.figures.scores import score_panel
from gapviz.retrieval.compare import compare_fusions
from gapviz.strategies import STRATEGIES

PROTOCOL = (
    "Cosines of unit rows, after the strategy where it moves vectors; where it adjusts scores "
    "instead, what it makes of cosines when every indexed row asks: across the modalities those "
    "of the modality chosen as “Ask with”, within a modality all of them, each over the rows of "
    "other items. Within a modality a pair is of two different rows. A pair passes at or above the "
    "threshold. True positive rate: recall; precision: share of what passes that is relevant, "
    "every pair counting once. For a target recall the highest threshold that reaches it is taken, "
    "for a target precision the lowest. Samples are drawn with the sidebar's seed."
)
url_parameter(Parameter("threshold", "Threshold", "number", 0.0, "", low=-1, high=1))
url_parameter(Parameter("threshold_", "Threshold", "number", 0.0, "", low=-1_000, high=1_000))
TARGET = url_choice("target", "Target", {"recall": "Recall", "precision": "Precision"})
REACH = url_parameter(
    Parameter("reach", "to reach", "number", USUAL_RECALL, "", low=0.5, high=0.99, step=0.01)
)
MERGED = 8
"""Results of each merged list."""
SCORES = url_choice(
    "scores",
    "Look at",
    {"distributions": "Distributions", "thresholds": "Thresholds", "fusion": "Fusion"},
)
QUESTIONS = {
    "distributions": "A score means one thing between two modalities and another within one. Do "
    "the distributions lie over each other?",
    "thresholds": "Does the threshold of one pair type serve the others? If not, each needs its "
    "own.",
    "fusion": "Two lists become one: by their bare scores, or by rank?",
}

TRANSFERRED = (
    f"Each threshold is the highest score that {USUAL_RECALL:.0%} of the relevant pairs of its "
    "type reach on the calibrate split; shares are of the evaluate split."
)

Studies = Mapping[str, ScoreStudy]
"""By the name of the strategy; raw first."""


def show_scores(chosen: Settings) -> None:
    """The part that the visitor looks at; no other is measured."""
    with st.container(horizontal=True, vertical_alignment="center"):
        part = segments_of(SCORES, label_visibility="collapsed")
        how_computed(PROTOCOL)
    st.markdown(QUESTIONS[part])
    _PARTS[part](chosen)


def _show_distributions(chosen: Settings) -> None:
    """The distributions of every view, and below them the thresholds that are drawn in them."""
    results = st.container()
    found = _studies_of_views(chosen, query_modality_of(chosen), results)
    if found:
        thresholds = threshold_sliders(next(iter(found.values())))
        with results:
            _each(found, lambda view, studies: distributions(chosen, view, studies, thresholds))


def _show_thresholds(chosen: Settings) -> None:
    """One threshold read on all pair types, one for each, and how likely a score is a match."""
    # Above all three: below them nobody would find what changes them.
    query_modality = query_modality_of(chosen)
    results = st.container()
    found = _studies_of_views(chosen, query_modality, results)
    if not found:
        return
    with results:
        st.header("One threshold, read on the other pair types", anchor=False)
        _each(found, transfer_section)
        *_, studies = found.values()
        st.caption(f"{TRANSFERRED} {in_markdown(protocol(studies))}")
        _say_what_stays_raw(chosen)
        st.header("A threshold of its own for each pair type", anchor=False)
        calibrated = st.container()
        target = target_choice()
        with calibrated:
            _each(found, lambda view, studies: calibrated_section(view, studies, *target))
        st.header("Is this a match?", anchor=False)
        matches = st.container()
        matching = match_choices()
        with matches:
            _each(found, lambda view, studies: match_section(chosen, view, *matching))


def _studies_of_views(
    chosen: Settings, query_modality: str | None, place: DeltaGenerator
) -> dict[View, Studies]:
    """By view, those that are there; what is waited for, or wrong, is shown in `place`."""
    found = {}
    for view in chosen.views:
        with place, errors_shown():
            studies = scored(chosen, view, query_modality)
            if studies is not None:
                found[view] = studies
    return found


def _each(found: Mapping[View, Studies], show: Callable[[View, Studies], None]) -> None:
    """Show the same of every view."""
    for view, studies in found.items():
        if len(found) > 1:
            st.subheader(in_markdown(encoder_title(view)), anchor=False)
        with errors_shown():
            show(view, studies)


def query_modality_of(chosen: Settings) -> str | None:
    """Which modality asks across; None where the strategy adjusts no scores, or of one alone."""
    x, y = chosen.pair
    if not chosen.options().spec.adjusts_scores or x == y:
        return None
    return modality_of(
        QUERY_MODALITY,
        chosen.pair,
        help="Modality of the queries across the modalities. An adjusted score can depend on who "
        "asks: nearest-neighbour normalisation lowers a row by what it scores with references of "
        "the asking modality. Z-norm and CSLS score both ways alike.",
    )


def scored(chosen: Settings, view: View, query_modality: str | None) -> Studies | None:
    """Raw, and the chosen strategy where it moves vectors or adjusts scores.

    None while they are being made. `query_modality` is that of `query_modality_of`.
    """
    found, request = {}, _request(chosen, view, query_modality)
    say_sample(view)
    why = undefined(view, request.strategy, everywhere=True)
    if why:
        words = f"{request.spec.title} is left out. {why}"
        st.warning(in_markdown(words), icon=":material/warning:")
    for name, work in studies_of(request).items():
        study = result_of(work, f"Scoring pairs, {STRATEGIES[name].title}")
        if study is None:
            return None
        found[name] = study
    return found


@cached_within(16)
def _request(chosen: Settings, view: View, query_modality: str | None) -> Request:
    # Kept for what it has found out: the pair, and whether the strategy is defined.
    return request_of(chosen, view, query_modality=query_modality)


def threshold_sliders(studies: Studies) -> dict[str, float]:
    """Of each study, the threshold that the distributions and shares of the page are about.

    One number does not serve two strategies, even where both score by cosine.
    """
    found: dict[str, float] = {}
    for name, study in studies.items():
        threshold = Parameter(
            f"threshold_{name}" if found else "threshold",
            f"Threshold of {study.strategy} ({study.unit})",
            "number",
            study.choice.usual,
            "A pair passes at or above it. At first: what 95 % of the matched calibration pairs "
            "reach.",
            low=study.choice.low,
            high=study.choice.high,
            step=study.choice.step,
        )
        refuse_out_of_range(threshold)
        found[name] = float(number_of(threshold))
    return found


def distributions(
    chosen: Settings, view: View, studies: Studies, thresholds: Mapping[str, float]
) -> None:
    """The four distributions of each strategy, and what passes its threshold."""
    *_, last = studies.values()
    at = [thresholds[name] for name in studies]
    panel = score_panel(list(studies.values()), chosen.modalities, thresholds=at)
    show_panels([panel], f"scores_{view.encoder}")
    show_table(passing_table(studies, thresholds))
    own = " Each chart has an axis and a threshold of its own."
    st.caption(in_markdown(protocol(studies)) + own * (last.query_modality is not None))
    _say_what_stays_raw(chosen)


def _say_what_stays_raw(chosen: Settings) -> None:
    spec = chosen.options().spec
    if spec.routed or spec.ranks_items:
        st.caption(f":material/info: {spec.title} {STAYS_RAW}")


def transfer_section(view: View, studies: Studies) -> None:
    """A threshold fitted on each pair type, read on all of them."""
    for study in studies.values():
        finding(in_markdown(transfer_reading(study, USUAL_RECALL)), view)
    table = transfer_table({study.strategy: study for study in studies.values()})
    show_table(replace(table, title=""))


def target_choice() -> tuple[Target, float]:
    """The target of calibrated thresholds, and the share to reach."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return segments_of(TARGET), float(number_of(REACH, width=240))


def calibrated_section(view: View, studies: Studies, target: Target, share: float) -> None:
    """A threshold for each pair type that reaches a target, to copy."""
    *_, study = studies.values()
    st.caption(f"For {in_markdown(study.strategy)}, fitted on the calibrate split.")
    show_table(replace(calibrated_table(study, target, share), title=""))
    thresholds = {
        study.across if name == "cross" else type_title(name, study.pair): None
        if isnan(one.threshold)
        else round(one.threshold, 6)
        for name, one in study.calibrated(target, share).items()
    }
    copied = {
        "collection": collection_of(view).name,
        "encoder": view.encoder,
        "strategy": study.strategy,
        "target": {target: round(share, 2)},
        "passes": f"{study.unit} at or above",
        "thresholds": thresholds,
    }
    st.code(json.dumps(copied, ensure_ascii=False, indent=2), language="json")


def fusion_section(chosen: Settings) -> None:
    """Naive score fusion against rank fusion for one item of the collection.

    Raises:
        GapvizError: an item without a vector of the modality to ask with.
    """
    for view, query in (ask_with_item(chosen) or {}).items():
        merged = compare_fusions(
            index_of(view, chosen.raw), index_of(view, chosen.routing), query, MERGED
        )
        if chosen.compare:
            st.subheader(in_markdown(encoder_title(view)), anchor=False)
        st.markdown(in_markdown(fusion_comparison_reading(merged)))
        by_rank = f"#### By rank, k = {chosen.routing.value('rrf_k'):g}"
        show_answers(
            [
                Answer(view, query, merged.naive, "#### By bare cosine"),
                Answer(view, query, merged.by_rank, by_rank, score_name="fused"),
            ],
            key=f"answers_{chosen.views.index(view)}",
        )
    st.caption(
        "Over all items of the collection, the query's own entry left out. Bare score: the lists "
        "of both modalities in one, by cosine. By rank: Σ weight / (k + rank), as set under "
        "Routing. Marked: the match, and what the other list does not show."
    )


_PARTS: dict[str, Callable[[Settings], None]] = {
    "distributions": _show_distributions,
    "thresholds": _show_thresholds,
    "fusion": fusion_section,
}
