"""What a browser may tell of a picture, and what comes of it."""

import base64
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gapviz.dashboard.canvas import component
from gapviz.dashboard.canvas.component import CloudView, Dial, Look, read_look, read_pick
from gapviz.dashboard.canvas.served import ServedCloud
from gapviz.figures.modality_style import style_of
from gapviz.figures.point_cloud import PointCloud
from gapviz.measures.projection.project import project
from gapviz.strategies.shift import STRENGTH

SQUARE = [[-9, -9], [9, -9], [9, 9], [-9, 9]]


@pytest.fixture(scope="module")
def served(make_collection):
    vectors = {name: block.vectors for name, block in make_collection(30).modalities.items()}
    layout = project(vectors, method="pca")
    cloud = PointCloud.of(layout, {name: np.arange(30) for name in vectors})
    return ServedCloud(cloud, "made", ("image", "text"))


@pytest.fixture(scope="module")
def views(served):
    return [CloudView("Raw", served), CloudView("Moved", served)]


def test_a_click_picks_the_item_of_its_point(served, views):
    pick = read_pick({"view": 1, "point": 7, "add": True}, views)
    assert (pick.items.tolist(), pick.add) == ([served.cloud.item[7]], True)


def test_an_outline_picks_the_items_of_the_points_in_it_each_once(views):
    pick = read_pick({"view": 0, "outline": SQUARE, "add": False, "shown": [0, 1]}, views)
    assert (pick.items.tolist(), pick.add) == (list(range(30)), False)


def test_items_of_which_text_alone_is_picked_are_picked_by_words(served, views):
    code = served.cloud.layout.modalities.index("text")
    outline = {"view": 0, "outline": SQUARE}
    assert read_pick(outline | {"shown": [0, 1]}, views).by_words.size == 0
    assert read_pick(outline | {"shown": [code]}, views).by_words.tolist() == list(range(30))
    point = int(np.flatnonzero(served.cloud.modality_code == code)[0])
    pick = read_pick({"view": 0, "point": point}, views)
    assert pick.by_words.tolist() == pick.items.tolist()


@pytest.mark.parametrize(
    ("told", "look"),
    [
        ({"shown": "raw"}, Look("raw")),
        ({"shown": "both", "value": 0.4}, Look("both", 0.4)),
        ({"value": 2}, Look(value=2.0)),
        (None, Look()), ("raw", Look()), ({"shown": "all"}, Look()), ({"shown": ["raw"]}, Look()),
        ({"value": 2.5}, Look()), ({"value": True}, Look()), ({"value": "1"}, Look()),
        ({"value": float("nan")}, Look()), ({"value": float("inf")}, Look()),
    ],
)  # fmt: skip
def test_the_switch_and_the_slider_tell_what_can_be_chosen_alone(told, look):
    assert read_look(told, Dial(STRENGTH, 1.0)) == look


def test_without_a_slider_nothing_is_turned():
    assert read_look({"value": 0.4}, None) == Look()


def test_points_that_are_not_shown_are_not_picked(served, views):
    points = served.cloud.points[served.cloud.modality_code == 0]
    left = [
        [-9, -9],
        [float(np.median(points[:, 0])), -9],
        [float(np.median(points[:, 0])), 9],
        [-9, 9],
    ]
    pick = read_pick({"view": 0, "outline": left, "shown": [0]}, views)
    assert pick.items.size == 15
    assert read_pick({"view": 0, "outline": SQUARE, "shown": []}, views) is None


def test_an_outline_around_nothing_changes_nothing_and_clearing_empties(views):
    far = [[50, 50], [51, 50], [51, 51]]
    assert read_pick({"view": 0, "outline": far}, views) is None
    assert read_pick({"clear": True}, views).items.size == 0


@pytest.mark.parametrize(
    "told",
    [
        None, "words", [], {}, {"clear": 1}, {"view": 0}, {"view": 2, "point": 0},
        {"view": -1, "point": 0}, {"view": "0", "point": 0}, {"view": 0, "point": 60},
        {"view": 0, "point": -1}, {"view": 0, "point": 0.5}, {"view": 0, "outline": "M0,0"},
        {"view": 0, "outline": [[0, 0], [1]]}, {"view": 0, "outline": [[0, 0, 0]] * 4},
        {"view": 0, "outline": [[0, "x"]] * 4}, {"view": 0, "outline": [[0, float("nan")]] * 4},
        {"view": 0, "outline": [[0, float("inf")]] * 4}, {"view": 0, "outline": [[0, None]] * 4},
        {"view": 0, "outline": [[0, 0]] * 100_000}, {"view": 0, "outline": []},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_passed_over(views, told):
    assert read_pick(told, views) is None


def test_selected_points_are_sent_as_numbers_or_as_bits(served, monkeypatch):
    chosen = np.array([3, 4, 20])
    expected = served.cloud.points_of_items(chosen)
    assert component._selected(served, chosen) == {"items": 3, "points": expected.tolist()}
    monkeypatch.setattr(component, "FEW_POINTS", 2)
    bits = base64.b64decode(component._selected(served, chosen)["bits"])
    found = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[:60]
    assert_array_equal(np.flatnonzero(found), expected)


def test_the_shapes_are_those_of_all_other_figures(served):
    looks = component._looks(served)
    names = ("image", "text", "audio", "depth", "video", "touch")
    assert {style_of(name, names).symbol for name in names} == set(component.SHAPES)
    assert [component.SHAPES[look["shape"]] for look in looks] == ["diamond", "circle"]
    assert [look["color"] for look in looks] == ["#D55E00", "#0072B2"]


def test_a_cloud_of_another_collection_or_pair_has_another_address(served):
    keys = {
        served.key,
        replace(served, collection="other").key,
        replace(served, pair=None).key,
        replace(served, pair=("text", "image")).key,
    }
    assert len(keys) == 4
