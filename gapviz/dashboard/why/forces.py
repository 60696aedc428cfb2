"""The three causes of the gap, each a small experiment on real networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import streamlit as st

from gapviz.analyses.training.order import shift_study
from gapviz.analyses.training.random_start import MODEL, cached_random_start
from gapviz.analyses.training.run import TrainingOptions
from gapviz.analyses.training.temperature import STUDY_STEPS, cached_temperatures, shipped_gaps
from gapviz.analyses.why import order_finding
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.dashboard.caches import experiment, features_of, import_library
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_parameter
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.widgets import number_of
from gapviz.figures.cones import alt_text
from gapviz.figures.training import small_cones_figure, temperature_alt, temperature_figure
from gapviz.storage.cache import CachedResult

Result = TypeVar("Result")

SHIFT = url_parameter(
    Parameter(
        "shift",
        "Shift of the answers, in gaps",
        "number",
        1.0,
        "1 lays the two centroids on one another; below 0 moves them apart.",
        low=-1.0,
        high=2.0,
        step=0.25,
    )
)


def random_start_section(chosen: Settings) -> None:
    """Cones of a real open_clip model at random weights."""
    st.markdown(
        "**Two encoders start apart.** An untrained network sends whatever it sees into a narrow "
        "cone: each non-linear layer makes its outputs more alike. Two networks with different "
        "weights have two different cones, so the gap is there before the first pair is seen."
    )
    st.caption("Source: Liang et al. 2022, Mind the Gap (cone effect; random initialisation).")
    start = loading_first("open_clip", cached_random_start(seed=chosen.seed))
    found = result_of(start, Wait("Building", ask=f"Build {MODEL} at random weights"))
    if found is None:
        return
    figures = found.figures
    with st.grid(3, min_column_width=190, gap="small"):
        st.metric("Gap (0 to 2, lower is closer)", f"{figures.gap:.3f}", border=True)
        for name, value in figures.cone.items():
            st.metric(
                f"Cosine of two {in_markdown(name)}s",
                f"{value:.3f}",
                border=True,
                help="Mean over all pairs: 1 = one point, 0 = all directions.",
            )
    alt = alt_text(figures.layout, title=f"{found.model} at random weights")
    show_chart(small_cones_figure(figures.layout, height=300), "random_start_cones", alt)
    recalls = (f"{value:.2f} {a} → {b}" for (a, b), value in figures.recall.items())
    recall = in_markdown(" and ".join(recalls))
    st.caption(
        f"open_clip's {found.model}, weights drawn with seed {found.seed}, over {found.n_items} "
        f"built-in drawings and their names. It knows nothing yet: R@10 is {recall}, chance "
        f"{found.chance:.2f}."
    )


@errors_shown()
def order_section(chosen: Settings) -> None:
    """Shift one cone, and look at loss and ranks."""
    st.markdown(
        "**The loss asks for order, not for place.** Shift every answer by one and the same "
        "vector: each query's scores all grow by one constant, and neither its loss nor its "
        "ranking notices. Nothing in them says that the cones should meet."
    )
    st.caption(
        "Why: x·(y + c) = x·y + x·c, and softmax over the answers y divides exp(x·c / τ) out."
    )
    amount = float(number_of(SHIFT))
    held_out = experiment(chosen.view).evaluated
    study = shift_study(held_out, chosen.pair, amount, seed=chosen.seed)
    show_table(order_finding(study).tables[0])
    st.caption(
        f"InfoNCE of one direction at τ = {study.temperature:g} over all "
        f"{study.directions[0].n_queries:,} held-out pairs. The shifted rows are not of length 1; "
        "an index that scales them back does change the order. That is how Liang et al. 2022 "
        "shift CLIP: at τ = 0.01 its loss grows as the gap closes."
    )


@errors_shown()
def temperature_section(chosen: Settings) -> None:
    """Gap against temperature."""
    st.markdown(
        "**Low temperature locks it in.** Divided by 0.01, a lead of .05 in cosine is odds of 148 "
        "to 1: the training pairs win while the cones are far apart, and nothing has to move them. "
        "At a higher temperature only large leads count: the cones open, and the gap closes."
    )
    st.caption(
        "Sources: Liang et al. 2022 (the gap depends on the temperature). Schrodi et al. 2025 "
        "find one more cause: captions that say less than the images show."
    )
    features = features_of(chosen.view, chosen.pair)
    options = TrainingOptions(seed=chosen.seed, steps=STUDY_STEPS)
    runs = loading_first("torch", cached_temperatures(features, options))
    study = result_of(runs, Wait("Training", ask="Train at five temperatures"))
    if study is None:
        return
    shipped = shipped_gaps(chosen.encoder)
    show_chart(temperature_figure(study, shipped), "temperature_gap", temperature_alt(study))
    recall = ", ".join(
        f"{value:.2f} at {t:g}" for t, value in zip(study.temperatures, study.recall, strict=True)
    )
    ships = " The shipped encoders are the built-in one and its variant of higher temperature."
    st.caption(
        f"InfoNCE, {STUDY_STEPS} steps each, seed {chosen.seed}; gap and recall of the held-out "
        f"pairs. Mean R@10 (higher is better): {recall}.{ships * bool(shipped)}"
    )


def loading_first(library: str, result: CachedResult[Result]) -> CachedResult[Result]:
    """`result`, whose function finds its library imported, whoever else imports it meanwhile."""

    def function(progress: Progress) -> Result:
        progress(0.0, f"loading {library}")
        import_library(library)
        return result.function(progress)

    return replace(result, function=function)
