"""Clouds of points: drawn, lassoed, hovered and moved by keys, however many there are."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.made_clouds import MODALITIES, cloud

pytestmark = pytest.mark.browser

COLOURED = """canvas => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let blue = 0, orange = 0, drawn = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 40) continue;
        drawn++;
        if (data[i + 2] > data[i] + 60) blue++;
        if (data[i] > data[i + 2] + 60) orange++;
    }
    return [blue, orange, drawn];
}"""
"""How many pixels are blue, how many orange, and how many are not left empty."""

CAMERA = "canvas => [...canvas.plot.scatter.get('camera').view]"

# The point that lies most to the left stands alone.
LEFTMOST = """canvas => {
    const { x } = canvas.plot.cloud;
    const spot = canvas.plot.spot(x.reduce((best, at, i) => (at < x[best] ? i : best), 0));
    return [spot.x, spot.y];
}"""
CAPTION = """canvas => {
    const card = canvas.getRootNode().querySelector(".card:not([hidden])");
    return card?.querySelector(".caption").textContent ?? "";
}"""

NO_WEBGL = """
    const make = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind.startsWith("webgl") ? null : make.call(this, kind, ...more);
    };
"""


def selected(tab):
    """How many items are selected, and the sum of their positions, as the server has them."""
    words = tab.page.get_by_text(re.compile(r"^selected: ")).inner_text()
    return tuple(map(int, re.findall(r"\d+", words)))


def wait_for_selection(tab):
    expect(tab.page.get_by_text(re.compile(r"^selected: [1-9]"))).to_be_visible()
    tab.settle()
    return selected(tab)


def items_within(points, ends, slack):
    """Positions of items with a point between `ends`, which are `slack` wider on every side."""
    within = np.ones(len(points.points), dtype=bool)
    for axis, (low, high) in enumerate((ends["x"], ends["y"])):
        within &= (points.points[:, axis] > low - slack) & (points.points[:, axis] < high + slack)
    return np.unique(points.item[within])


@pytest.mark.slow
@pytest.mark.parametrize("n", [200_000, 1_000_000])
def test_however_many_points_are_drawn_and_lassoed(visit_clouds, n):
    tab = visit_clouds(f"/?n={n}&lines", motion="reduce")
    clouds = tab.clouds()
    assert min(clouds.first.evaluate(COLOURED)) > 500
    # Moved, both lie over each other, which mixes their colours.
    assert clouds.nth(1).evaluate(COLOURED)[2] > 5_000
    expect(tab.page.get_by_text(f"Lines join 20,000 of {n // 2:,} matched pairs.")).to_be_visible()

    ends = tab.outline(clouds.first, 0.1, 0.2, 0.35, 0.6)
    found = wait_for_selection(tab)
    points, pixel = cloud(n, 3.0), (ends["x"][1] - ends["x"][0]) / 40
    surely, perhaps = (items_within(points, ends, slack) for slack in (-pixel, pixel))
    assert surely.size <= found[0] <= perhaps.size
    assert surely.sum() <= found[1] <= perhaps.sum()


@pytest.mark.slow
def test_of_many_points_a_selection_survives_a_toggle_and_each_tells_its_item(visit_clouds):
    tab = visit_clouds("/?n=200000", motion="reduce")
    clouds = tab.clouds()
    tab.outline(clouds.first, 0.1, 0.2, 0.35, 0.6)
    found = wait_for_selection(tab)
    tab.page.get_by_text("Nearer").click()
    expect(tab.page.locator("canvas.points").nth(1)).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    tab.clouds()
    assert selected(tab) == found

    points = cloud(200_000, 3.0)
    tab.page.get_by_role("button", name="Move", exact=True).click()
    tab.rest_on(clouds.first, LEFTMOST, f"canvas => ({CAPTION})(canvas) !== ''")
    item = points.item[points.points[:, 0].argmin()]
    assert clouds.first.evaluate(CAPTION) == f"caption {item}"


def test_near_enough_points_show_the_pictures_of_their_items_and_no_more_than_some(visit_clouds):
    tab = visit_clouds("/?n=200000&clouds=raw", motion="reduce")
    cloud_drawn = tab.clouds()
    pictures = tab.page.locator(".thumbnails img.there")
    assert tab.page.locator(".thumbnails img").count() == 0
    tab.page.get_by_role("application").focus()
    for key in ("ArrowRight", "ArrowRight", "+", "+", "+", "+"):
        tab.page.keyboard.press(key)
    expect(pictures.first).to_be_visible()
    assert tab.page.locator(".thumbnails img").count() <= 40
    assert cloud_drawn.evaluate(PICTURES_LIE_ON_THEIR_POINTS, cloud(200_000, 3.0).item.tolist())
    tab.page.keyboard.press("0")
    expect(tab.page.locator(".thumbnails img")).to_have_count(0)


def test_both_clouds_have_one_camera_which_a_toggle_leaves(visit_clouds):
    tab = visit_clouds("/?n=2000")
    clouds = tab.clouds()
    home = clouds.first.evaluate(CAMERA)
    assert clouds.nth(1).evaluate(CAMERA) == home
    box = clouds.first.bounding_box()
    tab.page.mouse.move(box["x"] + 200, box["y"] + 30)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 150, box["y"] + 60, steps=5)
    tab.page.mouse.up()
    tab.until(lambda: clouds.first.evaluate(CAMERA) != home)
    tab.until(lambda: clouds.nth(1).evaluate(CAMERA) == clouds.first.evaluate(CAMERA))
    seen = clouds.first.evaluate(CAMERA)
    tab.page.get_by_text("Nearer").click()
    tab.settle()
    assert tab.clouds().first.evaluate(CAMERA) == seen


# Each picture is that of the item of a point that it lies on, and the point is an image.
PICTURES_LIE_ON_THEIR_POINTS = """(canvas, items) => {
    const { plot } = canvas;
    const box = plot.plane.getBoundingClientRect();
    return [...plot.thumbnails.shown].every(([point, image]) => {
        const { left, top, width, height } = image.getBoundingClientRect();
        const [x, y] = plot.toPlane(plot.cloud.x[point], plot.cloud.y[point]);
        const aside = left + width / 2 - box.left - x;
        const below = top + height / 2 - box.top - y;
        return Math.hypot(aside, below) < 2 && plot.cloud.code[point] === 0
            && image.src.endsWith(`/at/${items[point]}.png?size=96`);
    });
}"""

COUNT_MOVES = """canvas => {
    canvas.moves = 0;
    canvas.plot.scatter.subscribe("transitionEnd", () => canvas.moves++);
}"""
MOVES = "canvas => canvas.moves"
MOVING = "canvas => Boolean(canvas.plot.moving)"


def test_one_picture_has_both_states_and_points_are_seen_to_move_unless_that_is_not_wanted(
    visit_clouds,
):
    tab = visit_clouds("/?n=2000&clouds=moved")
    shown = tab.clouds()
    expect(shown).to_have_count(1)
    tab.until(lambda: not shown.evaluate(MOVING))
    place = shown.evaluate(LEFTMOST)
    shown.evaluate(COUNT_MOVES)
    tab.page.get_by_role("button", name="Raw", exact=True).click()
    tab.until(lambda: shown.evaluate(MOVES) == 1)
    assert shown.evaluate(LEFTMOST) != place
    tab.page.get_by_role("button", name="Side by side").click()
    expect(tab.clouds()).to_have_count(2)
    calm = visit_clouds("/?n=2000&clouds=moved", motion="reduce")
    shown = calm.clouds()
    assert shown.evaluate(LEFTMOST) == place
    shown.evaluate(COUNT_MOVES)
    calm.page.get_by_role("button", name="Raw", exact=True).click()
    calm.until(lambda: shown.evaluate(LEFTMOST) != place)
    assert not shown.evaluate(MOVING) and shown.evaluate(MOVES) == 0


def test_the_picture_is_moved_and_points_are_chosen_by_keys_alone(visit_clouds):
    tab = visit_clouds("/?n=2000")
    clouds = tab.clouds()
    stage = tab.page.get_by_role("application").first
    expect(stage).to_have_attribute("aria-label", re.compile("^Raw: PCA of 1,000 image and 1,000"))
    stage.focus()
    home = clouds.first.evaluate(CAMERA)
    for key in ("+", "ArrowRight"):
        tab.page.keyboard.press(key)
    tab.until(lambda: clouds.nth(1).evaluate(CAMERA) != home)
    tab.page.keyboard.press("0")
    tab.until(lambda: clouds.nth(1).evaluate(CAMERA) == home)
    tab.page.keyboard.press("Shift+ArrowRight")
    tab.page.keyboard.press("Shift+ArrowRight")
    tab.page.wait_for_function(
        f"canvas => ({CAPTION})(canvas) !== ''", arg=clouds.first.element_handle()
    )
    caption = clouds.first.evaluate(CAPTION)
    tab.page.keyboard.press("Enter")
    assert wait_for_selection(tab) == (1, int(caption.removeprefix("caption ")))
    tab.page.keyboard.press("a")
    expect(tab.page.get_by_text("selected: 1000, ")).to_be_visible()
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_text("selected: 0, 0")).to_be_visible()


def test_a_modality_that_is_hidden_is_neither_drawn_nor_selected(visit_clouds):
    tab = visit_clouds("/?n=2000")
    clouds = tab.clouds()
    tab.page.get_by_role("button", name="image (1,000)").click()
    tab.until(lambda: clouds.first.evaluate(COLOURED)[1] == 0)
    ends = tab.outline(clouds.nth(1), 0.02, 0.02, 0.98, 0.98)
    assert ends["x"][0] < -1
    count, _ = wait_for_selection(tab)
    points = cloud(2_000, 0.0)
    texts = points.modality_code == MODALITIES.index("text")
    assert count <= np.unique(points.item[texts]).size
    tab.page.get_by_role("button", name="text (1,000)").click()
    tab.until(lambda: clouds.first.evaluate(COLOURED)[1] > 0)


def test_without_webgl_a_still_picture_stands_with_a_sentence(visit_clouds):
    tab = visit_clouds("/?n=2000", NO_WEBGL)
    clouds = tab.clouds()
    expect(tab.page.get_by_text("This browser draws no WebGL")).to_be_visible()
    for place in (0, 1):
        assert min(clouds.nth(place).evaluate(COLOURED)) > 500
    expect(tab.page.get_by_role("img", name=re.compile("^Raw: PCA of"))).to_be_visible()
    expect(tab.page.get_by_role("button", name="Lasso")).to_be_hidden()
