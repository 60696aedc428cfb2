"""The figures of curves, scores and anatomy: what is marked, named and left to the theme."""

import numpy as np
import pytest

from gapviz.analyses.anatomy.parts import (
    Placed,
    cached_dimensions,
    cached_heat_maps,
    cached_hubs,
    cached_plane,
    cached_spectra,
)
from gapviz.analyses.curves.calibration import calibration_curve
from gapviz.analyses.curves.corpus_mix import corpus_mix_curve
from gapviz.analyses.curves.rank_fusion import rank_fusion_curves
from gapviz.analyses.curves.strength import strength_curve
from gapviz.analyses.thresholds.match_study import study_matches
from gapviz.analyses.thresholds.score_study import study_scores
from gapviz.figures.anatomy import (
    dimension_panels,
    heat_map_panels,
    hub_panels,
    spectrum_panels,
)
from gapviz.figures.curves import calibration_panels, fusion_panels, mix_panel, strength_panels
from gapviz.figures.lines import NOTHING, Axis, Line, Mark, line_figure
from gapviz.figures.plane import plane_panels
from gapviz.figures.reliability import reliability_panel
from gapviz.figures.scores import score_panel
from gapviz.measures.geometry.anatomy import PlanePoint
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")
RAW, CENTRE = StrategyOptions("raw"), StrategyOptions("centre")


@pytest.fixture(scope="module")
def collection(make_collection):
    return make_collection(60, dim=16, gap=3.0)


@pytest.fixture(scope="module")
def panels(collection):
    """Every panel there is, by the page or part it stands on."""
    plane = cached_plane({"made": collection}, (RAW, CENTRE), PAIR, seed=0).compute()
    return {
        "strength": strength_panels(
            strength_curve(collection, CENTRE, PAIR).compute(), PAIR, strength=0.7
        ),
        "mix": (mix_panel(corpus_mix_curve(collection, [RAW, CENTRE], repeats=2).compute()),),
        "calibration": calibration_panels(
            calibration_curve(collection, CENTRE, PAIR, repeats=2).compute(), PAIR
        ),
        "fusion": fusion_panels(
            rank_fusion_curves(collection, "image").compute(), PAIR, over="k", at=20.0
        ),
        "weight": fusion_panels(
            rank_fusion_curves(collection, "image").compute(), PAIR, over="weight", at=0.5
        ),
        "reliability": (
            reliability_panel(
                "image–text",
                {
                    study.strategy: study.reliability[PAIR]
                    for each in (RAW, CENTRE)
                    for study in [study_matches(collection, each, PAIR).compute()]
                },
            ),
        ),
        "scores": (
            score_panel(
                [study_scores(collection, each, PAIR).compute() for each in (RAW, CENTRE)],
                PAIR,
                thresholds=(0.4, 0.4),
            ),
        ),
        "dimensions": dimension_panels(cached_dimensions(collection, PAIR, seed=0).compute(), PAIR),
        "heat map": heat_map_panels(
            cached_heat_maps(collection, (RAW, CENTRE), PAIR, seed=0).compute()
        ),
        "plane": plane_panels(plane, plane),
        "hubs": hub_panels(cached_hubs(collection, (RAW, CENTRE), PAIR, seed=0).compute()),
        "spectrum": spectrum_panels(
            cached_spectra(collection, (RAW, CENTRE), PAIR).compute(), PAIR
        ),
    }


def every(panels):
    return [panel for group in panels.values() for panel in group]


def test_no_figure_brings_grounds_or_text_colours_of_its_own(panels):
    for panel in every(panels):
        layout = panel.figure.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.font.color is None


def test_every_figure_has_a_title_words_for_who_cannot_see_and_axes_with_titles(panels):
    for panel in every(panels):
        assert panel.title
        assert len(panel.alt) > len(panel.title) or panel.title in panel.alt
        assert panel.figure.layout.xaxis.automargin or panel.figure.layout.xaxis2.automargin
    for name in (
        "strength",
        "mix",
        "calibration",
        "fusion",
        "weight",
        "dimensions",
        "hubs",
        "spectrum",
    ):
        for panel in panels[name]:
            assert panel.figure.layout.xaxis.title.text
            assert panel.figure.layout.yaxis.title.text


def test_lines_of_one_figure_differ_in_more_than_colour(panels):
    for name in ("strength", "mix", "calibration", "fusion", "weight"):
        for panel in panels[name]:
            drawn = [trace for trace in panel.figure.data if trace.name]
            looks = {(trace.marker.symbol, trace.line.dash) for trace in drawn}
            assert len(looks) == len(drawn)


def test_the_chosen_strength_stands_in_every_panel_of_the_sweep(panels):
    for panel in panels["strength"]:
        assert 0.7 in [shape.x0 for shape in panel.figure.layout.shapes]
        assert "λ = 0.7" in [note.text for note in panel.figure.layout.annotations]


def test_the_panels_of_the_sweep_share_their_axis(panels):
    ranges = {tuple(panel.figure.layout.xaxis.range) for panel in panels["strength"]}
    assert len(ranges) == 1


def test_the_loss_is_named_with_direction_and_temperature(panels):
    title = panels["strength"][1].title
    assert title == "InfoNCE image → text and text → image, τ = 0.01, 30 pairs"


def test_without_a_strength_nothing_is_marked(collection):
    curve = strength_curve(collection, CENTRE, PAIR, strengths=(0, 1)).compute()
    for panel in strength_panels(curve, PAIR, strength=None):
        assert all(shape.x0 != 1 for shape in panel.figure.layout.shapes)


