"""Every page on three pairs, of which one item is held out: nothing is concluded from it."""

import re

import pytest

PAGES = {
    "": "Start",
    "pages/cones.py": "Cones",
    "pages/search.py": "Search",
    "pages/within.py": "Within a modality",
    "pages/scoreboard.py": "Scoreboard",
    "pages/directions.py": "Directions",
    "pages/curves.py": "Curves",
    "pages/thresholds.py": "Thresholds",
    "pages/anatomy.py": "Anatomy of the gap",
    "pages/approximate.py": "Approximate index",
    "pages/protocol.py": "Protocol",
    "pages/decide.py": "Decide",
    "pages/export.py": "Take it home",
}
"""With their names in the list of pages."""


def words(app):
    said = [card.value + card.delta for card in app.metric]
    for kind in ("markdown", "caption", "info", "success", "warning", "error"):
        said += [element.value for element in getattr(app, kind)]
    return " ".join(said + [html.proto.body for html in app.get("html")])


@pytest.mark.parametrize("page", PAGES)
def test_one_held_out_item_is_doubted_once_and_nothing_is_nan(open_app, store_collection, page):
    app = open_app(page or None, collection=store_collection(n=3).id)
    assert not app.exception
    assert app.title[0].value.startswith(PAGES[page])
    doubts = [one for one in app.warning if "Too few held-out items to measure: 1;" in one.value]
    assert len(doubts) == 1
    said = words(app)
    assert not re.search(r"\bnan\b", said, re.IGNORECASE)
    assert "1 held-out items" not in said and "1 pairs" not in said and "1 items" not in said


@pytest.mark.parametrize("part", ["heat_map", "plane", "hubs", "spectrum"])
def test_every_part_of_the_anatomy_has_an_answer_without_nan(open_app, store_collection, part):
    app = open_app("pages/anatomy.py", collection=store_collection(n=3).id, part=part)
    assert not app.exception
    assert not re.search(r"\bnan\b", words(app), re.IGNORECASE)


@pytest.mark.parametrize("curve", ["mix", "calibration", "fusion"])
def test_every_curve_has_an_answer_without_nan(open_app, store_collection, curve):
    app = open_app("pages/curves.py", collection=store_collection(n=3).id, curve=curve)
    assert not app.exception
    assert not re.search(r"\bnan\b", words(app), re.IGNORECASE)
