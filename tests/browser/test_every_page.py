"""Every page, in light and dark, at five widths: drawn, readable, and open to everybody."""

from pathlib import Path

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
    "/scores": (1, "Threshold of"),
    "/anatomy?part=spectrum": (1, "principal"),
    "/approximate?index_kind=ivf": (6, "distance computations"),
    "/protocol?family=mixed": (0, "MixBench"),
    "/decide": (0, "What do you search with"),
    "/export": (0, "Qdrant"),
    "/why": (0, "temperature"),
    "/tour": (1, "cones"),
    "/findings": (0, "what you kept"),
    "/data": (0, "Nothing of your own yet"),
}
"""Address of a page → how many charts it has at least, and words that it shows."""

LIGHTNESS = """
getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
    .match(/\\d+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part)
"""
"""Red, green and blue together, 0 to 765."""

HERE = Path(__file__).parent
AXE = (HERE / "axe" / "axe.min.js").read_text("utf-8")
VIOLATIONS = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .flatMap(found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 200)}`))
"""
"""What axe-core calls serious or critical, with the element."""
TEXT_BOXES = (HERE / "text_boxes.js").read_text("utf-8")
FOCUSED = """
() => {
  const element = document.activeElement, look = getComputedStyle(element);
  const ring = look.outlineStyle !== "none" || look.boxShadow !== "none";
  return {tag: element.tagName, right: element.getBoundingClientRect().right, ring,
    html: element.outerHTML.slice(0, 120)};
}
"""
WIDTHS = (390, 800, 1280, 1440, 1920)

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(tab):
    """What is left of them once colours have changed: Streamlit fades them from theme to theme."""
    for _ in range(10):
        found = tab.page.evaluate(VIOLATIONS)
        if not found:
            break
        tab.page.wait_for_timeout(500)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_every_page_draws_in_light_and_dark_wide_and_narrow(visit, path):
    n_charts, words = PAGES[path]
    tab = visit(path)
    if path == "/cones":
        expect(tab.clouds().first).to_be_visible()
    if n_charts:
        last = tab.page.locator(".js-plotly-plot").nth(n_charts - 1)
        expect(last).to_be_visible()
    expect(tab.page.get_by_test_id("stMain")).to_contain_text(words)
    assert tab.page.evaluate(LIGHTNESS) > 600
    tab.page.emulate_media(reduced_motion="reduce")
    tab.page.evaluate(AXE)
    assert violations(tab) == []
    tab.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    tab.page.wait_for_function(f"{LIGHTNESS} < 200")
    tab.settle()
    assert violations(tab) == []
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.settle()
        tab.page.wait_for_function(f"{TOO_WIDE} <= 0")
        assert tab.page.evaluate(TEXT_BOXES) == [], f"at {width} px"
    assert tab.page.locator("[data-testid=stException]").count() == 0
    assert tab.page.locator("[data-testid=stAlertContentError]").count() == 0


def test_keys_reach_only_what_is_on_the_screen_and_show_where_they_are(visit):
    tab = visit("/data")
    tab.page.set_viewport_size({"width": 390, "height": 800})
    tab.page.wait_for_function(
        "document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0"
    )
    reached = []
    for _ in range(12):
        tab.page.keyboard.press("Tab")
        reached.append(tab.page.evaluate(FOCUSED))
    assert all(one["right"] > 0 for one in reached), reached
    assert all(one["ring"] for one in reached if one["tag"] in ("A", "BUTTON")), reached
