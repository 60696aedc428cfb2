"""A short run that trains when the page is opened, and is then played step by step."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gapviz.analyses.training.short_run import ShortRun, short_run, short_run_reading
from gapviz.core.foreign import in_markdown
from gapviz.core.plain_json import plain_json
from gapviz.dashboard.base_path import below_base
from gapviz.dashboard.caches import features_of
from gapviz.dashboard.canvas.component import SHAPES
from gapviz.dashboard.canvas.served import SCRIPTS_VERSION
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.why.forces import loading_first
from gapviz.figures.training_film import training_film

_FOLDER = Path(__file__).parent

_mount = st.components.v2.component(
    "gapviz_player",
    html=(_FOLDER / "player.html").read_text("utf-8"),
    css=(_FOLDER / "player.css").read_text("utf-8"),
    js=(_FOLDER / "player.js").read_text("utf-8"),
)


def short_run_section(chosen: Settings) -> bool:
    """Train for a few seconds, then play; whether there is anything to train on."""
    features = None
    with errors_shown():
        features = features_of(chosen.view, chosen.pair)
    if features is None:
        return False
    known = short_run(features, seed=chosen.seed)
    wait = Wait("Training two small heads", cancelled="There is nothing to play.")
    found = result_of(loading_first("torch", known), wait)
    if found is not None:
        _play(found, known.key)
        st.caption(
            f"{in_markdown(features.source)} {features.train.size:,} pairs train; the picture and "
            f"all figures are of {features.held_out.size:,} others, held out. "
            f"{found.options.title}. Across: along the gap of each step."
        )
    return True


def _play(run: ShortRun, key: str) -> None:
    st.markdown(f"**{in_markdown(short_run_reading(run))}**")
    film = training_film(run.steps)
    looks = [one | {"shape": SHAPES.index(one["symbol"])} for one in film["modalities"]]
    told = plain_json(film | {"modalities": looks})
    shapes = below_base(f"/canvas/{SCRIPTS_VERSION}/shapes.js")
    _mount(key="short_run", data=told | {"key": key, "shapes": shapes}, height="content")
