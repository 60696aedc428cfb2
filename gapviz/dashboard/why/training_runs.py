"""The runs of a visitor: their progress, their charts in one, and a look back at any step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.sections import how_computed
from gapviz.dashboard.settings import show_error
from gapviz.dashboard.widgets import choice_of
from gapviz.figures.cones import alt_text
from gapviz.figures.training import (
    QUANTITIES,
    RunLine,
    small_cones_figure,
    training_alt,
    training_figure,
)
from gapviz.training.features import TrainingFeatures
from gapviz.training.live import LiveRun
from gapviz.training.record import TrainingStep
from gapviz.training.run import TrainingOptions

NARROWEST_CHART = 290
CHART_HEIGHT = 260
HOW = """
Every tenth step, both heads encode the held-out pairs, and all figures are of those alone; only
the loss is that of the training batch, and comparable at one temperature only.

- **Gap**: distance of the two centroids, ‖μ₁ − μ₂‖.
- **In-cone cosine**: mean cosine of two different rows of one modality.
- **Held-out recall**: share of queries whose match is among the first 10 of the other modality.
- **Bias**: share of the query's own modality among the first 10 of the mixed index, the query's
  own entry left out.

Rank = 1 + entries that score strictly higher. Batches of 128, AdamW, everything random drawn from
the seed of the sidebar: the same seed gives the same run.
"""


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A run of this visitor."""

    number: int
    color: str
    options: TrainingOptions
    features: TrainingFeatures
    live: LiveRun

    @property
    def title(self) -> str:
        """What tells it from others."""
        return f"Run {self.number}: {self.options.title}"

    @property
    def active(self) -> bool:
        """Whether it can go on."""
        return self.live.state in ("running", "paused")


def show_runs_until_idle(runs: Sequence[TrainedRun], remove: Callable[[TrainedRun], None]) -> None:
    """`show_runs` in a fragment that is polled; the page is drawn anew once no run is busy."""
    if not any(run.live.busy for run in runs):
        st.rerun()
    show_runs(runs, remove)


def show_runs(runs: Sequence[TrainedRun], remove: Callable[[TrainedRun], None]) -> None:
    """A line a run, with a button that removes it, and the charts of all of them.

    There is at least one, and all are of the same features; the oldest comes first.
    """
    for run in runs:
        _headline(run, remove)
        if run.live.error is not None:
            show_error(run.live.error)
    context, step = _context(runs)
    lines = [
        RunLine(run.title, tag, run.color, run.live.steps, run.options.steps)
        for run, tag in zip(runs, _tags(runs), strict=True)
    ]
    first, second = runs[0].features.modalities
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Each line ends in its run. Where a run has two: solid {first}, or from {first}; "
            f"dotted {second}, or from {second}.",
            width="stretch",
        )
        how_computed(HOW)
    with st.grid(3, min_column_width=NARROWEST_CHART, gap="small"):
        with st.container():
            _cones(context, step)
        for name, quantity in QUANTITIES.items():
            with st.container():
                st.markdown(f"**{quantity.title}**")
                at = step.step if step else None
                chart = training_figure(lines, name, at=at, height=CHART_HEIGHT)
                show_chart(chart, f"train_chart_{name}", training_alt(lines, name))


def _headline(run: TrainedRun, remove: Callable[[TrainedRun], None]) -> None:
    last = run.live.steps[-1] if run.live.steps else None
    # A pause waits for the record that is being made.
    waiting = run.live.state == "paused" and run.live.busy
    state = "pausing" if waiting else run.live.state
    reached = (
        f"step {last.step} of {run.options.steps} · {state} · gap {last.gap:.3f}, "
        f"R@10 {last.mean_recall:.3f}, bias@10 {last.mean_bias:.3f}"
        if last
        else "starting"
    )
    words, away = st.columns([12, 1], vertical_alignment="center", gap="small")
    words.html(
        f'<span style="color:{run.color};font-weight:700">━━</span> '
        f"<strong>{escape(run.title)}</strong> · {reached}"
    )
    away.button(
        ":material/close:",
        type="tertiary",
        key=f"train_remove_{run.number}",
        help=f"Remove run {run.number}",
        on_click=remove,
        args=(run,),
    )


def _tags(runs: Sequence[TrainedRun]) -> list[str]:
    """The temperature, where it alone tells the runs apart; else their numbers."""
    others = {replace(run.options, temperature=1.0) for run in runs}
    temperatures = {run.options.temperature for run in runs}
    if len(others) == 1 and len(temperatures) == len(runs):
        return [f"τ {run.options.temperature:g}" for run in runs]
    return [f"run {run.number}" for run in runs]


def _context(runs: Sequence[TrainedRun]) -> tuple[TrainedRun, TrainingStep | None]:
    """The run whose cones are drawn, and the record that the slider names."""
    run = runs[-1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(runs) > 1:
            titles = {one.number: one.title for one in runs}
            # A new run is the one to look at.
            key = f"train_look_{run.number}"
            number = choice_of("Cones of", titles, index=len(runs) - 1, key=key, width=320)
            run = next(one for one in runs if one.number == number)
        return run, _scrubbed(run)


def _scrubbed(run: TrainedRun) -> TrainingStep | None:
    """The latest record while the run goes on, else the one that the slider names."""
    steps = run.live.steps
    by_step = {step.step: step for step in steps}
    key, drawn = f"train_scrub_{run.number}", f"_train_drawn_{run.number}"
    if len(steps) != st.session_state.get(drawn):
        st.session_state[drawn] = len(steps)
        st.session_state[key] = steps[-1].step if steps else 0
    at = st.select_slider(
        "Step",
        # A slider needs two ends, also before there are two records.
        list(by_step) if len(steps) > 1 else [0, run.options.record_every],
        key=key,
        disabled=len(steps) < 2 or run.live.state == "running",
        help="Pause, or wait for the end, to look back.",
    )
    return by_step.get(at, steps[-1] if steps else None)


def _cones(run: TrainedRun, step: TrainingStep | None) -> None:
    if step is None:
        st.markdown("**Cones**")
        st.container(height=CHART_HEIGHT, border=False).caption("waiting for the first record")
        return
    st.markdown(f"**Cones at step {step.step}**: gap {step.gap:.3f}")
    cones = small_cones_figure(step.layout, fixed=True, height=CHART_HEIGHT)
    show_chart(cones, "train_cones", alt_text(step.layout, title=f"{run.title}, step {step.step}"))
