import pytest
from playwright.sync_api import expect

from gapviz.tour import STOP_TITLES

pytestmark = pytest.mark.browser

# A person looks before pressing the next button; what is pressed while the page is being
# drawn anew would be lost.
LOOK_MS = 1_500


def test_one_walks_the_whole_tour_by_keyboard(visit):
    tab = visit("/tour")
    heading = tab.page.locator("h1")
    expect(heading).to_have_text(STOP_TITLES[0])
    for title in STOP_TITLES[1:]:
        tab.page.wait_for_timeout(LOOK_MS)
        tab.page.keyboard.press("ArrowRight")
        expect(heading).to_have_text(title)
        tab.settle()
    tab.page.keyboard.press("ArrowLeft")
    expect(heading).to_have_text(STOP_TITLES[-2])
    assert "step=7" in tab.page.url


def test_a_run_goes_record_by_record_is_scrubbed_and_compared(visit):
    tab = visit("/why")
    page, main = tab.page, tab.page.get_by_test_id("stMain")
    tab.widget("train_step").get_by_role("button").click()
    expect(main).to_contain_text("step 0 of 300")
    tab.settle()
    tab.widget("train_step").get_by_role("button").click()
    expect(main).to_contain_text("step 10 of 300")
    tab.settle()
    thumb = page.locator("[class*=st-key-train_scrub] input[type=range]").first
    thumb.focus()
    thumb.press("ArrowLeft")
    expect(main).to_contain_text("Cones at step 0")
    tab.widget("train_resume").get_by_role("button").click()
    expect(tab.widget("train_pause").get_by_role("button")).to_be_enabled()
    tab.page.wait_for_timeout(LOOK_MS)
    tab.widget("train_stop").get_by_role("button").click()
    expect(main).to_contain_text("· stopped")
    tab.nudge("train_temperature", presses=2, arrow="ArrowRight")
    tab.widget("train_start").get_by_role("button").click()
    expect(main).to_contain_text("Run 2: InfoNCE, τ = 0.05")
    tab.page.wait_for_timeout(LOOK_MS)
    tab.widget("train_pause").get_by_role("button").click()
    expect(main).to_contain_text("· paused")
    tab.widget("train_stop").get_by_role("button").click()