def test_a_mark_on_a_logarithmic_axis_has_its_word_above_its_line():
    figure = line_figure(
        np.array([1.0, 10.0, 100.0]),
        [Line("line", np.ones(3), "#009E73")],
        x_axis=Axis("k", log=True),
        y_axis=Axis("y"),
        at_x=[Mark(10.0, "10")],
    )
    assert figure.layout.shapes[0].x0 == 10.0
    assert figure.layout.annotations[0].x == pytest.approx(1.0)


def test_both_kinds_of_lists_are_marked_at_the_chosen_k_and_weight(panels):
    for name, chosen in (("fusion", 20.0), ("weight", 0.5)):
        marked = [panel.figure.layout.shapes[0].x0 for panel in panels[name]]
        assert marked == [chosen] * 4
        assert {panel.course.at for panel in panels[name]} == {chosen}


def test_the_course_of_a_panel_is_what_it_draws(panels):
    for name in ("strength", "mix", "calibration", "fusion", "weight"):
        for panel in panels[name]:
            drawn = [trace for trace in panel.figure.data if trace.name]
            assert [line.name for line in panel.course.lines] == [one.name for one in drawn]
            for line, trace in zip(panel.course.lines, drawn, strict=True):
                np.testing.assert_array_equal(line.y, trace.y)
                np.testing.assert_array_equal(panel.course.x, trace.x)


def test_the_threshold_crosses_every_strategy(panels):
    shapes = panels["scores"][0].figure.layout.shapes
    assert [shape.x0 for shape in shapes] == [0.4, 0.4]


def test_distributions_of_all_strategies_share_one_axis_and_one_legend(panels):
    figure = panels["scores"][0].figure
    assert tuple(figure.layout.xaxis.range) == tuple(figure.layout.xaxis2.range)
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named == ["image–image", "text–text", "image–text, matched", "image–text, mismatched"]


def test_a_legend_that_the_figures_edge_holds_lies_within_it(panels):
    held = [panel.figure.layout.legend for panel in every(panels)]
    held = [legend for legend in held if legend.yref == "container"]
    assert held
    assert all(0 <= legend.y <= 1 for legend in held)


def test_bars_fall_and_carry_the_dimension_they_stand_for(panels):
    bars = panels["dimensions"][0].figure.data[0]
    assert (np.diff(bars.y) <= 0).all()
    assert sorted(bars.customdata) == list(range(16))


def test_heat_maps_share_their_colours(panels):
    scales = {(p.figure.data[0].zmin, p.figure.data[0].zmax) for p in panels["heat map"]}
    assert len(scales) == 1


def test_all_entries_stand_in_no_list_or_more(panels):
    for panel in panels["hubs"]:
        for trace in panel.figure.data:
            assert trace.y[0] == 1.0
            assert (np.diff(trace.y[~np.isnan(trace.y)]) <= 0).all()


def placed(*places):
    """A plane of one model whose strategies lie at `places`."""
    points = [
        Placed("made", f"strategy {number}", PlanePoint(alignment, uniformity))
        for number, (alignment, uniformity) in enumerate(places)
    ]
    return tuple(points)


def test_a_crowd_in_the_plane_is_enlarged_and_keeps_its_colours():
    whole, near = plane_panels(placed((0.2, -1), (1.3, -3.7), (1.31, -3.72), (1.4, -3.8)))
    colors = {trace.x[0]: trace.marker.color for trace in whole.figure.data if trace.x[0]}
    shown = {trace.x[0]: trace.marker.color for trace in near.figure.data}
    assert sorted(shown) == [1.3, 1.31, 1.4]
    assert shown.items() <= colors.items()
    assert "The 3 of them" in near.title


def test_no_two_strategies_of_the_plane_look_alike():
    places = [(step / 10, -step / 10) for step in range(12)]
    (figure,) = [panel.figure for panel in plane_panels(placed(*places))]
    points = [trace for trace in figure.data if trace.x[0] is not None]
    keys = [trace for trace in figure.data if trace.x[0] is None]
    assert len({(trace.marker.color, trace.marker.symbol) for trace in points}) == 12
    assert len({(trace.line.color, trace.line.dash) for trace in keys}) == 12


def test_small_shares_have_ticks_of_their_own(panels):
    for panel in (*panels["dimensions"][:2], *panels["hubs"], *panels["spectrum"]):
        assert panel.figure.layout.yaxis.tickformat == ".4~%"


@pytest.mark.parametrize(("known", "said"), [(np.nan, True), (0.5, False)])
def test_lines_of_which_nothing_is_known_say_so(known, said):
    lines = [Line("one", np.full(3, np.nan), "#000000"), Line("two", np.full(3, known), "#000000")]
    figure = line_figure([1, 2, 3], lines, x_axis=Axis("x"), y_axis=Axis("y"))
    assert bool([note for note in figure.layout.annotations if note.text == NOTHING]) is said


def test_a_plane_without_a_crowd_stays_one():
    assert len(plane_panels(placed(*((step / 10, -step / 10) for step in range(8))))) == 1
    assert len(plane_panels(placed((1.0, -1.0)))) == 1


def test_a_strategy_is_a_bar_in_the_legend_of_the_plane_and_a_model_a_shape(panels):
    keys = [trace for trace in panels["plane"][0].figure.data if trace.x[0] is None]
    assert {trace.mode for trace in keys} == {"lines"}


def test_a_figure_without_a_legend_keeps_no_room_for_one():
    heights = [
        line_figure(
            [0],
            [Line(name, np.zeros(1), "#000000") for name in names],
            x_axis=Axis("x"),
            y_axis=Axis("y"),
        ).layout.margin.t
        for names in (["one"], ["one", "two"])
    ]
    assert heights[0] < heights[1]


def test_what_is_chosen_now_is_ringed_in_the_plane(panels):
    rings = [trace for trace in panels["plane"][0].figure.data if trace.name == "chosen now"]
    assert len(rings[0].x) == 2
