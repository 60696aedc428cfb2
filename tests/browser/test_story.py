"""A first visitor: a query that fails, the switch, the fix and the number, without scrolling."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

COUNT_MOVES = """
window.moves = 0;
const animate = Element.prototype.animate;
Element.prototype.animate = function (...how) {
    if (this.classList.contains("card")) window.moves += 1;
    return animate.apply(this, how);
};
"""
PLACE = re.compile(r"at place ([\d,]+)")
SHOWN = (".story .said", ".story .asked", ".story .list li >> nth=-1", ".story .place")


def in_view(tab, *selectors):
    """Each whole within the window, though nobody has scrolled."""
    size = tab.page.viewport_size
    for selector in selectors:
        box = tab.page.locator(selector).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"], selector
        assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"], selector


def place(tab):
    return int(PLACE.search(tab.page.locator(".story .said").inner_text())[1].replace(",", ""))


def switch(tab):
    return tab.widget("fixed").locator("input")


def test_a_first_visitor_sees_the_failing_query_the_fix_and_the_number(visit_fresh):
    tab = visit_fresh("/", before=COUNT_MOVES)
    page, said = tab.page, tab.page.locator(".story .said")
    expect(said).to_contain_text("of 10 answers are")
    expect(page.locator(".story .slot .card.right")).to_be_visible()
    assert page.locator(".story .list .card").count() == 10
    failed = place(tab)
    assert failed > 10 and not page.evaluate("moves")
    in_view(tab, *SHOWN, ".story .slot .card", ".st-key-fixed")

    tab.widget("fixed").get_by_text("Fix it").click()
    expect(said).to_contain_text("Now ")
    expect(page.locator(".story .list .card.right")).to_be_visible()
    assert 1 <= place(tab) <= 10 < failed
    assert page.evaluate("moves") > 0
    assert "fixed=true" in page.url
    tab.until(lambda: not page.evaluate("document.getAnimations().length"))
    in_view(tab, *SHOWN, ".story .list .card.right", ".st-key-fixed")


def test_by_keyboard_and_without_motion_the_query_is_fixed_too(visit):
    tab = visit("/", before=COUNT_MOVES, motion="reduce")
    expect(tab.page.locator(".story .slot .card.right")).to_be_visible()
    switch(tab).focus()
    tab.page.keyboard.press("Space")
    expect(tab.page.locator(".story .list .card.right")).to_be_visible()
    assert not tab.page.evaluate("moves")


def test_another_query_fails_anew_and_its_link_opens_it(visit):
    tab = visit("/?fixed=true")
    asked = tab.page.locator(".story .asked")
    first = asked.inner_text()
    tab.page.get_by_role("button", name="Another query").click()
    expect(asked).not_to_have_text(first)
    expect(tab.page.locator(".story .slot .card.right")).to_be_visible()
    second = asked.inner_text()
    tab.until(lambda: "example=2" in tab.page.url)
    again = visit(tab.page.url)
    expect(again.page.locator(".story .asked")).to_have_text(second)


def test_on_a_phone_the_story_comes_first(visit):
    tab = visit("/")
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.settle()
    expect(tab.page.locator(".story .place")).to_be_visible()
    tab.until(lambda: tab.page.locator(".story").bounding_box()["width"] <= 390)
    in_view(tab, *SHOWN, ".st-key-fixed")
    # As long as no word is broken, nothing is wider than its card where none may be.
    broken = tab.page.locator(".story .words").evaluate_all(
        "all => all.filter(one => { one.style.overflowWrap = 'normal'; one.style.hyphens = 'none';"
        " return one.scrollWidth > one.clientWidth + 1; }).map(one => one.textContent)"
    )
    assert not broken
