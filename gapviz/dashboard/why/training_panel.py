"""Live training of heads: the options, the buttons, and the visitor's runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

import streamlit as st

from gapviz.dashboard.caches import features_of, import_library
from gapviz.dashboard.settings import Settings, errors_shown
from gapviz.dashboard.url_params import free_parameter, url_choice
from gapviz.dashboard.why.training_runs import TrainedRun, show_runs, show_runs_until_idle
from gapviz.dashboard.widgets import segments_of
from gapviz.figures.training import RUN_COLORS
from gapviz.storage.background import ThreadTask
from gapviz.training.features import TrainingFeatures
from gapviz.training.live import LiveRun
from gapviz.training.record import TrainingStep
from gapviz.training.run import LOSS_TITLES, LossName, TrainingOptions, training_steps
from gapviz.training.temperature import TEMPERATURES

LOSS = url_choice(
    "train_loss",
    "Loss",
    {str(name): title for name, title in LOSS_TITLES.items()},
    default="infonce",
    help="InfoNCE ranks each match first in its batch (CLIP); the sigmoid loss asks of each pair "
    "whether it is one (SigLIP).",
)
TEMPERATURE = url_choice(
    "train_temperature",
    "Temperature",
    {f"{value:g}": f"{value:g}" for value in TEMPERATURES},
    default=f"{TEMPERATURES[0]:g}",
    help="Cosines are divided by τ. CLIP ends near 0.01. The sigmoid loss starts from 1/τ and "
    "learns it.",
    symbol="τ",
)
INTRA_MODAL = free_parameter("intra_modal")

RUNS, NEXT_NUMBER = "_training_runs", "_next_training_run"
MOST_RUNS = len(RUN_COLORS)
REST_SECONDS = 0.4
"""Between two records: a page with six charts needs the processor as well."""
PATIENCE_SECONDS = 0.6
"""A record that comes this soon is drawn with the buttons, without polling for it."""
POLL_SECONDS = 1.0


@errors_shown()
def training_section(chosen: Settings) -> None:
    """Choose, train, look, compare."""
    features = features_of(chosen.view, chosen.pair)
    st.caption(
        f"{features.source} {features.train.size:,} pairs train; every figure below is measured on "
        f"{features.held_out.size:,} others, held out."
    )
    _warm_torch()
    _panel(features, _options(chosen))


@lru_cache(maxsize=1)
def _warm_torch() -> None:
    """Import torch while the visitor still reads, so that the first run starts at once."""
    ThreadTask(lambda progress: import_library("torch")).start()


def _options(chosen: Settings) -> TrainingOptions:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        loss: LossName = segments_of(LOSS)
        temperature = st.select_slider(
            f"{TEMPERATURE.title} {TEMPERATURE.symbol}",
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
    return TrainingOptions(float(temperature), loss, intra_modal, chosen.seed)


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
    elif any(run.live.busy for run in runs):
        # A fragment that is no longer called is no longer polled.
        st.fragment(show_runs_until_idle, run_every=POLL_SECONDS)(runs, _remove)
    else:
        st.fragment(show_runs)(runs, _remove)


def _runs(features: TrainingFeatures) -> list[TrainedRun]:
    """The visitor's runs on these features; others cannot be laid over them."""
    kept: list[TrainedRun] = st.session_state.get(RUNS, [])
    return [run for run in kept if run.features.content_hash == features.content_hash]


def _buttons(features: TrainingFeatures, options: TrainingOptions, runs: list[TrainedRun]) -> None:
    """Always all of them, each of a fixed width, so that none moves under the pointer."""
    current = runs[-1].live if runs and runs[-1].active else None
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
    pause_or_go_on = partial(press, LiveRun.pause)
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
