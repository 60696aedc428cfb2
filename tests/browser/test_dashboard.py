import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from gapviz.sources.builtin.drawings import drawing_png

pytestmark = pytest.mark.browser

CAT = "1F431"


def test_the_first_view_draws_both_clouds_by_umap(visit):
    tab = visit("/cones?strategy=centre")
    expect(tab.clouds()).to_have_count(2)
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("in widths of a cloud")
    # Most of both on the first screen.
    for place in (0, 1):
        box = tab.page.locator("figure.view").nth(place).bounding_box()
        assert box["y"] <= 400 and box["y"] + box["height"] <= 900


def test_a_typed_text_is_encoded_and_answered(visit):
    tab = visit("/search")
    tab.type_query("an animal that purrs")
    expect(tab.lists()).to_have_count(3)
    expect(tab.lists().first.locator(".gv-card")).to_have_count(8)
    pictures = tab.page.locator(".gv-card img")
    expect(pictures.first).to_be_attached()
    pictures.first.scroll_into_view_if_needed()
    tab.page.wait_for_function("document.querySelector('.gv-card img').naturalWidth > 0")
    for width in (1440, 800):
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.settle()
        for part in (".gv-bias", ".gv-grid[role=list]"):
            tops = [one.bounding_box()["y"] for one in tab.page.locator(part).all()]
            assert len(tops) == 3 and max(tops) - min(tops) < 1, (width, part)
        # No room kept for lines that no head takes.
        heads = [tab.widget(f"answer_head_{number}").bounding_box() for number in range(3)]
        foot = max(head["y"] + head["height"] for head in heads)
        assert tab.page.locator(".gv-bias").first.bounding_box()["y"] - foot < 30


def test_moving_lambda_changes_the_figures_and_the_link(visit):
    tab = visit("/cones?projection=pca&strategy=centre")
    deltas = tab.page.locator("[data-testid=stMetricDelta]")
    expect(deltas).to_have_count(8)
    before = deltas.all_inner_texts()
    tab.nudge("strength")
    tab.page.wait_for_url(lambda url: "strength=0.95" in url)
    expect(deltas.first).not_to_have_text(before[0])


def test_a_shared_link_reopens_the_view(visit):
    tab = visit("/search?strategy=half")
    tab.type_query("rocket")
    tab.nudge("strength")
    tab.page.wait_for_url(lambda url: "strength=0.95" in url)
    again = visit(tab.page.url)
    expect(again.widget("q").locator("input")).to_have_value("rocket")
    expect(again.page.get_by_test_id("stMain")).to_contain_text("Half/half offset")
    assert "strength=0.95" in again.page.url
    expect(again.lists().nth(1)).to_have_text(tab.lists().nth(1).inner_text(), use_inner_text=True)


def test_a_deep_link_comes_with_the_sidebar_whose_weights_reorder_the_routed_list(visit):
    tab = visit("/search?q=cat face")
    expect(tab.widget("strategy")).to_be_visible()
    tab.page.get_by_text("Routing", exact=True).click()
    expect(tab.lists()).to_have_count(3)
    before = tab.lists().nth(2).inner_text()
    tab.nudge("weight_text", presses=5)
    expect(tab.lists().nth(2)).not_to_have_text(before, use_inner_text=True)


def test_points_selected_by_lasso_appear_and_survive_a_toggle(visit):
    tab = visit("/cones?projection=pca&strategy=centre")
    tab.outline(tab.clouds().first, 0.05, 0.05, 0.95, 0.95)
    cards = tab.page.locator("a.gv-card")
    expect(cards.first).to_be_visible()
    first = cards.first.inner_text()
    tab.nudge("strength")
    expect(cards.first).to_have_text(first, use_inner_text=True)
    assert "selected=" in tab.page.url
    again = visit(tab.page.url)
    expect(again.page.locator("a.gv-card").first).to_have_text(first, use_inner_text=True)


FIRST_POINT = "canvas => { const spot = canvas.plot.spot(0); return [spot.x, spot.y]; }"
CARD_WITH_CAPTION = """canvas => {
    const caption = canvas.getRootNode().querySelector(".card:not([hidden]) .caption");
    return Boolean(caption?.textContent.trim());
}"""


def test_a_point_that_is_hovered_shows_its_picture_and_caption_and_a_click_its_match(visit):
    tab = visit("/cones?projection=pca&strategy=raw")
    cloud = tab.clouds().first
    place = tab.rest_on(cloud, FIRST_POINT, CARD_WITH_CAPTION)
    thumbnail = tab.page.locator(".card .thumbnail")
    expect(thumbnail).to_be_visible()
    assert "/thumb/builtin/at/" in thumbnail.get_attribute("src")
    tab.page.mouse.click(*place)
    expect(tab.page.get_by_text("Pair cosine")).to_be_visible()


def test_dropped_images_are_searched_with_also_those_of_16_bits(visit, tmp_path):
    cat, grey = tmp_path / "cat.png", tmp_path / "grey.png"
    cat.write_bytes(drawing_png(CAT, 192))
    Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64) * 15).save(grey)
    tab = visit("/search?query_by=picture")
    tab.page.locator("input[type=file]").set_input_files(cat)
    tab.page.wait_for_selector(".gv-grid", timeout=90_000)
    tab.settle()
    expect(tab.lists()).to_have_count(3)
    main = tab.page.get_by_test_id("stMain")
    expect(main).to_contain_text("A picture of the collection")
    expect(main).to_contain_text("Match at rank")
    expect(tab.page.locator(f".gv-card img[src*='/{CAT}.png']")).to_have_count(0)
    found = tab.lists().first.inner_text()
    tab.page.locator("input[type=file]").set_input_files(grey)
    expect(main).to_contain_text("none known for this query")
    expect(tab.lists().first).not_to_have_text(found, use_inner_text=True)
    assert tab.page.locator("[data-testid=stException]").count() == 0


def test_dropped_files_that_are_no_whole_image_are_named_and_nothing_is_lost(visit, tmp_path):
    letter, cut = tmp_path / "letter.png", tmp_path / "cut.png"
    letter.write_text("not an image")
    cut.write_bytes(drawing_png(CAT, 192)[:300])
    tab = visit("/search?query_by=picture&strategy=half")
    sentence = tab.page.get_by_test_id("stAlertContentError")
    for path, words in ((letter, "is not an image"), (cut, "is damaged or cut short")):
        tab.page.locator("input[type=file]").set_input_files(path)
        expect(sentence).to_contain_text(path.name)
        expect(sentence).to_contain_text(words)
        assert "Traceback" not in tab.page.inner_text("body")
        tab.settle()
    tab.choose("query_by", "Typed text")
    expect(tab.lists()).to_have_count(3)
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("Half/half offset")


def test_two_tabs_do_not_disturb_each_other(visit):
    one, other = visit("/search?strategy=half"), visit("/search?strategy=offset")
    one.nudge("strength")
    other.page.reload()
    other.page.wait_for_selector("h1")
    other.settle()
    assert "strength" not in other.page.url
    expect(other.page.get_by_test_id("stMain")).to_contain_text("One-sided offset")


def test_the_cones_open_at_their_own_name_with_all_that_the_link_says(visit):
    tab = visit("/cones?strategy=half&seed=7&projection=pca")
    expect(tab.page.locator("h1")).to_contain_text("Cones")
    expect(tab.widget("strategy").locator("input")).to_have_value("Half/half offset")
    assert "seed=7" in tab.page.url


def test_an_unknown_page_is_named(visit):
    tab = visit("/nowhere")
    assert re.search("Page not found", tab.page.inner_text("body"))
