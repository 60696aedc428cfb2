"""The report opened in Chromium with every request blocked."""

import unicodedata
from datetime import date

import pytest

from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.views.shown import views_finding
from gapviz.export.report.contents import report_on
from gapviz.export.report.html import report_html
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.saved_views import SavedView

pytestmark = pytest.mark.browser

NOTE = "Ten answers of ten are texts.\nThe right picture is far down."
A4 = (595, 842)
"""Points."""
ACROSS = 703
"""Pixels between the margins of a sheet that stands upright, at 96 a inch."""
ACROSS_TURNED = 1046


@pytest.fixture(scope="module")
def report_file(tmp_path_factory):
    params = (("collection", "builtin"), ("encoder", "builtin"), ("strategy", "raw"))
    views = [
        SavedView(id=f"0a0a0a0{n}", page="search", params=params, name=f"Kept {n}", note=NOTE)
        for n in range(2)
    ]
    made = report_on(
        Evidence(builtin_collection()),
        on=date(2026, 1, 31),
        strategies=("raw", "route"),
        views=views_finding(views),
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(made), "utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_opens_without_a_network(browser, report_file, scheme):
    faults = []
    narrow = {"width": 800, "height": 900}
    context = browser.new_context(offline=True, color_scheme=scheme, viewport=narrow)
    page = context.new_page()
    page.route(lambda url: not url.startswith(("file:", "data:")),
               lambda route: (faults.append(route.request.url), route.abort()))  # fmt: skip
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(report_file.as_uri())
    assert page.locator("svg").count() == 4
    broken = "[...document.images].filter(one => !one.naturalWidth).length"
    assert page.locator("img").count() > 0 and page.evaluate(broken) == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
    assert not faults


def plain(words):
    """Words without ligatures, in one line."""
    return " ".join(unicodedata.normalize("NFKC", words).split())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_prints_light_whole_and_with_the_notes(browser, report_file, tmp_path, scheme):
    pypdf = pytest.importorskip("pypdf")
    context = browser.new_context(offline=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(report_file.as_uri())
    page.emulate_media(media="print", color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    headings = page.locator("h1, h2, h3").all_inner_texts()
    rows = page.locator("tr").count()
    cut = """across => [...document.querySelectorAll('table')]
      .filter(one => !one.closest('.wide') === (across < 800))
      .filter(one => one.scrollWidth > across + 1).map(one => one.innerText.slice(0, 80))"""
    for across in (ACROSS, ACROSS_TURNED):
        page.set_viewport_size({"width": across, "height": 1000})
        assert page.evaluate(cut, across) == []
    file = tmp_path / "report.pdf"
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    context.close()
    sheets = pypdf.PdfReader(file).pages
    sizes = [(round(one.mediabox.width), round(one.mediabox.height)) for one in sheets]
    assert set(sizes) == {A4, A4[::-1]}
    # A sheet that holds little more than its number would be a break in the wrong place.
    texts = [one.extract_text() for one in sheets]
    assert 5 < len(sheets) < 5 + rows / 8 and all(len(text) > 200 for text in texts)
    whole = plain(" ".join(texts))
    for words in (*headings, *NOTE.splitlines(), "Kept 0", "Kept 1", f"1 / {len(sheets)}"):
        assert plain(words) in whole
    # No heading stands last on a sheet, away from what it heads.
    last = {plain(text.strip().splitlines()[-1]) for text in texts}
    assert not last & {*map(plain, headings)}
    board = next(text for text, size in zip(texts, sizes, strict=True) if size != A4)
    assert "Scoreboard" in board and "V-measure" in board
