"""The stops of the guided tour: each one sentence, one control, and live figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from gapviz.analyses.changes import gap_change, neutral_share
from gapviz.analyses.figure_words import bias_reading
from gapviz.analyses.measure import gap_reading, worse_directions
from gapviz.analyses.tour import (
    FIGURES,
    JUDGES,
    NO_MATCHES,
    decision_reading,
    failing_items,
    has_matches,
    numbered_stops,
)
from gapviz.core.foreign import in_markdown
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import NO_SPREAD
from gapviz.core.wording import figure
from gapviz.dashboard.caches import collection_of, fitted, index_of, layout_request, measured
from gapviz.dashboard.canvas.component import webgl_available
from gapviz.dashboard.cards import metric_look, strategy_table
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.query import item_title
from gapviz.dashboard.result_list import Answer, show_answers
from gapviz.dashboard.settings import RAW, ROUTING, Settings, strategy_titles
from gapviz.dashboard.url_params import free_parameter, url_choice, url_modality, url_parameter
from gapviz.dashboard.widgets import choice_of, modality_of, number_of, segments_of, select_of
from gapviz.figures.cones import alt_text, cones_figure, shared_ranges
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.retrieval.index import Query
from gapviz.strategies import STRATEGIES, StrategyOptions, shift

OFFERED = 12
RESULTS = 8
SMALL_FIGURES = f"Small figures: {VARIED}."
CENTRED = "centre"
"""What is subtracted at the stop that moves both centres."""
CONES_HEIGHT = 440

STEP = url_choice(
    "step", "Stop", {str(number): title for number, title in numbered_stops().items()}, default=1
)
PAIRS = free_parameter("tour_pairs")
FIGURE = url_choice("tour_figure", "Figure", FIGURES, default="gap")
JUDGE = url_choice("tour_judge", "What matters to you", JUDGES, default="ndcg")
MODALITY = url_modality("tour_modality", "Queries")
MOVING = url_choice("tour_strategy", "Strategy", strategy_titles, default=CENTRED)
STRENGTH = url_parameter(replace(shift.STRENGTH, name="tour_strength", help=""))


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what is said, what is shown."""

    sentence: str
    show: Callable[[Settings], None]


def _two_cones(chosen: Settings) -> None:
    lines = st.toggle("Join the pairs that belong together", key=PAIRS, bind="query-params")
    _cones(chosen, chosen.raw, lines=lines)


def _the_number(chosen: Settings) -> None:
    raw, term = _measured(chosen), DIAGNOSTICS[segments_of(FIGURE)]
    if term.by_modality:
        with st.container(horizontal=True, gap="large"):
            for name, found in term.read(raw).items():
                st.metric(
                    in_markdown(f"{term.title}, {name} queries"),
                    figure(found.value),
                    f"chance {figure(raw.chance['ndcg', name])}" if term.name == "ndcg" else None,
                    delta_color="off",
                    delta_arrow="off",
                    width="content",
                )
    else:
        st.metric(term.title, figure(term.value(raw)))
    gap = raw.geometry.gap
    st.markdown(
        f"{in_markdown(term.reading)}\n\n{in_markdown(gap_reading(raw))} (Of the gap: 95 % "
        f"interval {gap.low:.3f} to {gap.high:.3f}, "
        f"noise floor {gap.noise_floor:.3f}.)"
    )


def _bias_across_all(chosen: Settings) -> None:
    modality = modality_of(replace(MODALITY, default=chosen.pair[1]), chosen.modalities)
    raw = _measured(chosen)
    bias, outcome = raw.bias[modality], raw.mixed[modality]
    neutral = neutral_share(raw, modality)
    st.metric(
        f"Bias rate of {in_markdown(modality)} queries (neutral {neutral:.2f})",
        f"{bias.value:.3f}",
    )
    only_own = float(np.mean(outcome.own_share >= 1))
    st.markdown(
        f"{in_markdown(bias_reading(raw))} 95 % interval {bias.low:.3f} to {bias.high:.3f} over "
        f"{outcome.items.size:,} queries (queries and gallery vary). **{only_own:.0%}** of "
        f"{in_markdown(f'{modality} queries see nothing but {modality}')} in their first ten."
    )


