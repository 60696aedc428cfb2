"""A collection whose every name is an attack: a real browser fetches and runs nothing of it."""

import urllib.parse

import pytest

from gapviz.sources.library.stored import Workspace
from tests.hostile import SITE, hostile, hostile_collections

pytestmark = pytest.mark.browser

PAGES = (
    "/", "/cones", "/search", "/within", "/why", "/tour?step=4", "/scoreboard", "/directions",
    "/curves?curve=mix", "/thresholds", "/anatomy?part=plane", "/approximate", "/protocol",
    "/decide", "/export", "/data",
)  # fmt: skip

FOREIGN = """() => [...document.querySelectorAll("[src], [href], [data-src]")]
    .map((element) => element.src || element.getAttribute("href"))
    .filter((address) => typeof address === "string" && !address.startsWith("data:"))
    .filter((address) => new URL(address, location).host !== location.host)"""
"""Addresses of other machines that anything on the page points to."""


@pytest.fixture(scope="module")
def stored(server_home):
    workspace = Workspace(server_home)
    kept = workspace.add(
        hostile_collections(), title=hostile("title"), origin=hostile("origin"),
        skipped=hostile_collections.skipped,
    )  # fmt: skip
    yield kept
    workspace.remove(kept.id)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fetches_and_runs_nothing_foreign(visit, stored, page):
    link = {
        "collection": stored.id, "compare": hostile("second"), "opened": stored.id,
        "projection": "pca", hostile("key"): hostile("value"), "seed": hostile("seed"),
    }  # fmt: skip
    joined = "&" if "?" in page else "?"
    tab = visit(f"{page}{joined}{urllib.parse.urlencode(link)}")
    assert tab.page.get_by_text(SITE).count()
    assert not tab.page.evaluate(FOREIGN)
    assert not tab.page.locator("[data-testid=stException]").count()


def test_a_page_that_frames_the_dashboard_shows_nothing_of_it(server, browser):
    page = browser.new_page()
    page.set_content(f"<iframe src='{server}'></iframe>")
    page.wait_for_function("document.querySelector('iframe').contentDocument === null")
    assert page.frames[-1].url.startswith("chrome-error:")
    page.close()
