"""Every page, in light and dark, on a wide and on a narrow screen."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CHARTS = {
    "/": 2,
    "/search?q=cat face": 0,
    "/within": 1,
    "/scoreboard?models=one": 1,
    "/curves?curve=mix": 1,
    "/scores": 1,
    "/anatomy?part=spectrum": 1,
    "/advisor": 0,
    "/export": 0,
    "/why": 0,
    "/tour": 1,
    "/data": 0,
}
"""Address of a page → how many charts it has at least."""


@pytest.mark.parametrize("path", CHARTS)
def test_every_page_draws_in_light_and_dark_wide_and_narrow(visit, path):
    tab = visit(path)
    if CHARTS[path]:
        last = tab.page.locator(".js-plotly-plot").nth(CHARTS[path] - 1)
        expect(last).to_be_visible(timeout=120_000)
    light = _background(tab)
    tab.page.emulate_media(color_scheme="dark")
    tab.page.set_viewport_size({"width": 800, "height": 900})
    tab.settle()
    assert sum(light) > 600
    assert sum(_background(tab)) < 200
    assert tab.page.locator("[data-testid=stException]").count() == 0
    assert tab.page.locator("[data-testid=stAlertContentError]").count() == 0
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(too_wide) <= 0


def _background(tab):
    """Red, green and blue, 0 to 255."""
    return tab.page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        ".match(/\\d+/g).slice(0, 3).map(Number)"
    )
