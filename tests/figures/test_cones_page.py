from dataclasses import replace

import pytest

from gapviz.analyses.cones import cones
from gapviz.core.item import Item
from gapviz.figures.cones_page import cones_page
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def page(make_collection):
    collection = make_collection(24)
    items = tuple(
        Item(f"i{n}", captions=(f"<b>bold</b> </script> {n}",)) for n in range(collection.n_items)
    )
    drawn = cones(replace(collection, items=items), StrategyOptions("centre"), method="gap_axis")
    return cones_page(drawn), drawn


def test_the_same_cones_give_the_same_text(page):
    text, drawn = page
    assert cones_page(drawn) == text


def test_the_script_is_in_the_file_once_and_nothing_is_fetched(page):
    text, _ = page
    assert text.count("plotly.js v") == 1
    assert "default-src 'none'" in text
    assert "<link" not in text and " src=" not in text.split("plotly.js v")[0]


def test_captions_are_words_and_no_markup(page):
    text, _ = page
    assert "<b>bold" not in text
    assert "bold" in text and "i7: " in text


def test_both_charts_stand_with_their_gap(page):
    text, drawn = page
    assert text.count("<figure") == 2
    for cloud in drawn.clouds:
        assert f"<strong>{cloud.measured.geometry.gap.gap:.3f}</strong>" in text
        assert cloud.layout.can_show in text
