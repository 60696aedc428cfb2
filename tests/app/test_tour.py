"""The tour: every stop by its link, one set of items, the story's query, and Decide's answer."""

import html
import json
import re
import threading

import pytest

from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.tour import STOP_TITLES, counts_reading
from gapviz.core.splits import EVALUATE
from gapviz.dashboard import tour as tour_module
from gapviz.dashboard import waiting
from gapviz.dashboard.tour import STOPS
from gapviz.sources.builtin import builtin_collection
from tests.patience import measured

PAGE = "pages/tour.py"


def own_html(app):
    """What the pages draw as HTML of their own, as words; not the stylesheet."""
    found = [one.proto.body for one in app.get("html")]
    return html.unescape(" ".join(body for body in found if "<style" not in body))


def cards(app):
    """What the component of the query is sent; None where it is not drawn."""
    found = [one.proto.json for one in app.main.get("bidi_component")]
    return found[0] if found else None


# The last one asks Decide, which tries every way.
@pytest.mark.parametrize(
    "step", [*range(1, len(STOPS)), pytest.param(len(STOPS), marks=pytest.mark.slow)]
)
def test_every_stop_opens_by_its_link_and_has_a_picture(open_app, step):
    app = measured(open_app(PAGE, step=str(step)))
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert app.title[0].value == STOP_TITLES[step - 1]
    pictures = [*app.get("plotly_chart"), *app.main.get("bidi_component")]
    assert pictures or "<img" in own_html(app)


def test_a_link_to_a_stop_in_the_middle_leads_both_ways(open_app):
    app = open_app(PAGE, step="4")
    assert not app.button(key="tour_back").disabled
    assert not app.button(key="tour_next").disabled


def test_next_and_back_walk_the_stops(open_app):
    app = open_app(PAGE)
    app.button(key="tour_next").click().run()
    assert app.title[0].value == STOP_TITLES[1]
    app.button(key="tour_back").click().run()
    assert app.title[0].value == STOP_TITLES[0]


def test_a_stop_that_does_not_exist_is_named(open_app):
    app = open_app(PAGE, step="9")
    assert "step = “9”" in app.warning[0].value


@pytest.mark.slow
def test_the_last_stop_is_the_answer_of_decide_whatever_the_sidebar_says(open_app):
    expected = decision_of(advise(Evidence(builtin_collection()), Situation()))
    told = own_html(measured(open_app(PAGE, step="8", strategy="half")))
    decide = own_html(measured(open_app("pages/decide.py")))
    card = re.compile(r'<section class="gv-decision".*?</nav>|<section class="gv-decision".*', re.S)
    assert f"<h2>{expected.title}</h2>" in told
    (of_tour,), (of_decide,) = card.findall(told), card.findall(decide)
    address = re.compile(r'href="[^"]*"')
    assert address.sub("", of_tour) == address.sub("", of_decide)


def test_the_query_that_fails_is_the_one_of_the_first_page(open_app):
    first, tour = cards(open_app()), cards(open_app(PAGE, step="3"))
    assert first is not None and tour == first


def test_all_stops_speak_of_the_held_out_items(open_app):
    held_out = builtin_collection().split(EVALUATE)
    for step in (1, 4, 8):
        app = open_app(PAGE, step=str(step))
        assert counts_reading(held_out) in [one.value for one in app.caption]
    (chart,) = open_app(PAGE, step="1").get("plotly_chart")
    for name in held_out.modality_names:
        assert f"{name} ({held_out.modality(name).corpus.n_rows:,})" in chart.proto.spec


def test_a_modality_with_pictures_of_its_own_is_shown_by_them(open_app):
    (chart,) = open_app(PAGE, step="1", collection="outlines").get("plotly_chart")
    shown = [one["source"] for one in json.loads(chart.proto.spec)["layout"]["images"]]
    assert shown and all("modality=outline" in source for source in shown)


def test_a_gap_that_closes_is_green_and_points_down(open_app):
    (card,) = open_app(PAGE, step="5").metric
    assert card.delta == "from 1.01 raw"
    assert card.proto.direction == card.proto.MetricDirection.DOWN
    assert card.proto.color == card.proto.MetricColor.GREEN


def test_the_tour_is_measured_in_the_background_and_can_be_cancelled(
    open_app, store_collection, monkeypatch
):
    go_on = threading.Event()

    def slow(request, progress):
        while not go_on.wait(0.01):
            progress(0.1, "held")
        raise AssertionError("nobody waits for it")

    slow.__module__, slow.__qualname__ = __name__, "slow"
    monkeypatch.setattr(tour_module, "find_tour", slow)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.05)
    app = open_app(PAGE, step="4", collection=store_collection(n=46).id)
    assert not app.exception and app.get("progress")
    assert app.title[0].value == STOP_TITLES[3]
    (cancel,) = [one for one in app.button if one.label == "Cancel"]
    cancel.click().run()
    assert not app.get("progress") and "Cancelled" in app.info[0].value
    go_on.set()


def test_what_decide_does_not_know_yet_is_waited_for(open_app, store_collection):
    app = measured(open_app(PAGE, step="8", collection=store_collection(n=60).id))
    assert not app.exception and "gv-decision" in own_html(app)
