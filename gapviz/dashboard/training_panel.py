"""Heads trained while one looks on: controls, charts that move, runs laid over one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from gapviz.dashboard.caches import features_of, import_library
from gapviz.dashboard.hover import webgl_available
from gapviz.dashboard.settings import Settings, show_error
from gapviz.errors import GapvizError
from gapviz.figures import alt_text, cones_figure
from gapviz.figures.training import (
    QUANTITIES,
    RUN_COLORS,
    UNIT_RANGES,
    RunLine,
    training_alt,
    training_figure,
)
from gapviz.training import (
    LOSS_TITLES,
    TEMPERATURES,
    LiveRun,
    LossName,
    TrainingFeatures,
    TrainingOptions,
    TrainingStep,
    training_steps,
)

RUNS, NEXT_NUMBER = "_training_runs", "_next_training_run"
MOST_RUNS = len(RUN_COLORS)
POLL_SECONDS = 1.0
REST_SECONDS = 0.4
"""Between two records: a page with six charts needs the processor as well."""
NARROWEST_CHART = 360
CONFIG = {"displaylogo": False}


@dataclass(frozen=True, eq=False)
class _Kept:
    """A run of this visitor."""

    number: int
    color: str
    options: TrainingOptions
    features: TrainingFeatures
    live: LiveRun

    @property
    def title(self) -> str:
        return f"Run {self.number}: {self.options.title}"

    @property
    def active(self) -> bool:
        return self.live.state in ("running", "paused")

    @property
    def line(self) -> RunLine:
        return RunLine(self.title, self.color, self.live.steps)


def training_section(chosen: Settings) -> None:
    """Choose, train, look, compare."""
    try:
        features = features_of(chosen.view, chosen.pair)
    except GapvizError as error:
        show_error(error)
        return
    st.caption(
        f"{features.source} {features.train.size:,} pairs train; every figure below is measured on "
        f"{features.held_out.size:,} others, held out. Batches of 128, AdamW, seed of the sidebar."
    )
    options = _options(chosen)
    busy = _any_busy(_runs(features))
    st.fragment(_panel, run_every=POLL_SECONDS if busy else None)(features, options, busy)


def _options(chosen: Settings) -> TrainingOptions:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        loss: LossName | None = st.segmented_control(
            "Loss",
            list(LOSS_TITLES),
            default="infonce",
            format_func=lambda name: LOSS_TITLES[name],
            key="train_loss",
            bind="query-params",
            required=True,
            help="InfoNCE ranks each match first in its batch (CLIP); the sigmoid loss asks of "
            "each pair whether it is one (SigLIP).",
        )
        temperature = st.select_slider(
            "Temperature τ",
            TEMPERATURES,
            TEMPERATURES[0],
            format_func=lambda value: f"{value:g}",
            key="train_temperature",
            bind="query-params",
            width=260,
            help="Cosines are divided by τ. CLIP ends near 0.01. The sigmoid loss starts from 1/τ "
            "and learns it.",
        )
        intra_modal = st.toggle(
            "Intra-modal terms",
            key="intra_modal",
            bind="query-params",
            help="Two images should be as alike as their captions (CyCLIP).",
        )
    return TrainingOptions(float(temperature), loss or "infonce", intra_modal, chosen.seed)


def _panel(features: TrainingFeatures, options: TrainingOptions, polling: bool) -> None:
    runs = _runs(features)
    if _any_busy(runs) != polling:
        # Only the whole page can begin or end the polling.
        st.rerun()
    current = runs[-1] if runs and runs[-1].active else None
    _buttons(features, options, current, len(runs))
    if not runs:
        st.info(
            "Train: a run takes a few seconds. Run it again at another temperature to lay both "
            "over one another.",
            icon=":material/play_arrow:",
        )
        return
    _list_of_runs(runs)
    for run in runs:
        if run.live.error is not None:
            show_error(run.live.error)
    _charts(runs)


def _any_busy(runs: list[_Kept]) -> bool:
    return any(run.live.busy for run in runs)


def _runs(features: TrainingFeatures) -> list[_Kept]:
    """The visitor's runs on these features; others cannot be laid over them."""
    kept: list[_Kept] = st.session_state.get(RUNS, [])
    return [run for run in kept if run.features.content_hash == features.content_hash]


