"""Is this a match? Beside the scores of Search, and as a section of the page of scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import streamlit as st

from gapviz.analyses.thresholds.match_study import match_calibration
from gapviz.analyses.thresholds.matches import (
    PROTOCOL,
    MatchStudies,
    abstention_table,
    match_readings,
    match_studies_of,
    reliability_table,
)
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.table import legend
from gapviz.dashboard.caches import collection_of, studied
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.charts import show_panels
from gapviz.dashboard.page_head import finding
from gapviz.dashboard.sections import how_computed, request_of
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_choice, url_parameter
from gapviz.dashboard.waiting import meanwhile, result_of
from gapviz.dashboard.widgets import number_of, segments_of
from gapviz.figures.reliability import reliability_panel
from gapviz.measures.match_probability.answers import PRECISION
from gapviz.measures.match_probability.calibration import MatchCalibration
from gapviz.measures.match_probability.model import METHOD, PRIOR, Method
from gapviz.storage.cache import CachedResult
from gapviz.strategies import STRATEGIES, StrategyOptions

CALIBRATION = url_choice(METHOD.name, METHOD.title, METHOD.choices, help=METHOD.help)
SHARE = url_parameter(replace(PRIOR, low=0.001, high=0.999))
ACCEPTED_AT = url_parameter(replace(PRECISION, low=0.5, high=0.99, step=0.01))
NARROWEST = 280
"""Pixels of a reliability diagram: those of three pair types stand side by side."""
LEARNING = "Learning which scores are matches, for the probabilities beside them."


@dataclass(frozen=True, eq=False)
class Calibrations:
    """Those of the lists of a page, to be learned together in the background."""

    works: Sequence[CachedResult[MatchCalibration]]

    @property
    def name(self) -> str:
        """Unlike that of any other such work."""
        return "+".join(work.name for work in self.works)

    def get(self) -> bool | None:
        """True where all are known, else None."""
        return all(work.get() is not None for work in self.works) or None

    def compute(self, progress: Progress | None = None) -> bool:
        """Learn them; one that cannot be learned is left out."""
        for place, work in enumerate(self.works):
            with suppress(GapvizError):
                work.compute(share_of(progress or no_progress, place, len(self.works)))
        return True


def calibration_of(view: View, options: StrategyOptions) -> CachedResult[MatchCalibration]:
    """What a strategy's scores say of a match, cached by its content."""
    return match_calibration(studied(view), options)


def learn_meanwhile(works: Sequence[CachedResult[MatchCalibration]]) -> None:
    """Learn what the lists lack, now that they are painted; the page runs again when it is."""
    lacking = [work for work in works if work.get() is None]
    if lacking:
        meanwhile(Calibrations(lacking), LEARNING)


def match_choices() -> tuple[Method, float, float]:
    """Method, prior and precision, as the visitor set them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return (
            segments_of(CALIBRATION),
            float(number_of(SHARE, width=160)),
            float(number_of(ACCEPTED_AT, width=240)),
        )


def match_section(
    chosen: Settings, view: View, method: Method, prior: float, precision: float
) -> None:
    """How likely a score is a match, how well that holds, and when nothing is answered."""
    request = request_of(chosen, view, method=method, prior=prior, precision=precision)
    works, note = match_studies_of(request)
    found = {}
    for name, work in works.items():
        study = result_of(work, f"Learning what matches, {STRATEGIES[name].title}")
        if study is None:
            return
        found[name] = study
    studies = MatchStudies(found, note)
    for words in match_readings(studies):
        finding(in_markdown(words), view)
    _reliability(studies, view)
    tables = [reliability_table(studies), abstention_table(studies)]
    for table in tables:
        if table.rows:
            show_table(replace(table, note=""))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(in_markdown(legend(tables)), width="stretch")
        how_computed(in_markdown(PROTOCOL))
    _to_copy(studies, view)


def _reliability(studies: MatchStudies, view: View) -> None:
    last = studies.last
    panels = []
    for pair in last.reliability:
        title = "–".join(pair)
        by_strategy = {
            one.strategy: one.reliability[pair]
            for one in studies.by_strategy.values()
            if pair in one.reliability
        }
        panels.append(reliability_panel(title, by_strategy))
    show_panels(panels, f"reliability_{view.encoder}", narrowest=NARROWEST)


def _to_copy(studies: MatchStudies, view: View) -> None:
    """The curves and thresholds as plain numbers."""
    last = studies.last
    copied = {
        "collection": collection_of(view).name,
        "encoder": view.encoder,
        "strategy": last.strategy,
        "score": last.calibration.unit,
        "probability": "1 / (1 + exp(-log_odds)); log_odds = intercept + slope * score, or "
        "interpolated between steps; at another prior p add logit(p) - logit(prior)",
        "pair_types": {
            "–".join((one.first, one.second)): {
                key: value
                for key, value in one.curve.to_json().items()
                if value not in (None, [], ())
            }
            for one in last.calibration.probabilities
        },
        "accepted_from": {
            f"{one.query_modality} → {one.modality}": one.score
            for one in last.calibration.thresholds(last.precision)
        },
        "precision": last.precision,
    }
    with st.expander("The curves as plain numbers", icon=":material/content_copy:"):
        st.code(json.dumps(plain_json(copied), ensure_ascii=False, indent=2), language="json")
