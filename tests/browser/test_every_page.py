"""Every page, in light and dark, on a wide and on a narrow screen."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAGES = {
    "/": (1, "How often?"),
    "/cones": (0, "in widths of a cloud"),
    "/search?q=cat face": (0, "Over all held-out queries"),
    "/within": (1, "mAP"),
    "/scoreboard?models=one": (1, "Score z-norm"),
    "/directions": (3, "Asymmetry"),
    "/curves?curve=mix": (1, "share"),
    "/thresholds": (1, "Threshold of"),
    "/anatomy?part=spectrum": (1, "principal"),
    "/approximate?index_kind=ivf": (6, "distance computations"),
    "/protocol?family=mixed": (0, "MixBench"),
    "/decide": (0, "What do you search with"),
    "/export": (0, "Qdrant"),
    "/why": (0, "temperature"),
    "/tour": (1, "cones"),
    "/data": (0, "Nothing of your own yet"),
}
"""Address of a page → how many charts it has at least, and words that it shows."""

LIGHTNESS = """
getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
    .match(/\\d+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part)
"""
"""Red, green and blue together, 0 to 765."""

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_draws_in_light_and_dark_wide_and_narrow(visit, path):
    n_charts, words = PAGES[path]
    tab = visit(path)
    if path == "/cones":
        expect(tab.clouds().first).to_be_visible()
    if n_charts:
        last = tab.page.locator(".js-plotly-plot").nth(n_charts - 1)
        expect(last).to_be_visible(timeout=120_000)
    expect(tab.page.get_by_test_id("stMain")).to_contain_text(words)
    assert tab.page.evaluate(LIGHTNESS) > 600
    tab.page.emulate_media(color_scheme="dark")
    tab.page.set_viewport_size({"width": 800, "height": 900})
    tab.settle()
    tab.page.wait_for_function(f"{LIGHTNESS} < 200")
    tab.page.wait_for_function(f"{TOO_WIDE} <= 0")
    assert tab.page.locator("[data-testid=stException]").count() == 0
    assert tab.page.locator("[data-testid=stAlertContentError]").count() == 0
