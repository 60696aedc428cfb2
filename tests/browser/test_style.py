"""The stylesheet reaches into Streamlit's own elements in a few places: that it still does."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def style(place, name):
    return place.evaluate(f"one => getComputedStyle(one)['{name}']")


def test_a_page_begins_right_under_the_header(visit):
    tab = visit("/data")
    assert tab.page.locator("h1").bounding_box()["y"] < 80
    assert style(tab.widget("page_title").locator("h1"), "paddingTop") == "8px"


def test_lists_side_by_side_begin_at_one_height(visit):
    tab = visit("/search?q=cat+face")
    expect(tab.lists()).to_have_count(3)
    tops = {round(tab.lists().nth(place).bounding_box()["y"]) for place in range(3)}
    assert len(tops) == 1
    assert style(tab.page.locator(".st-key-answers [data-testid=stColumn]").first, "display") == (
        "grid"
    )


def test_plain_links_have_the_colour_of_the_theme(visit):
    tab = visit("/cones?projection=pca")
    link = tab.page.locator(".gv-links a").first
    expect(link).to_be_visible()
    assert style(link, "color") == "rgb(61, 90, 128)"
