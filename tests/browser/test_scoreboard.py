"""Scoreboard and the page on one modality, as a visitor meets them."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.sources.library.stored import Workspace

pytestmark = pytest.mark.browser

GRID = "[data-testid=stDataFrame]"


@pytest.fixture(scope="module")
def brought(server, server_home):
    """A small collection, whose scoreboard is measured in a moment."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((60, 16))
    collection = Collection(
        "small",
        tuple(Item(str(number), captions=(f"item {number}",)) for number in range(60)),
        {
            name: ModalityVectors.of(shared + rng.standard_normal(shared.shape) + offset)
            for name, offset in (("image", 1.0), ("text", -1.0))
        },
        encoder="a model",
    )
    stored = Workspace(server_home).add([collection], title="small")
    yield stored.id
    Workspace(server_home).remove(stored.id)


def test_the_task_of_decide_sorts_the_board_whose_rows_lead_to_the_search(visit, brought):
    tab = visit(f"/decide?collection={brought}&rrf_k=61")
    # While it is, the page draws itself anew, and may miss a click at that moment.
    expect(tab.page.get_by_text("Decide is still measuring")).to_have_count(0)
    tab.choose("task", "One modality finds another")
    tab.page.get_by_test_id("stSidebarNav").get_by_text("Scoreboard", exact=True).click()
    main = tab.page.get_by_test_id("stMain")
    expect(main).to_contain_text("Sorted for “One modality finds another” by R@10")
    assert "task=" in tab.page.url
    # Rows come as they are measured, and a chosen one is forgotten meanwhile; the plot comes last.
    expect(tab.page.locator(".js-plotly-plot")).to_be_visible()
    tab.settle()
    grid = tab.page.locator(GRID).first
    expect(grid).to_be_visible()
    # By the keyboard, as far as that goes: the first cell of a row is its choice.
    box = grid.bounding_box()
    tab.page.mouse.click(box["x"] + 15, box["y"] + 35 + 17)
    link = tab.page.get_by_role("link", name="Search with it")
    expect(link).to_be_visible()
    query = parse_qs(urlsplit(link.get_attribute("href")).query)
    assert query["rrf_k"] == ["61"] and query["encoder"] == ["a model"]
    assert query["strategy"] and "models" not in query
    # The best rows are seen without scrolling, where the page is as low as a laptop's.
    assert box["y"] + 5 * 35 < 720


BEST_POINT = """graph => {
    const trace = graph._fullData.find(one => one.customdata);
    const best = trace.y.indexOf(Math.max(...trace.y));
    const box = graph.getBoundingClientRect(), frame = graph._fullLayout;
    return [box.left + frame._size.l + frame.xaxis.d2p(trace.x[best]),
            box.top + frame._size.t + frame.yaxis.d2p(trace.y[best])];
}"""
ON_A_POINT = "graph => (graph._hoverdata || []).length > 0"


def test_a_point_of_the_plot_opens_the_search(visit, brought):
    tab = visit(f"/scoreboard?collection={brought}")
    chart = tab.page.locator(".js-plotly-plot")
    expect(chart).to_be_visible()
    tab.page.mouse.click(*tab.rest_on(chart, BEST_POINT, ON_A_POINT))
    tab.page.wait_for_url(re.compile(r"/search\?.*strategy="))


def test_one_item_is_searched_by_both_encoders(visit):
    tab = visit("/within?item=1F431")
    expect(tab.lists()).to_have_count(2)
    tab.choose("within", "text → text")
    expect(tab.lists().first).to_contain_text("● text")
    tab.page.wait_for_url(lambda url: "within=" in url)
