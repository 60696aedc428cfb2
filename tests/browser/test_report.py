"""The report opened in Chromium with every request blocked."""

from datetime import date

import pytest

from gapviz.analyses.advice.evidence import Evidence
from gapviz.export.report.contents import report_on
from gapviz.export.report.html import report_html
from gapviz.sources.builtin import builtin_collection

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report_file(tmp_path_factory):
    made = report_on(
        Evidence(builtin_collection()), on=date(2026, 1, 31), strategies=("raw", "route")
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
