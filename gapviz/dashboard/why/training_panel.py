"""Live training of heads: the options, the buttons, and the visitor's runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import streamlit as st

from gapviz.analyses.training.features import TrainingFeatures
from gapviz.analyses.training.live import LiveRun
from gapviz.analyses.training.quantities import QUANTITIES
from gapviz.analyses.training.record import TrainingStep
from gapviz.analyses.training.run import (
    LOSS_TITLES,
    MODGAP_WEIGHTS,
    LossName,
    TrainingOptions,
    training_steps,
)
from gapviz.analyses.training.temperature import TEMPERATURES
from gapviz.core.foreign import in_html, in_markdown
from gapviz.dashboard.caches import features_of, import_library
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.errors import errors_shown, show_error
from gapviz.dashboard.sections import how_computed
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.url_params import free_parameter, url_choice, url_parameter
from gapviz.dashboard.waiting import poll_place
from gapviz.dashboard.widgets import choice_of, number_of, segments_of
from gapviz.figures.cones import alt_text
from gapviz.figures.training import (
    RUN_COLORS,
    RunLine,
    small_cones_figure,
    training_alt,
    training_figure,
)
from gapviz.storage.background import ThreadTask

LOSS = url_choice(
    "train_loss",
    "Loss",
    {str(name): title for name, title in LOSS_TITLES.items()},
    default="infonce",
    help="InfoNCE ranks each match first in its batch (CLIP); the sigmoid loss asks of each pair "
    "whether it is one (SigLIP); ModGap adds to InfoNCE that both halves of a pair should meet "
    "and the pairs spread.",
)
TEMPERATURE = url_choice(
    "train_temperature",
    "Temperature τ",
    {f"{value:g}": f"{value:g}" for value in TEMPERATURES},
    default=f"{TEMPERATURES[0]:g}",
    help="Cosines are divided by τ. CLIP ends near 0.01. The sigmoid loss starts from 1/τ and "
    "learns it.",
)
INTRA_MODAL = free_parameter("intra_modal")
WEIGHTS = {
    one.name: url_parameter(replace(one, name=f"train_{one.name}")) for one in MODGAP_WEIGHTS
}
"""Shown where the loss has them."""

RUNS, NEXT_NUMBER = "_training_runs", "_next_training_run"
MOST_RUNS = len(RUN_COLORS)
REST_SECONDS = 0.4
"""Between two records: a page with six charts needs the processor as well."""
PATIENCE_SECONDS = 0.6
"""A record that comes this soon is drawn with the buttons, without polling for it."""
POLL_SECONDS = 1.0
NARROWEST_CHART = 290
CHART_HEIGHT = 260
HOW = """
Every tenth step, both heads encode the held-out pairs, and all figures are of those alone; only
the loss is that of the training batch, and comparable at one temperature (of ModGap, with one pair
of weights) only.

- **Loss ModGap**: InfoNCE + λ₁ mean‖x − y‖² + λ₂ log mean exp(−2‖cᵢ − cⱼ‖²), c = norm(x + y) of
  each pair, i ≠ j.
- **Gap**: distance of the two centroids, ‖μ₁ − μ₂‖.
- **In-cone cosine**: mean cosine of two different rows of one modality.
- **Held-out recall**: share of queries whose match is among the first 10 of the other modality.
- **Bias rate**: share of the query's own modality among the first 10 of the mixed index, the
  query's own entry left out.

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


@errors_shown()
def training_section(chosen: Settings) -> None:
    """Choose, train, look, compare."""
    _warm_torch()
    _panel(features_of(chosen.view, chosen.pair), _options(chosen))


@lru_cache(maxsize=1)
def _warm_torch() -> None:
    """Import torch while the visitor still reads, so that the first run starts at once."""
    ThreadTask(lambda progress: import_library("torch")).start()


def _options(chosen: Settings) -> TrainingOptions:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        loss: LossName = segments_of(LOSS)
        temperature = st.select_slider(
            TEMPERATURE.title,
            list(TEMPERATURE.choices),
            TEMPERATURE.default,
            key=TEMPERATURE.name,
            bind="query-params",
            width=260,
            help=TEMPERATURE.help,
        )
        intra_modal = st.toggle(
            "Intra-modal terms",
            key=INTRA_MODAL,
            bind="query-params",
            help="Two images should be as alike as their captions (CyCLIP).",
        )
    weights: dict[str, float] = {}
    if loss == "modgap":
        with st.container(horizontal=True):
            weights = {
                name: float(number_of(weight, width=160)) for name, weight in WEIGHTS.items()
            }
    return TrainingOptions(
        float(temperature),
        loss,
        intra_modal,
        chosen.seed,
        alignment=weights.get("alignment"),
        uniformity=weights.get("uniformity"),
    )


@st.fragment
def _panel(features: TrainingFeatures, options: TrainingOptions) -> None:
    """The buttons, and below them a fragment that is drawn anew while a run is busy.

    No poll draws the buttons: what a visitor is about to press stays where it is.
    """
    runs = _runs(features)
    _buttons(features, options, runs)
    if not runs:
        st.info(
            "Train: a run takes some 20 seconds. Run it again at another temperature to lay "
            "both over one another.",
            icon=":material/play_arrow:",
        )
        return
    with poll_place():
        if any(run.live.busy for run in runs):
            # A fragment that is no longer called is no longer polled.
            st.fragment(_show_runs_until_idle, run_every=POLL_SECONDS)(runs)
        else:
            st.fragment(_show_runs)(runs)


