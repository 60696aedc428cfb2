"""The figures of training runs: what each draws, names, marks and says in words."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.training.quantities import QUANTITIES
from gapviz.analyses.training.record import recorded
from gapviz.analyses.training.run import TrainingOptions
from gapviz.analyses.training.temperature import TemperatureStudy
from gapviz.core.vectors import unit_rows
from gapviz.figures.training import (
    RUN_COLORS,
    UNIT_RANGES,
    RunLine,
    small_cones_figure,
    temperature_alt,
    temperature_figure,
    training_alt,
    training_figure,
)


def record(step, gap=1.0, before=None):
    """Two clouds that lie about `gap` apart along the first axis."""
    rows = np.random.default_rng(7).standard_normal((2, 12, 6))
    rows[0, :, 0] += gap
    rows[1, :, 0] -= gap
    vectors = {name: unit_rows(block) for name, block in zip(("image", "text"), rows, strict=True)}
    return recorded(step, 5.0 / (step + 1), vectors, scale=100.0, before=before)


@pytest.fixture(scope="module")
def steps():
    return [record(0, 2.0), record(10, 1.0), record(20, 0.5)]


@pytest.fixture(scope="module")
def line(steps):
    return RunLine("Run 1: cold", "τ 0.01", RUN_COLORS[0], steps, length=300)


@pytest.fixture(scope="module")
def other(steps):
    return RunLine("Run 2: warm", "τ 0.1", RUN_COLORS[1], steps[:2], length=300)


def names_at_ends(figure):
    return [note.text for note in figure.layout.annotations]


def test_a_run_is_one_line_of_its_records(line, steps):
    (trace,) = training_figure([line], "gap").data
    assert list(trace.x) == [0, 10, 20]
    assert list(trace.y) == [step.gap for step in steps]
    assert trace.line.color == RUN_COLORS[0]
    assert trace.mode == "lines"


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [
        ("cone", ("image", "text")),
        ("recall", ("image → text", "text → image")),
        ("bias", ("image", "text")),
    ],
)
def test_the_parts_of_a_run_differ_in_their_dash_and_name(line, quantity, parts):
    first, second = training_figure([line], quantity).data
    assert (first.line.dash, second.line.dash) == ("solid", "dot")
    assert (first.name, second.name) == tuple(f"Run 1: cold, {part}" for part in parts)


def test_runs_laid_over_one_another_differ_in_colour_and_are_named_at_their_ends(line, other):
    figure = training_figure([line, other], "gap")
    assert [trace.line.color for trace in figure.data] == [*RUN_COLORS[:2]]
    assert names_at_ends(figure) == ["τ 0.01", "τ 0.1"]
    assert [note.x for note in figure.layout.annotations] == [20, 10]
    assert [note.font.color for note in figure.layout.annotations] == [*RUN_COLORS[:2]]


def test_a_run_of_two_parts_is_named_once(line):
    assert names_at_ends(training_figure([line], "bias")) == ["τ 0.01"]


def test_names_of_runs_that_end_together_do_not_lie_on_one_another(steps):
    twins = [RunLine(f"Run {n}", f"run {n}", RUN_COLORS[n], steps, 300) for n in range(4)]
    heights = [note.y for note in training_figure(twins, "recall").layout.annotations]
    pixels_of_a_unit = 260 - 72
    assert min(np.diff(sorted(heights))) * pixels_of_a_unit >= 13.9
    assert np.mean(heights) == pytest.approx(steps[-1].mean_recall)


def test_no_name_falls_below_the_axis(steps):
    flat = [replace(step, gap=0.0) for step in steps]
    runs = [RunLine(f"Run {n}", f"run {n}", RUN_COLORS[n], flat, 300) for n in range(3)]
    assert min(note.y for note in training_figure(runs, "gap").layout.annotations) == 0


def test_a_run_of_one_record_is_a_point(steps):
    (trace,) = training_figure([RunLine("Run 1", "run 1", "#000000", steps[:1], 300)], "gap").data
    assert "markers" in trace.mode


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_before_the_first_record_the_axes_are_there_already(quantity):
    figure = training_figure([RunLine("Run 1", "run 1", "#000000", [], 300)], quantity)
    assert not figure.data
    assert not figure.layout.annotations
    assert tuple(figure.layout.xaxis.range) == (0, 300)


def test_an_empty_run_beside_another_changes_nothing(line):
    empty = RunLine("Run 2", "run 2", "#000000", [], 300)
    assert training_figure([line, empty], "gap") == training_figure([line], "gap")
    assert training_alt([line, empty], "gap") == training_alt([line], "gap")


def test_the_step_axis_goes_to_the_end_of_the_longest_run(steps):
    runs = [RunLine("a", "a", "#000000", steps, 40), RunLine("b", "b", "#000000", steps, 300)]
    assert tuple(training_figure(runs, "loss").layout.xaxis.range) == (0, 300)


def test_the_step_that_is_looked_at_is_marked(line):
    (mark,) = training_figure([line], "gap", at=10).layout.shapes
    assert (mark.x0, mark.x1) == (10, 10)
    assert not training_figure([line], "gap").layout.shapes


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_axes_say_unit_or_direction_and_bring_no_colours_of_text(line, quantity):
    layout = training_figure([line], quantity).layout
    assert "(" in layout.yaxis.title.text
    assert layout.xaxis.title.text == "step"
    assert layout.font.color is None
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_in_words_each_run_goes_from_its_first_to_its_last_record(line, other, steps):
    words = training_alt([line, other], "gap")
    assert words == (
        f"Gap against step: Run 1: cold from {steps[0].gap:.3f} at step 0 to {steps[2].gap:.3f} "
        f"at step 20; Run 2: warm from {steps[0].gap:.3f} at step 0 to {steps[1].gap:.3f} at "
        "step 10."
    )


def test_in_words_both_parts_are_named(line, steps):
    first = steps[0].bias
    expected = f"image {first['image']:.3f}, text {first['text']:.3f} at step 0"
    assert expected in training_alt([line], "bias")


def test_without_a_run_the_words_say_so():
    assert training_alt([], "loss") == "Loss against step: no run yet."


def test_small_cones_of_a_run_are_drawn_to_one_scale(steps):
    ranges = {
        tuple(small_cones_figure(step.layout, fixed=True).layout.xaxis.range) for step in steps
    }
    assert ranges == {UNIT_RANGES.x}


def test_small_cones_hold_points_that_lie_far_up(steps):
    layout = steps[0].layout
    high = replace(layout, points=layout.points * np.float32(0) + np.float32(0.9))
    low, top = small_cones_figure(high, fixed=True).layout.yaxis.range
    assert low < 0.9 < top


def test_small_cones_name_their_modalities_alone(steps):
    figure = small_cones_figure(steps[0].layout)
    assert [t.name for t in figure.data if t.showlegend is not False] == ["image", "text"]


@pytest.fixture
def study():
    return TemperatureStudy(
        temperatures=np.array([0.01, 0.1]),
        gap_before=0.77,
        gap=np.array([0.9, 0.1]),
        recall=np.array([0.4, 0.5]),
        bias=np.array([1.0, 0.6]),
        options=TrainingOptions(steps=150),
    )


def test_the_gap_is_drawn_against_temperature_with_what_it_was_before(study):
    figure = temperature_figure(study, {"built in": (0.01, 0.8), "warm": (0.05, 0.15)})
    trained, *shipped = figure.data
    assert list(trained.y) == [0.9, 0.1]
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.shapes[0].y0 == 0.77
    assert [(t.x[0], t.y[0]) for t in shipped] == [(0.01, 0.8), (0.05, 0.15)]
    assert len({t.marker.symbol for t in shipped}) == 2
    assert figure.layout.showlegend


def test_the_study_stands_without_shipped_encoders(study):
    assert len(temperature_figure(study, {}).data) == 1


def test_the_study_in_words_names_every_temperature(study):
    assert temperature_alt(study) == (
        "Gap after 150 steps against temperature: τ 0.01 gap 0.900; τ 0.1 gap 0.100. "
        "Before training it is 0.770."
    )
