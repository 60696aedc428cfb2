"""The site that `make docs` builds: whole, strict, and nothing of it comes from elsewhere."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from gapviz.commands.table import listed_commands
from tests.docs.pages import ROOT

pytestmark = pytest.mark.slow

FETCHED = {
    "script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"),
    "video": ("src",), "audio": ("src",), "embed": ("src",), "object": ("data",), "use": ("href",),
}  # fmt: skip
"""Attributes whose address a browser fetches by itself; of `link` all but where it only names."""
ONLY_NAMES = {"canonical", "next", "prev", "author", "license"}
FOREIGN = re.compile(r"\s*(https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("latex2mathml", reason="make docs draws formulas with latex2mathml")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Fetched(HTMLParser):
    """Collects the foreign addresses that a browser would fetch for a page."""

    def __init__(self, text):
        super().__init__()
        self.foreign = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        names = FETCHED.get(tag, ())
        if tag == "link" and not ONLY_NAMES & set((given.get("rel") or "").split()):
            names = ("href",)
        self.foreign += [given[name] for name in names if FOREIGN.match(given.get(name) or "")]
        self.foreign += re.findall(r"url\(['\"]?((?:https?:)?//[^)]+)", given.get("style") or "")


def test_no_page_fetches_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    fetched = {page.name: Fetched(page.read_text("utf-8")).foreign for page in pages}
    assert not {name: found for name, found in fetched.items() if found}
    styles = "".join(one.read_text("utf-8") for one in site.rglob("*.css"))
    assert not re.findall(r"(?:url\(|@import\s*)['\"]?\s*(?:https?:)?//", styles)


def test_the_theme_is_asked_for_nothing_that_it_would_fetch(site):
    """Its script knows two addresses: for diagrams, and for the figures of a repository."""
    (script,) = site.glob("assets/javascripts/bundle.*.min.js")
    code = re.sub(r"/\*.*?\*/", "", script.read_text("utf-8"), flags=re.S)
    known = set(re.findall(r"https://[\w.]+", code))
    assert known <= {"https://unpkg.com", "https://api.github.com", "https://github.com",
                     "https://gitlab.com", "https://www.google"}  # fmt: skip
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert 'class="mermaid"' not in text and 'data-md-component="source"' not in text


def test_foreign_addresses_are_found_where_there_are_some():
    assert Fetched('<img src="//a.b/c.png">').foreign == ["//a.b/c.png"]
    assert Fetched('<link rel="stylesheet" href="https://a.b">').foreign == ["https://a.b"]
    assert not Fetched(
        '<a href="https://a.b"></a><link rel="canonical" href="https://a.b">'
    ).foreign


def test_formulas_are_drawn_without_a_script(site):
    page = (site / "protocol.html").read_text("utf-8")
    assert page.count("<math ") == (ROOT / "docs" / "protocol.md").read_text("utf-8").count(
        "```math"
    )


def test_every_command_stands_on_the_page_of_commands(site):
    page = (site / "commands.html").read_text("utf-8")
    names = set(listed_commands())
    assert not [name for name in names if f'id="gapviz-{name}"' not in page]
    assert "--fail-if" in page and "--strategy" in page


def test_the_search_knows_every_page_and_needs_no_server(site):
    text = (site / "search" / "search_index.js").read_text("utf-8")
    index = json.loads(text.removeprefix("var __index = "))
    found = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {"start.html", "protocol.html", "commands.html", "api/collection.html"} <= found
    assert (site / "assets" / "iframe-worker.js").exists()


def test_every_page_has_a_place_in_the_navigation(site):
    page = (site / "trust.html").read_text("utf-8")
    pages = [one.relative_to(ROOT / "docs") for one in (ROOT / "docs").rglob("*.md")]
    assert not [one for one in pages if f'href="{one.with_suffix(".html")}"' not in page]
