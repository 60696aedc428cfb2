import runpy
from pathlib import Path

import pytest

from gapviz.sources.builtin import builtin_collection

DRAWING_NAMES = runpy.run_path(str(Path(__file__).parents[3] / "data" / "drawing_names.py"))


@pytest.fixture(scope="module")
def items():
    return DRAWING_NAMES["drawn_items"]()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (":grinning_face:", "grinning face"),
        (":Japanese_“bargain”_button:", "Japanese bargain button"),
        (":AB_button_(blood_type):", "AB button blood type"),
        (":woman’s_hat:", "woman's hat"),
    ],
)
def test_names_become_readable(name, text):
    assert DRAWING_NAMES["readable"](name) == text


def test_captions_are_plain_text_and_differ(items):
    for item in items:
        assert len(set(item.captions)) == len(item.captions)
        for caption in item.captions:
            assert caption == caption.strip() != ""
            assert not set(':_"“”') & set(caption), caption


def test_every_first_caption_names_one_item(items):
    firsts = [item.captions[0] for item in items]
    assert len(set(firsts)) == len(firsts)


def test_nearly_every_item_has_a_second_caption(items):
    assert sum(len(item.captions) > 1 for item in items) > 0.95 * len(items)


def test_no_skin_tones_and_nothing_left_out_on_purpose(items):
    assert not any(DRAWING_NAMES["SKIN_TONES"] & set(item.id.split("-")) for item in items)
    assert not DRAWING_NAMES["LEFT_OUT"] & {item.label for item in items}
    assert 90 <= len({item.label for item in items}) <= 110


def test_the_shipped_items_are_the_ones_made_from_the_packages(items):
    assert builtin_collection().items == items
