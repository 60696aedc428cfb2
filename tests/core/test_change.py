"""Good and bad look alike wherever a change is shown: one decision, for all that draw it."""

from math import nan

import pytest

from gapviz.core.change import change_look
from gapviz.core.estimate import Estimate
from gapviz.core.table import Changed, Column, Table
from gapviz.core.table_html import table_html

CHANGE = Column("change", "change", signed=True)


def html(value, judged):
    cell = Changed(Estimate(value, value - 0.1, value + 0.1), judged)
    return table_html(Table("", [CHANGE], [[cell]]))


@pytest.mark.parametrize(
    ("change", "judged", "color", "arrow"),
    [
        (-0.7, "better", "green", "↓"),
        (0.7, "better", "green", "↑"),
        (0.7, "worse", "red", "↑"),
        (-0.7, "worse", "red", "↓"),
        (0.7, "within chance", "grey", "↑"),
        (0.0, "better", "grey", ""),
        (nan, "worse", "grey", ""),
    ],
)
def test_the_colour_is_the_worth_and_the_arrow_the_way(change, judged, color, arrow):
    look = change_look(change, judged)
    assert (look.color, look.arrow) == (color, arrow)
    assert look.words


def test_a_table_shows_a_change_in_its_colour_with_arrow_and_words():
    assert 'class="gv-green"' in html(-0.4, "better") and "↓" in html(-0.4, "better")
    assert 'class="gv-red"' in html(-0.4, "worse")
    assert 'aria-label="within chance"' in html(0.4, "within chance")


def test_a_change_too_small_to_be_written_has_no_arrow():
    assert "gv-" not in html(0.0001, "better")


def test_as_plain_values_a_change_is_its_figure():
    cell = Changed(Estimate(-0.4, -0.5, -0.3), "better")
    (row,) = Table("", [CHANGE], [[cell]]).to_json()["rows"]
    assert row["change"]["value"] == -0.4
    assert CHANGE.shown(cell) == "−0.400 [−0.500, −0.300]"
