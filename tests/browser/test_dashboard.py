import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.drawings import drawing_png

pytestmark = pytest.mark.browser

CAT = "1F431"
CARDS = ".gv-card"
ITEMS = builtin_collection().items


def boxed(part):
    return part.bounding_box()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_the_cones_the_switch_and_the_select_tools_stand_on_the_first_screen(visit, width, height):
    tab = visit("/cones?strategy=centre")
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.settle()
    expect(tab.clouds()).to_have_count(1)
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("in widths of a cloud")
    shown = [tab.page.locator("figure.view"), tab.page.locator("input[data-dial]")]
    names = ("Raw", "Centre both", "Box", "Lasso")
    shown += [tab.page.get_by_role("button", name=name, exact=True) for name in names]
    for one in shown:
        box = one.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_a_typed_text_is_encoded_and_answered(visit):
    tab = visit("/search")
    tab.type_query("an animal that purrs")
    expect(tab.lists()).to_have_count(3)
    expect(tab.lists().first.locator(".gv-card")).to_have_count(10)
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
        # Rank beside rank, all of one height.
        rows = [
            [
                (round(box["y"]), round(box["height"]))
                for box in map(boxed, one.locator(CARDS).all())
            ]
            for one in tab.lists().all()
        ]
        assert len(rows[0]) == 10 and rows[0] == rows[1] == rows[2]
        assert len({height for _, height in rows[0]}) == 1
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
    # The chance of the same label comes when it is measured, in each tab at its own time.
    tab.until(lambda: again.lists().nth(1).inner_text() == tab.lists().nth(1).inner_text())


def test_a_deep_link_comes_with_the_sidebar_whose_weights_reorder_the_routed_list(visit):
    tab = visit("/search?q=cat face")
    expect(tab.widget("strategy")).to_be_visible()
    tab.page.get_by_text("Routing", exact=True).click()
    expect(tab.lists()).to_have_count(3)
    cards = tab.lists().nth(2).locator(CARDS)
    names = "cards => cards.map(one => one.title)"
    before = cards.evaluate_all(names)
    assert len(before) == 10 and all(before)
    tab.nudge("weight_text", presses=5)
    tab.until(lambda: cards.evaluate_all(names) != before)


def test_what_a_box_selects_is_counted_beside_the_cloud_and_survives_the_slider(visit):
    tab = visit("/cones?projection=gap_axis&strategy=centre&clouds=raw")
    tab.page.set_viewport_size({"width": 1280, "height": 720})
    tab.settle()
    cloud = tab.clouds()
    # Texts lie to the left of the gap.
    tab.outline(cloud, 0.02, 0.02, 0.5, 0.98, tool="Box")
    expect(tab.page.get_by_role("heading", name=f"{len(ITEMS):,} items selected")).to_be_visible()
    cards = tab.page.locator("a.gv-card")
    assert (
        cards.first.bounding_box()["x"] > cloud.bounding_box()["x"] + cloud.bounding_box()["width"]
    )
    assert cards.first.bounding_box()["y"] < 400
    expect(cards.first.locator("q")).to_have_text(ITEMS[0].captions[0])
    assert tab.page.locator("a.gv-card img").count() == 0
    first = cards.first.inner_text()

    slider = tab.page.locator("input[data-dial]")
    before = cloud.get_attribute("data-drawn")
    slider.press("ArrowLeft")
    tab.page.wait_for_url(lambda url: "strength=0.95" in url and "clouds=moved" in url)
    tab.until(lambda: cloud.get_attribute("data-drawn") != before)
    expect(cards.first).to_have_text(first, use_inner_text=True)
    assert "selected=" in tab.page.url
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.until(lambda: cards.first.bounding_box()["y"] > cloud.bounding_box()["y"] + 300)
    again = visit(tab.page.url)
    expect(again.page.locator("a.gv-card").first).to_contain_text(ITEMS[0].captions[0])


# An image and a text that stand alone.
ENDS = [
    f"""canvas => {{
        const {{ x }} = canvas.plot.cloud;
        const spot = canvas.plot.spot(x.reduce((best, at, i) => (at {than} x[best] ? i : best), 0));
        return [spot.x, spot.y];
    }}"""
    for than in "><"
]
CARD_WITH_CAPTION = """canvas => {
    const caption = canvas.getRootNode().querySelector(".card:not([hidden]) .caption");
    return Boolean(caption?.textContent.trim());
}"""


def test_an_image_that_is_hovered_shows_its_picture_a_text_its_words_and_a_click_its_match(visit):
    tab = visit("/cones?projection=gap_axis&strategy=raw")
    cloud = tab.clouds().first
    image, text = ENDS
    place = tab.rest_on(cloud, text, CARD_WITH_CAPTION)
    thumbnail = tab.page.locator(".card .thumbnail")
    expect(tab.page.locator(".card.said .name")).to_have_text("text")
    expect(thumbnail).to_be_hidden()
    tab.page.mouse.move(0, 0)
    place = tab.rest_on(cloud, image, CARD_WITH_CAPTION)
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
    tab.page.wait_for_selector(".gv-grid")
    tab.settle()
    expect(tab.lists()).to_have_count(3)
    main = tab.page.get_by_test_id("stMain")
    expect(main).to_contain_text("Recognised by its pixels")
    expect(main).to_contain_text("The right text is at place")
    expect(tab.page.locator(f".gv-card img[src*='/{CAT}.png']")).to_have_count(0)
    found = tab.lists().first.inner_text()
    tab.page.locator("input[type=file]").set_input_files(grey)
    expect(main).to_contain_text("No right answer is known for this query")
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
