"""Every page has a title of its own, and hints of the terms that it uses."""

import html
import re
from pathlib import Path

import pytest

from gapviz.core.foreign import in_html
from gapviz.core.terms import TERMS, terms_in
from gapviz.dashboard.words import PAGE_TERMS, terms_of

PAGES = sorted(file.stem for file in (Path(__file__).parents[2] / "pages").glob("*.py"))
SHOWN = ("body", "label", "delta", "delta_description", "help", "title", "content", "caption")
"""Fields of Streamlit's messages whose words a visitor reads."""
HINTS = 'class="gv-words"'
NO_WORDS = re.compile(r"<style.*?</style>|<[^>]*>|\$\$.*?\$\$|:material/\w+:", re.DOTALL)
# They measure every strategy, or build indexes.
SLOW = ("scoreboard", "decide", "scores", "approximate")
CASES = [pytest.param(one, marks=pytest.mark.slow) if one in SLOW else one for one in PAGES]
STATES = [
    *[("tour", {"step": str(step)}) for step in range(2, 9)],
    ("anatomy", {"part": "hubs"}),
]


def strings(message):
    """All words of a message."""
    for field, value in message.ListFields():
        for one in value if isinstance(value, (list, tuple)) or hasattr(value, "add") else [value]:
            if hasattr(one, "ListFields"):
                yield from strings(one)
            elif field.name in SHOWN and isinstance(one, str):
                yield one


def elements(block):
    for child in list(block.children.values()):
        if getattr(child, "children", None):
            yield from elements(child)
        if getattr(child, "proto", None) is not None:
            yield child.proto


def read(app):
    """What stands on the page, without the hints themselves, formulas and tags."""
    said = [one for proto in elements(app.main) for one in strings(proto) if HINTS not in one]
    return html.unescape(NO_WORDS.sub(" ", "\n".join(said)))


def hints(app):
    (shown,) = [one.proto.body for one in app.get("html") if HINTS in one.proto.body]
    return shown


@pytest.fixture
def addresses(open_app):
    """Page → its address; Streamlit serves the first page at the root."""
    found = open_app("pages/data.py")._registered_pages.values()
    return {Path(one["script_path"]).stem: one["url_pathname"] for one in found}


def opened(open_app, page, **query):
    app = open_app(f"pages/{page}.py", models="one", **query)
    assert not app.exception
    return app


@pytest.mark.parametrize("page", CASES)
def test_every_page_shows_first_the_hints_of_the_terms_that_it_uses(open_app, page):
    app = opened(open_app, page)
    used = terms_in(read(app))
    here = hints(app).partition("<details")[0]
    lacking = [one.name for one in used if in_html(one.hint) not in here]
    assert not lacking, f"PAGE_TERMS lacks terms of the page {page}"


@pytest.mark.parametrize(("page", "query"), STATES, ids=str)
def test_so_do_its_further_parts(open_app, page, query):
    app = opened(open_app, page, **query)
    here, used = hints(app).partition("<details")[0], terms_in(read(app))
    assert used
    assert not [one.name for one in used if in_html(one.hint) not in here]


def test_every_other_term_is_a_click_further(open_app):
    shown = hints(opened(open_app, "data"))
    assert all(shown.count(in_html(one.hint)) == 1 for one in TERMS)


def test_every_page_has_its_terms(addresses):
    assert set(addresses) == set(PAGES)
    assert set(addresses.values()) <= set(PAGE_TERMS)
    assert all(terms_of(one) for one in PAGE_TERMS)
    assert terms_of("no such page") == ()


@pytest.mark.parametrize("page", ["cones", "search", "data"])
def test_the_title_of_the_tab_names_the_page(open_app, page, monkeypatch):
    import streamlit as st

    named = []
    set_config = st.set_page_config
    monkeypatch.setattr(
        st,
        "set_page_config",
        lambda **look: (named.append(look.get("page_title")), set_config(**look)),
    )
    app = opened(open_app, page)
    name = app.title[0].value.partition(":")[0]
    assert named[-1].endswith(" · gapviz")
    if page != "data":
        assert named[-1] == f"{name} · gapviz"
