"""Every link that a page shows leads to a page that there is."""

import ast
import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app.py"
ELSEWHERE = ("http://", "https://", "#")


def listed_pages():
    """File of each page in `app.py` → the address that opens it, relative to the others."""
    pages = {}
    for call in ast.walk(ast.parse(APP.read_text("utf-8"))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_page":
            file, _, _, address = (argument.value for argument in call.args)
            # Streamlit gives the first page the empty address, whatever it is asked for.
            pages[f"pages/{file}.py"] = "./" if call.keywords else address
    return pages


PAGES = listed_pages()


def addresses(app):
    """Where the links of a page lead, without their parameters."""
    told = [element.proto.body for element in app.get("html")]
    told += [element.value for element in (*app.markdown, *app.caption)]
    links = re.findall(r'href="([^"]*)"|\]\(([^)\s]*)\)', " ".join(told))
    places = {(plain or marked).partition("?")[0] for plain, marked in links}
    return {place for place in places if not place.startswith(ELSEWHERE)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_page_that_there_is(open_app, store_collection, page):
    store_collection()
    app = open_app(page)
    assert not app.exception
    # A link that is parameters only stays where it is.
    assert addresses(app) <= {*PAGES.values(), ""}


def test_the_links_of_an_encoded_collection_are_found(open_app, store_collection):
    store_collection()
    assert {"./", "search"} <= addresses(open_app("pages/your_data.py"))
