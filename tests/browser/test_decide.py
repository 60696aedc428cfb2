"""Deciding in a real browser: the questions, the wait, the cards, the link."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_visitor_asks_what_to_do_and_shares_the_answer(visit):
    tab = visit("/advisor?changeable=neither")
    main = tab.page.get_by_test_id("stMain")
    expect(tab.page.locator("h1")).to_have_text("Decide: what to do about it")
    expect(main.locator(".gv-decision h2")).to_have_text(re.compile("^Use"))
    expect(main).to_contain_text("more than chance explains")
    tab.page.get_by_text("One modality finds another").click()
    expect(main.locator(".gv-decision h2")).to_have_text("Leave it as it is")
    expect(main).to_contain_text("nothing is better by more than chance")
    expect(tab.page).to_have_url(re.compile("task="))
    other = visit(tab.page.url)
    expect(other.page.locator(".gv-decision h2")).to_have_text("Leave it as it is")


def test_the_report_is_handed_out(visit):
    tab = visit("/advisor?changeable=neither")
    button = tab.page.get_by_role("button", name="Report")
    expect(button).to_be_visible()
    with tab.page.expect_download() as download:
        button.click()
    assert download.value.path().read_text().startswith("<!doctype html>")