def _buttons(
    features: TrainingFeatures, options: TrainingOptions, current: _Kept | None, n_runs: int
) -> None:
    full = n_runs >= MOST_RUNS
    state = current.live.state if current else None
    # Callbacks, since a poll may cut the run of a click short before it comes to its button.
    with st.container(horizontal=True):
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            key="train_start",
            disabled=current is not None or full,
            help="Remove a run first." if full else None,
            on_click=_start,
            args=(features, options),
        )
        if current is not None and state == "paused":
            st.button(
                "Go on",
                icon=":material/resume:",
                key="train_resume",
                on_click=current.live.resume,
            )
        else:
            st.button(
                "Pause",
                icon=":material/pause:",
                key="train_pause",
                disabled=state != "running",
                on_click=current.live.pause if current else None,
            )
        st.button(
            "One record further",
            icon=":material/skip_next:",
            key="train_step",
            disabled=full if current is None else current.live.busy,
            help="Ten steps, then pause. Starts a run where none is under way.",
            on_click=current.live.step if current else _start,
            args=() if current else (features, options, True),
        )
        st.button(
            "Stop",
            icon=":material/stop:",
            key="train_stop",
            disabled=current is None,
            on_click=current.live.stop if current else None,
        )


def _start(features: TrainingFeatures, options: TrainingOptions, paused: bool = False) -> None:
    """Begin a run in a thread of its own; nobody else waits for it."""
    number = st.session_state.get(NEXT_NUMBER, 1)
    st.session_state[NEXT_NUMBER] = number + 1
    kept: list[_Kept] = st.session_state.setdefault(RUNS, [])
    taken = {run.color for run in kept if run.features is features}
    color = next((color for color in RUN_COLORS if color not in taken), RUN_COLORS[-1])

    def records() -> Iterator[TrainingStep]:
        import_library("torch")
        return training_steps(features, options)

    kept.append(
        _Kept(number, color, options, features, LiveRun(records, paused=paused, rest=REST_SECONDS))
    )


def _list_of_runs(runs: list[_Kept]) -> None:
    for run in runs:
        steps, state = run.live.steps, run.live.state
        with st.container(horizontal=True, vertical_alignment="center"):
            last = steps[-1] if steps else None
            figures = (
                f"step {last.step} of {run.options.steps}: gap {last.gap:.3f}, R@10 "
                f"{last.mean_recall:.3f}, bias@10 {last.mean_bias:.3f}"
                if last
                else "starting"
            )
            st.html(
                f'<span style="color:{run.color};font-weight:700">━━</span> '
                f"<strong>{run.title}</strong> · {figures} · {state}",
                width="stretch",
            )
            st.button(
                "Remove",
                icon=":material/close:",
                key=f"train_remove_{run.number}",
                on_click=_remove,
                args=(run,),
            )


def _remove(run: _Kept) -> None:
    run.live.stop()
    st.session_state[RUNS] = [kept for kept in st.session_state[RUNS] if kept is not run]


def _charts(runs: list[_Kept]) -> None:
    recorded = [run for run in runs if run.live.steps]
    if not recorded:
        return
    looked_at = recorded[-1]
    if len(recorded) > 1:
        by_number = {run.number: run for run in recorded}
        number = st.selectbox(
            "Cones of",
            list(by_number),
            index=len(recorded) - 1,
            format_func=lambda one: by_number[one].title,
            key=f"train_look_{recorded[-1].number}",
        )
        looked_at = by_number[number]
    lines = [run.line for run in recorded]
    step = _scrubbed(looked_at)
    with st.grid(3, min_column_width=NARROWEST_CHART, gap="small"):
        with st.container():
            _cones(looked_at, step)
        for name, quantity in QUANTITIES.items():
            with st.container():
                st.markdown(f"**{quantity.title}**")
                st.plotly_chart(
                    training_figure(lines, name, at=step.step),
                    key=f"train_chart_{name}",
                    config=CONFIG,
                    alt=training_alt(lines, name),
                )
    first, second = looked_at.features.modalities
    st.caption(
        f"One colour a run. Where there are two lines: solid {first} (or from {first}), dotted "
        f"{second}. Loss is that of the training batch and comparable only at one temperature. "
        "Recall searches the other modality alone; bias is the share of the query's own modality "
        "among the first 10 of the mixed index; rank = 1 + entries that score strictly higher."
    )


def _scrubbed(run: _Kept) -> TrainingStep:
    """The record to look at: the latest while it runs, else the one that the slider names."""
    steps = run.live.steps
    by_step = {step.step: step for step in steps}
    if len(steps) < 2:
        return steps[-1]
    # A new record makes a new slider, which stands at its end.
    at = st.select_slider(
        "Step",
        list(by_step),
        steps[-1].step,
        key=f"train_scrub_{run.number}_{len(steps)}",
        disabled=run.live.state == "running",
        help="Pause or wait for the end to look back.",
    )
    return by_step[at]


def _cones(run: _Kept, step: TrainingStep) -> None:
    st.markdown(f"**Cones at step {step.step}**: gap {step.gap:.3f}")
    indices = {name: range(run.features.held_out.size) for name in run.features.modalities}
    st.plotly_chart(
        cones_figure(step.layout, indices, ranges=UNIT_RANGES, webgl=webgl_available(), height=300),
        key="train_cones",
        config=CONFIG,
        alt=alt_text(step.layout, title=f"{run.title}, step {step.step}"),
    )