def _subtract(chosen: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.container(width=280)
        strength = number_of(STRENGTH)
    options = StrategyOptions(CENTRED, strength=float(strength))
    after = measured(chosen.view, options, chosen.seed, chosen.pair)
    change = round(after.geometry.gap.gap - _measured(chosen).geometry.gap.gap, 3)
    signed = figure(change, signed=True)
    shown.metric(
        "Gap ‖Δ‖ (lower is closer)",
        f"{after.geometry.gap.gap:.3f}",
        f"{signed} against raw" if change else "as raw",
        **metric_look(change, gap_change(_measured(chosen), after)),
    )
    _cones(chosen, options, lines=False)


def _better_and_worse(chosen: Settings) -> None:
    moving = {name: spec.title for name, spec in STRATEGIES.items() if spec.moves_vectors}
    usual = chosen.usual if chosen.usual in moving else CENTRED
    name = select_of(replace(MOVING, default=usual), moving)
    raw, after = _measured(chosen), _measured(chosen, name)
    worse = in_markdown(" and ".join(worse_directions(raw, after)))
    st.subheader(
        f"The gap goes from {raw.geometry.gap.gap:.2f} to {after.geometry.gap.gap:.2f}. "
        f"{f'Recall {worse} gets' if worse else 'No recall gets'} worse by more than chance.",
        anchor=False,
    )
    strategy_table({"Raw cosine": raw, after.strategy.label: after})
    st.caption(SMALL_FIGURES)


def _the_decision(chosen: Settings) -> None:
    judge = segments_of(JUDGE)
    names = (RAW, chosen.recommended, chosen.strategy, ROUTING)
    rows = {
        STRATEGIES[name].title: _measured(chosen, name)
        for name in dict.fromkeys(filter(None, names))
    }
    best = None if chosen.recommended is None else STRATEGIES[chosen.recommended].title
    st.subheader(in_markdown(decision_reading(rows, best, judge)), anchor=False)
    strategy_table(rows)
    st.caption(SMALL_FIGURES)


def _route_and_fuse(chosen: Settings) -> None:
    _failing_query(chosen, ROUTING)


def _measured(chosen: Settings, name: str = RAW) -> Measurement:
    return measured(chosen.view, chosen.options(name), chosen.seed, chosen.pair)


def _failing_item(chosen: Settings) -> int | None:
    """The position of an item whose query fails, as the visitor chose it."""
    collection = collection_of(chosen.view)
    held = collection.splits[EVALUATE]
    raw = _measured(chosen)
    failing = held[failing_items(raw, chosen.pair[1])][:OFFERED]
    if not has_matches(raw):
        st.info(NO_MATCHES, icon=":material/link_off:")
        return None
    if not failing.size:
        st.success(
            f"Every {in_markdown(chosen.pair[1])} query finds its match among the first ten here.",
            icon=":material/check_circle:",
        )
        return None
    titles = {int(position): item_title(collection.items[position]) for position in failing}
    item: int = choice_of(
        f"A {in_markdown(chosen.pair[1])} query that fails", titles, key="tour_item"
    )
    return item


def _failing_query(chosen: Settings, *others: str) -> None:
    """What a query that fails finds under raw cosine and other strategies, side by side."""
    item, modality = _failing_item(chosen), chosen.pair[1]
    if item is None:
        return
    asking = collection_of(chosen.view).modality(modality).queries
    row = int(np.flatnonzero(asking.item_index == item)[0])
    query = Query(asking.vectors[row], modality, item)
    answers = []
    for name in (RAW, *others):
        options = chosen.options(name)
        found = index_of(chosen.view, options).search(query, RESULTS)
        rank = found.match_rank
        words = "" if rank is None else f"### The match stands at rank {rank:,}"
        head = f"#### {STRATEGIES[name].title}" * bool(others)
        score = fitted(chosen.view, options).score_name
        answers.append(Answer(chosen.view, query, found, head, words=words, score_name=score))
    show_answers(answers, mark=False)


def _cones(chosen: Settings, options: StrategyOptions, *, lines: bool) -> None:
    """Both clouds on the axes of the raw ones, so that a move can be seen."""
    gap = _measured(chosen).geometry.gap.gap
    requests = [
        layout_request(
            chosen.view, one, "gap_axis" if gap > NO_SPREAD else "pca", chosen.seed, chosen.pair
        )
        for one in (chosen.raw, options)
    ]
    raw, layout = (request.compute() for request in requests)
    figure = cones_figure(
        layout,
        requests[-1].item_index,
        pairs=chosen.pair if lines else None,
        ranges=shared_ranges(raw, layout),
        webgl=webgl_available(),
        height=CONES_HEIGHT,
    )
    show_chart(figure, "tour_cones", alt_text(layout))


STOPS = (
    Stop("One model, two clouds: do they mix?", _two_cones),
    Stop("The distance of their centres is the gap.", _the_number),
    Stop("Ask a mixed index: does the right answer show?", _failing_query),
    Stop("One query may be an accident: look at all of them.", _bias_across_all),
    Stop("Move both centres to one place, and the gap all but closes.", _subtract),
    Stop("Some figures gain by it; some may lose.", _better_and_worse),
    Stop("Or move nothing: one list a modality, merged by rank.", _route_and_fuse),
    Stop("What this data says, judged by what matters to you.", _the_decision),
)