def _runs(features: TrainingFeatures) -> list[TrainedRun]:
    """The visitor's runs on these features; others cannot be laid over them."""
    kept: list[TrainedRun] = st.session_state.get(RUNS, [])
    return [run for run in kept if run.features.content_hash == features.content_hash]


def _buttons(features: TrainingFeatures, options: TrainingOptions, runs: list[TrainedRun]) -> None:
    """Always all of them, each of a fixed width, so that none moves under the pointer."""
    current = runs[-1].live if runs and runs[-1].live.state in ("running", "paused") else None
    full = len(runs) >= MOST_RUNS
    paused = current is not None and current.state == "paused"

    def button(
        label: str, icon: str, key: str, press: Callable[[], None], enabled: bool, **look: Any
    ) -> None:
        # A callback runs before anything is drawn, so that all of the panel shows what it did.
        look = {"width": 120} | look
        icon = f":material/{icon}:"
        st.button(
            label, icon=icon, key=f"train_{key}", disabled=not enabled, on_click=press, **look
        )

    start, press = partial(_start, features, options), partial(_press, current)
    one_further = partial(start, paused=True) if current is None else partial(press, LiveRun.step)
    pause_or_go_on: Callable[[], None] = partial(press, LiveRun.pause)
    if current is not None and paused:
        pause_or_go_on = current.resume
    help = "Remove a run first." if full else None
    with st.container(horizontal=True):
        button(
            "Train", "play_arrow", "start", start, current is None and not full,
            help=help, type="primary",
        )  # fmt: skip
        label, icon = ("Go on", "resume") if paused else ("Pause", "pause")
        button(label, icon, "pause", pause_or_go_on, current is not None)
        button(
            "One record further", "skip_next", "step", one_further,
            not full if current is None else paused,
            help="Ten steps, then pause. Starts a run where none is under way.", width=200,
        )  # fmt: skip
        button("Stop", "stop", "stop", partial(press, LiveRun.stop), current is not None)


def _press(live: LiveRun | None, act: Callable[[LiveRun], None]) -> None:
    """Do it, and wait for what it leads to if that comes soon."""
    if live is not None:
        act(live)
        live.wait_until_idle(PATIENCE_SECONDS)


def _start(features: TrainingFeatures, options: TrainingOptions, *, paused: bool = False) -> None:
    """Begin a run in a thread of its own; nobody else waits for it."""
    number = st.session_state.get(NEXT_NUMBER, 1)
    st.session_state[NEXT_NUMBER] = number + 1
    taken = {run.color for run in _runs(features)}
    color = next((color for color in RUN_COLORS if color not in taken), RUN_COLORS[-1])

    def records() -> Iterator[TrainingStep]:
        import_library("torch")
        return training_steps(features, options)

    live = LiveRun(records, paused=paused, rest=REST_SECONDS)
    run = TrainedRun(number, color, options, features, live)
    st.session_state.setdefault(RUNS, []).append(run)
    live.wait_until_idle(PATIENCE_SECONDS if paused else 0)


def _remove(run: TrainedRun) -> None:
    run.live.stop()
    st.session_state[RUNS] = [kept for kept in st.session_state[RUNS] if kept is not run]


def _show_runs_until_idle(runs: Sequence[TrainedRun]) -> None:
    """`_show_runs` in a fragment that is polled; the page is drawn anew once no run is busy."""
    if not any(run.live.busy for run in runs):
        st.rerun()
    _show_runs(runs)


def _show_runs(runs: Sequence[TrainedRun]) -> None:
    """A line a run, with a button that removes it, and the charts of all of them.

    There is at least one, and all are of the same features; the oldest comes first.
    """
    for run in runs:
        _headline(run)
        if run.live.error is not None:
            show_error(run.live.error)
    context, step = _context(runs)
    lines = [
        RunLine(run.title, tag, run.color, run.live.steps, run.options.steps)
        for run, tag in zip(runs, _tags(runs), strict=True)
    ]
    first, second = map(in_markdown, runs[0].features.modalities)
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


def _headline(run: TrainedRun) -> None:
    last = run.live.steps[-1] if run.live.steps else None
    # A pause waits for the record that is being made.
    waiting = run.live.state == "paused" and run.live.busy
    state = "pausing" if waiting else run.live.state
    reached = (
        f"step {last.step} of {run.options.steps} · {state} · gap {last.gap:.3f}, "
        f"R@10 {last.mean_recall:.3f}, bias rate {last.mean_bias:.3f}"
        if last
        else "starting"
    )
    words, away = st.columns([12, 1], vertical_alignment="center", gap="small")
    words.html(
        f'<span style="color:{run.color};font-weight:700">━━</span> '
        f"<strong>{in_html(run.title)}</strong> · {reached}"
    )
    away.button(
        ":material/close:",
        type="tertiary",
        key=f"train_remove_{run.number}",
        help=f"Remove run {run.number}",
        on_click=_remove,
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
