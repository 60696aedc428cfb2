import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_sweep_shows_its_progress_and_then_follows_the_slider(visit):
    tab = visit("/curves?strategy=centre")
    expect(tab.page.locator(".js-plotly-plot")).to_have_count(5)
    tab.nudge("strength")
    tab.page.wait_for_url(lambda url: "strength=0.95" in url)
    expect(tab.page.locator(".annotation", has_text="λ = 0.95")).to_have_count(5)
    expect(tab.page.get_by_role("progressbar")).to_have_count(0)


def test_a_cancelled_curve_can_be_computed_after_all(visit):
    tab = visit("/curves?curve=calibration&strategy=centre")
    tab.page.get_by_role("button", name="Cancel").click()
    after_all = tab.page.get_by_role("button", name="Compute after all")
    expect(after_all).to_be_visible()
    after_all.click()
    expect(tab.page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(after_all).to_have_count(0)


def test_the_threshold_moves_through_both_strategies(visit):
    tab = visit("/scores?strategy=centre")
    table = tab.page.locator(".gv-table").first
    expect(table).to_be_visible()
    chart = tab.page.locator(".js-plotly-plot").first
    legend = chart.locator(".legend")
    expect(legend.locator(".traces")).to_have_count(4)
    assert legend.bounding_box()["y"] >= chart.bounding_box()["y"]
    before = table.inner_text()
    tab.nudge("threshold", presses=10)
    tab.page.wait_for_url(lambda url: "threshold=" in url)
    expect(table).not_to_have_text(before, use_inner_text=True)


def test_a_link_reopens_the_part_of_the_anatomy(visit):
    tab = visit("/anatomy")
    tab.choose("part", "Hubs")
    tab.page.wait_for_url(lambda url: "part=" in url)
    again = visit(tab.page.url)
    expect(again.page.get_by_test_id("stMain")).to_contain_text("found by everyone")


def test_the_cursor_reads_all_figures_at_the_place_that_is_pointed_at(visit):
    tab = visit("/curves?strategy=centre")
    cursor, charts = tab.page.locator(".cursor"), tab.page.locator(".js-plotly-plot")
    expect(charts).to_have_count(5)
    expect(cursor.locator("dd")).to_have_count(9)
    expect(cursor.locator("output")).to_have_text("1")
    gap = cursor.locator("dd b").first
    before = gap.inner_text()
    small = charts.nth(1)
    tab.rest_on(
        small,
        "c => { const x = c._fullLayout.xaxis, box = c.getBoundingClientRect();"
        " return [box.left + x._offset + x.d2p(0.5), box.top + box.height / 2]; }",
        "c => c.querySelector(':scope > .gv-cursor')?.dataset.place === '0.5'",
    )
    expect(cursor.locator("output")).to_have_text("0.5")
    expect(gap).not_to_have_text(before)
    tab.until(lambda: [line.get_attribute("data-place") for line in marks(tab)] == ["0.5"] * 5)
    cursor.get_by_role("slider").press("ArrowRight")
    tab.until(lambda: {line.get_attribute("data-place") for line in marks(tab)} == {"0.6"})


def marks(tab):
    return tab.page.locator(".gv-cursor").all()
