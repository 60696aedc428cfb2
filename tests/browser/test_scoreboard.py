"""Scoreboard and the page on one modality, as a visitor meets them."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BOARD = ".gv-board tbody tr"


@pytest.fixture(scope="module")
def measured(server, visitor):
    """The scoreboard of one model has been measured, so that each test need not wait."""
    page = visitor.new_page()
    page.goto(f"{server}/scoreboard?models=one")
    page.wait_for_selector(".gv-board", timeout=240_000)
    page.close()


def test_a_strategy_of_the_board_opens_the_search_with_it(visit, measured):
    tab = visit("/scoreboard?models=one&rrf_k=61")
    tab.page.locator(".gv-board a", has_text="Score z-norm by pair of").click()
    tab.page.wait_for_url(lambda url: "/search?" in url)
    tab.settle()
    query = parse_qs(urlsplit(tab.page.url).query)
    assert query["strategy"] == ["Score z-norm by pair of modalities"]
    assert query["rrf_k"] == ["61"]
    assert "models" not in query
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("Score z-norm by pair")


def test_the_head_of_a_column_sorts_by_it(visit, measured):
    tab = visit("/scoreboard?models=one")
    first = tab.page.locator(f"{BOARD} td:first-child").first
    best = first.inner_text()
    tab.page.locator(".gv-board th a", has_text="NDCG@10").first.click()
    tab.page.wait_for_url(re.compile("worst_first=true"))
    tab.settle()
    expect(first).not_to_have_text(best, use_inner_text=True)


BEST_POINT = """graph => {
    const trace = graph._fullData.find(one => one.customdata);
    const best = trace.y.indexOf(Math.max(...trace.y));
    const box = graph.getBoundingClientRect(), frame = graph._fullLayout;
    return [box.left + frame._size.l + frame.xaxis.d2p(trace.x[best]),
            box.top + frame._size.t + frame.yaxis.d2p(trace.y[best])];
}"""
ON_A_POINT = "graph => (graph._hoverdata || []).length > 0"


def test_a_point_of_the_plot_opens_the_search(visit, measured):
    tab = visit("/scoreboard?models=one")
    chart = tab.page.locator(".js-plotly-plot")
    tab.page.mouse.click(*tab.rest_on(chart, BEST_POINT, ON_A_POINT))
    tab.page.wait_for_url(re.compile(r"/search\?.*strategy="), timeout=60_000)


def test_one_item_is_searched_by_both_encoders(visit):
    tab = visit("/within?item=1F431")
    expect(tab.lists()).to_have_count(2)
    tab.choose("within", "text → text")
    expect(tab.lists().first).to_contain_text("● text")
    tab.page.wait_for_url(lambda url: "within=" in url)
