"""The heat maps of the directions."""

import numpy as np
import pytest

from gapviz.analyses.directions.tables import ANSWERS
from gapviz.core.estimate import Estimate
from gapviz.figures.directions import direction_panels
from gapviz.measures.directions import FIGURES, Direction

NAMES = ("image", "<b>text</b>")
ESTIMATES = {name: Estimate(0.5, 0.4, 0.6) for name in FIGURES}
HIGHER = {name: Estimate(1.0, 0.9, 1.0) for name in FIGURES}


def cell(source, target, figures=None, **more):
    relevant = "match" if figures else "nothing"
    return Direction(source, target, relevant, figures or {}, {}, 9, 20, **more)


@pytest.fixture
def panels():
    a, b = NAMES
    directions = {
        (a, a): cell(a, a, why="Nothing says what answers."),
        (a, b): cell(a, b, ESTIMATES),
        (b, a): cell(b, a, HIGHER),
        (b, b): cell(b, b, ESTIMATES),
    }
    return direction_panels(NAMES, directions, ANSWERS)


def test_there_is_a_map_a_figure_with_the_queries_down_the_side(panels):
    assert [panel.title for panel in panels] == [
        f"{title} (higher is better)" for title in FIGURES.values()
    ]
    for panel in panels:
        (drawn,) = panel.figure.data
        assert np.array(drawn.z, dtype=float)[1].tolist() == [1.0, 0.5]
        assert drawn.z[0][0] is None and (drawn.zmin, drawn.zmax) == (0, 1)
        assert panel.figure.layout.yaxis.autorange == "reversed"
        assert panel.figure.layout.yaxis.title.text == "query"


def test_an_empty_cell_says_why(panels):
    (drawn,) = panels[0].figure.data
    assert drawn.customdata[0][0] == "image → image: not measured. Nothing says what answers."
    assert panels[0].figure.layout.annotations[0].text == "none"
    assert "image → image unknown" in panels[0].alt


def test_a_cell_shows_its_figure_with_the_interval_in_ink_that_can_be_read(panels):
    words = [note.text for note in panels[0].figure.layout.annotations]
    assert words[2].startswith("<b>1.000</b>") and "0.90 to 1.00" in words[2]
    inks = [note.font.color for note in panels[0].figure.layout.annotations]
    assert inks[2] == "#000000" and inks[1] == "#FFFFFF"


def test_of_many_modalities_the_cells_have_no_interval():
    names = tuple("abcd")
    directions = {(x, y): cell(x, y, ESTIMATES) for x in names for y in names}
    notes = direction_panels(names, directions, ANSWERS)[0].figure.layout.annotations
    assert {note.text for note in notes} == {"<b>0.500</b>"}


def test_foreign_names_are_words(panels):
    ticks = panels[0].figure.layout.xaxis.ticktext
    assert ticks[1] == "&lt;b&gt;text&lt;/b&gt;"
    (drawn,) = panels[0].figure.data
    assert "&lt;b&gt;text&lt;/b&gt; → image" in drawn.customdata[1][0]
