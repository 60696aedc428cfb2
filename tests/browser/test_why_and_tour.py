import re

import pytest
from playwright.sync_api import expect

from gapviz.analyses.tour import STOP_TITLES
from gapviz.analyses.training.features import builtin_features
from gapviz.analyses.training.short_run import short_run

pytestmark = pytest.mark.browser


SMALLEST_WORDS = """
() => {
    const stop = document.querySelector(".st-key-tour_stop");
    const walker = document.createTreeWalker(stop, NodeFilter.SHOW_TEXT);
    let smallest = Infinity;
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        const box = parent.getBoundingClientRect();
        const hidden = parent.closest("svg, style, script, .st-key-story_cards");
        if (!walker.currentNode.data.trim() || hidden || !box.width || !box.height) continue;
        smallest = Math.min(smallest, parseFloat(getComputedStyle(parent).fontSize));
    }
    return smallest;
}
"""
"""Pixels of the smallest words of a stop; those in pictures are drawn as large."""


def test_one_walks_the_whole_tour_by_keyboard_and_reads_it_from_afar(visit):
    tab = visit("/tour")
    tab.page.set_viewport_size({"width": 1920, "height": 1080})
    heading = tab.page.locator("h1")
    expect(heading).to_have_text(STOP_TITLES[0])
    expect(tab.page.get_by_test_id("stSidebar")).to_be_hidden()
    # Keys are heard once the chart below the buttons is there as well.
    expect(tab.page.locator(".js-plotly-plot")).to_be_visible()
    for title in STOP_TITLES[1:]:
        tab.page.keyboard.press("ArrowRight")
        expect(heading).to_have_text(title)
        tab.settle()
        expect(tab.page.get_by_test_id("stProgress")).to_have_count(0)
        expect(tab.page.get_by_text("Looking whether")).to_have_count(0)
        tab.settle()
        assert tab.page.evaluate(SMALLEST_WORDS) >= 20, title
        assert heading.evaluate("one => one.getBoundingClientRect().left") < 100
    tab.page.keyboard.press("ArrowLeft")
    expect(heading).to_have_text(STOP_TITLES[-2])
    assert "step=7" in tab.page.url


class Trainer:
    """A visitor of the page that trains."""

    def __init__(self, tab):
        self.tab, self.main = tab, tab.page.get_by_test_id("stMain")

    def button(self, name):
        return self.tab.widget(f"train_{name}").get_by_role("button")

    def press(self, name):
        self.button(name).click()

    def expect(self, words):
        expect(self.main).to_contain_text(words)

    def reached(self):
        """The step of the latest run, as it stands on the screen."""
        return int(re.findall(r"step (\d+) of 300", self.main.inner_text())[-1])

    def wait_beyond(self, step):
        """Wait until a run that can still go on has reached a later record than `step`."""
        later = "|".join(str(number) for number in range(min(step + 10, 300), 301, 10))
        expect(self.main).to_contain_text(
            re.compile(rf"step ({later}) of 300 · (running|paused|done)")
        )


def test_a_run_goes_record_by_record_is_scrubbed_stopped_and_compared(visit):
    trainer = Trainer(visit("/why"))
    trainer.press("step")
    trainer.expect("step 0 of 300 · paused")
    trainer.press("step")
    trainer.expect("step 10 of 300 · paused")
    thumb = trainer.tab.page.locator(".st-key-train_scrub_1 input[type=range]").first
    thumb.focus()
    thumb.press("ArrowLeft")
    trainer.expect("Cones at step 0")
    trainer.press("pause")
    expect(trainer.button("pause")).to_have_text(re.compile("Pause"))
    trainer.press("pause")
    trainer.expect("· paused")
    expect(trainer.button("pause")).to_have_text(re.compile("Go on"))
    trainer.press("pause")
    trainer.press("stop")
    trainer.expect("· stopped")
    trainer.tab.nudge("train_temperature", presses=2, arrow="ArrowRight")
    trainer.press("start")
    trainer.expect("Run 2: InfoNCE, τ = 0.05")
    trainer.wait_beyond(0)
    trainer.press("stop")
    expect(trainer.main.get_by_text("· stopped")).to_have_count(2)
    for tag in ("τ 0.01", "τ 0.05"):
        expect(trainer.tab.widget("train_chart_gap").get_by_text(tag).first).to_be_visible()


def test_two_visitors_train_at_once_and_neither_holds_up_the_other(visit):
    one, other = Trainer(visit("/why")), Trainer(visit("/why"))
    one.press("step")
    one.expect("step 0 of 300 · paused")
    other.press("start")
    other.wait_beyond(0)
    one.press("step")
    one.expect("step 10 of 300 · paused")
    other.wait_beyond(other.reached())
    assert one.reached() == 10
    one.press("stop")
    one.expect("· stopped")


def test_the_short_run_plays_is_paused_scrubbed_and_waits_where_motion_is_reduced(visit):
    # The server finds it in the cache that it shares with this process.
    short_run(builtin_features(), seed=42).compute()
    tab = visit("/why")
    film = tab.page.locator(".film[data-ready]")
    at, button = film.locator(".at"), film.get_by_role("button")
    expect(at).not_to_have_text(re.compile(r"^step 0 "))
    # However far it has come meanwhile, it is played from the start once more.
    tab.until(lambda: film.get_attribute("data-state") == "paused")
    button.click()
    expect(film).to_have_attribute("data-state", "playing")
    button.click()
    expect(film).to_have_attribute("data-state", "paused")
    thumb = film.get_by_role("slider")
    thumb.press("Home")
    expect(at).to_have_text(re.compile(r"^step 0 "))
    first = film.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    thumb.press("End")
    expect(at).to_have_text(re.compile(r"^step (\d+) of \1$"))
    assert film.locator("canvas").evaluate("canvas => canvas.toDataURL()") != first
    calm = visit("/why", motion="reduce").page.locator(".film[data-ready]")
    expect(calm).to_have_attribute("data-state", "paused")
    expect(calm.locator(".at")).to_have_text(re.compile(r"^step 0 "))
    calm.get_by_role("button").click()
    expect(calm.locator(".at")).not_to_have_text(re.compile(r"^step 0 "))
