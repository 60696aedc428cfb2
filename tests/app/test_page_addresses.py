"""Every page has one name, and every link that a page shows leads to a page that there is."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gapviz.dashboard.routes import MOVED, ROUTES

PAGES = sorted(file.stem for file in (Path(__file__).parents[2] / "pages").glob("*.py"))
# It measures every strategy.
SCOREBOARD = pytest.param("scoreboard", marks=pytest.mark.slow)
FIRST = "story"
ELSEWHERE = ("http://", "https://", "#")


def addresses(app):
    """Where the links of a page lead, without their parameters."""
    told = [element.proto.body for element in app.get("html")]
    told += [element.value for element in (*app.markdown, *app.caption)]
    links = re.findall(r'href="([^"]*)"|\]\(([^)\s]*)\)', " ".join(told))
    # `./` is the first page.
    places = {(plain or marked).partition("?")[0].removeprefix("./") for plain, marked in links}
    return {place for place in places if not place.startswith(ELSEWHERE)}


def test_the_address_the_file_and_the_module_of_a_page_have_one_name(open_app):
    found = open_app()._registered_pages.values()
    files = {info["url_pathname"]: Path(info["script_path"]).stem for info in found}
    # Streamlit serves the first page at the root.
    assert files == {page if page != FIRST else "": page for page in PAGES}
    assert all(find_spec(f"gapviz.dashboard.{page}") for page in PAGES)


def test_a_page_opened_first_has_the_sidebar(open_app):
    app = open_app("pages/export.py", strategy="half")
    assert app.title[0].value.startswith("Take it home")
    assert app.sidebar.selectbox(key="strategy").value == "half"


@pytest.mark.parametrize("page", [SCOREBOARD if page == "scoreboard" else page for page in PAGES])
def test_every_link_leads_to_a_page_that_there_is(open_app, store_collection, page):
    store_collection()
    app = open_app(f"pages/{page}.py", models="one")
    assert not app.exception
    # A link that is parameters only stays where it is.
    assert addresses(app) <= {*PAGES, ""}


def test_the_links_of_an_encoded_collection_are_found(open_app, store_collection):
    store_collection()
    assert {"cones", "search"} <= addresses(open_app("pages/data.py"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/story", "/?"),
        ("/thresholds", "/scores?scores=thresholds&"),
        ("/advisor", "/decide?"),
    ],
)
def test_other_addresses_of_a_page_lead_to_it_with_all_that_a_link_says(old, new):
    visitor = TestClient(Starlette(routes=ROUTES), follow_redirects=False)
    answer = visitor.get(f"{old}?strategy=half&q=cat+face")
    assert answer.is_redirect
    assert answer.headers["location"] == f"{new}strategy=half&q=cat+face"
    assert set(MOVED) == {"/story", "/thresholds", "/advisor"}
