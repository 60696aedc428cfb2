import html

import pytest

from gapviz.analyses.tour import STOP_TITLES
from gapviz.dashboard.tour import STOPS

PAGE = "pages/tour.py"


def drawn(app):
    """The HTML of the pages' own, but for the stylesheet, as words."""
    found = [one.proto.body for one in app.get("html")]
    return html.unescape(" ".join(body for body in found if "<style" not in body))


@pytest.mark.parametrize("step", range(1, len(STOPS) + 1))
def test_every_stop_opens_by_its_link(open_app, step):
    app = open_app(PAGE, step=str(step))
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert app.title[0].value == STOP_TITLES[step - 1]


def test_every_stop_has_a_picture(open_app):
    for step in range(1, len(STOPS) + 1):
        app = open_app(PAGE, step=str(step))
        pictures = app.get("plotly_chart") + app.get("bidi_component")
        assert pictures or "<img" in drawn(app), step


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
