"""A link is kept by whoever clicks before its page is drawn."""

import re

import pytest
from playwright.sync_api import TimeoutError, expect

pytestmark = pytest.mark.browser

LINK = "/cones?strategy=ridge&ridge=50&seed=7&weight_text=2&projection=pca"


@pytest.fixture
def opened(visitor, slow_server):
    page = visitor.new_page()
    page.goto(f"{slow_server}{LINK}")
    yield page
    page.close()


def holds_the_link(page):
    def field(key):
        return page.locator(f".st-key-{key} input").first

    expect(field("strategy")).to_have_value("Ridge towards identity")
    expect(field("ridge")).to_have_value("50")
    expect(field("seed")).to_have_value("7")
    expect(page).to_have_url(re.compile("(?=.*ridge=50)(?=.*seed=7)(?=.*weight_text=2)"))


def go(page, title):
    """Streamlit may lose a click while a page is first drawn: then it is made again."""
    for _ in range(10):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        try:
            expect(page.locator("h1")).to_contain_text(title, timeout=10_000)
        except AssertionError:
            continue
        return
    raise AssertionError(f"{title} does not open")


def choose_first(page, key):
    """A list that the page closes while it is drawn is opened again, as a visitor would."""
    for _ in range(10):
        page.locator(f".st-key-{key} input").click()
        try:
            page.get_by_role("option").first.click(timeout=4_000)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"the list of {key} does not stay open")


@pytest.mark.parametrize("drawn", [False, True])
def test_who_goes_to_another_page_at_once_takes_the_settings_along(opened, drawn):
    if drawn:
        opened.locator(".st-key-seed").wait_for()
    go(opened, "Scoreboard")
    holds_the_link(opened)
    go(opened, "Cones")
    holds_the_link(opened)


def test_who_moves_a_widget_at_once_loses_nothing_else(opened):
    opened.locator(".st-key-strategy").wait_for()
    choose_first(opened, "compare")
    expect(opened).to_have_url(re.compile("compare="))
    holds_the_link(opened)
