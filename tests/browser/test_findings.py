"""A finding in a browser: kept, found again, presented by keys."""

import pytest
from playwright.sync_api import expect

from gapviz.storage.saved_views import SavedViews

pytestmark = pytest.mark.browser


@pytest.fixture
def saved(server_home):
    yield SavedViews(server_home)
    for view in SavedViews(server_home).all():
        SavedViews(server_home).remove(view.id)


def keep(tab, saved, name, note):
    before = len(saved.all())
    page = tab.page
    field = page.get_by_label("Name", exact=True)
    if not field.count():
        # It stays open after a view is kept.
        page.get_by_role("button", name="Keep this view").click()
    field.fill(name)
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Keep it").click()
    tab.until(lambda: len(saved.all()) > before)
    expect(page.get_by_text(f"“{name}” is kept.")).to_be_visible()
    tab.settle()


def press_until_shown(tab, key, view):
    """Press a key, which a page hears once its buttons are drawn, until the view is open."""
    label = {"n": "Next", "b": "Back"}[key]
    expect(tab.page.get_by_role("button", name=label)).to_be_enabled()

    def shown():
        tab.page.keyboard.press(key)
        tab.page.wait_for_timeout(1000)
        return f"view={view.id}" in tab.page.url

    tab.until(shown)


@pytest.mark.slow
def test_what_is_kept_is_listed_opened_and_presented(visit, saved):
    tab = visit("/protocol?strategy=half")
    keep(tab, saved, "The first", "Say <b>this</b>.")
    keep(tab, saved, "The second", "And that.")
    first, second = saved.all()
    assert first.param("strategy") == "half"

    tab = visit("/findings")
    page = tab.page
    assert page.get_by_role("link", name="The first").count() == 1
    page.get_by_role("link", name="Present them").click()
    note = page.locator(".st-key-present_note")
    expect(note).to_contain_text("Say <b>this</b>.")
    assert f"view={first.id}" in page.url
    # Nothing of the sidebar stands beside what is presented.
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    press_until_shown(tab, "n", second)
    expect(note).to_contain_text("And that.")
    assert "present=yes" in page.url
    press_until_shown(tab, "b", first)
    expect(note).to_contain_text("Say <b>this</b>.")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_the_control_stands_in_sight_and_over_nothing(visit, width):
    tab = visit("/protocol")
    tab.page.set_viewport_size({"width": width, "height": 720})
    tab.settle()
    button = tab.page.get_by_role("button", name="Keep this view").bounding_box()
    title = tab.page.locator("h1").bounding_box()
    assert button["x"] >= 0 and button["x"] + button["width"] <= width
    assert button["y"] >= 0 and button["y"] + button["height"] <= title["y"]
    assert tab.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
