"""Figures carry ids and coordinates, and nothing that a theme or a wire would mind."""

import json
from dataclasses import replace

import numpy as np
import plotly.io
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.figures.cones import (
    alt_text,
    cones_figure,
    shared_ranges,
)
from gapviz.figures.modality_style import style_of
from gapviz.measures.projection.project import project


@pytest.fixture(scope="module")
def vectors():
    random = np.random.default_rng(0)
    shift = np.eye(8)[0]
    return {
        "image": unit_rows(random.standard_normal((6, 8)) * 0.3 + shift),
        "text": unit_rows(random.standard_normal((9, 8)) * 0.3 - shift),
    }


@pytest.fixture(scope="module")
def layout(vectors):
    return project(vectors, method="gap_axis")


@pytest.fixture
def item_index():
    # Items 0 to 2 have two captions; item 6 has a caption and no image.
    return {"image": np.arange(6), "text": np.array([0, 0, 1, 1, 2, 2, 3, 4, 6])}


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_each_point_carries_its_row_item_and_modality(layout, item_index):
    drawn = traces(cones_figure(layout, item_index))
    text = drawn["text (9)"]
    assert text.customdata.dtype == np.int32
    assert text.x.dtype == np.float32
    assert text.customdata[4].tolist() == [4, 2, 1]
    np.testing.assert_array_equal(text.customdata[:, 1], item_index["text"])


def test_a_sampled_row_keeps_its_own_item(vectors, item_index):
    layout = project(vectors, method="pca", rows={"image": [5, 2], "text": [8]})
    drawn = traces(cones_figure(layout, item_index))
    assert drawn["image (2)"].customdata.tolist() == [[5, 5, 0], [2, 2, 0]]
    assert drawn["text (1)"].customdata.tolist() == [[8, 6, 1]]


def test_modalities_differ_in_colour_and_shape():
    names = ("image", "text", "audio", "depth", "video", "touch")
    styles = [style_of(name, names) for name in names]
    assert len({style.color for style in styles}) == len(names)
    assert len({style.symbol for style in styles}) == len(names)
    assert len({style.glyph for style in styles}) == len(names)
    assert (style_of("text", names).color, style_of("text", names).symbol) == ("#0072B2", "circle")
    assert (style_of("image", names).color, style_of("image", names).symbol) == (
        "#D55E00",
        "diamond",
    )
    assert style_of("audio", ("audio", "depth")).symbol == "circle"
    with pytest.raises(GapvizError, match="no modality 'smell'"):
        style_of("smell", names)


def test_pairs_join_every_row_of_one_item(layout, item_index):
    x = traces(cones_figure(layout, item_index, pairs=("image", "text")))["matched pairs"].x
    rows = [
        {
            float(end): int(row)
            for end, row in zip(layout.points_of(name)[:, 0], layout.rows_of(name), strict=True)
        }
        for name in ("image", "text")
    ]
    found = {
        (rows[0][a], rows[1][b]) for a, b in zip(x[::3].tolist(), x[1::3].tolist(), strict=True)
    }
    assert found == {(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5), (3, 6), (4, 7)}


def test_pair_lines_are_one_trace_that_lifts_its_pen(layout, item_index):
    lines = traces(cones_figure(layout, item_index, pairs=("image", "text")))["matched pairs"]
    assert len(lines.x) == 8 * 3
    assert np.isnan(lines.x[2::3]).all()
    assert lines.customdata is None
    with pytest.raises(GapvizError, match="draws no modality 'audio'"):
        cones_figure(layout, item_index, pairs=("image", "audio"))


def test_centroids_are_drawn_only_where_they_mean_something(layout, item_index):
    centroids = traces(cones_figure(layout, item_index))["centroids"]
    np.testing.assert_allclose(centroids.x[0], layout.points_of("image")[:, 0].mean(), atol=1e-6)
    umap = replace(layout, method="umap", basis=None)
    assert "centroids" not in traces(cones_figure(umap, item_index))


def test_before_and_after_share_their_axes(vectors, layout, item_index):
    after = project(
        {name: unit_rows(block - block.mean(axis=0)) for name, block in vectors.items()},
        method="gap_axis",
        basis=layout.basis,
    )
    ranges = shared_ranges(layout, after)
    for drawn in (layout, after):
        figure = cones_figure(drawn, item_index, ranges=ranges)
        assert tuple(figure.layout.xaxis.range) == ranges.x
        assert ranges.x[0] < drawn.points[:, 0].min() <= drawn.points[:, 0].max() < ranges.x[1]
        assert figure.layout.yaxis.scaleanchor == "x"
        # A range that gave way to the scale would shrink the clouds at every resize.
        assert figure.layout.xaxis.constrain == figure.layout.yaxis.constrain == "domain"


def test_one_point_still_has_axes_of_some_length(vectors):
    layout = project({"image": vectors["image"][:1]}, method="pca")
    ranges = shared_ranges(layout)
    assert ranges.x[0] < ranges.x[1]
    assert ranges.y[0] < ranges.y[1]


def test_no_background_no_black_text_and_no_hover_label(layout, item_index):
    figure = cones_figure(layout, item_index, pairs=("image", "text"))
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert {trace.hoverinfo for trace in figure.data} <= {"none", "skip"}


@pytest.mark.parametrize(("webgl", "kind"), [(True, "scattergl"), (False, "scatter")])
def test_all_traces_are_of_one_kind_so_none_hides_the_marks(layout, item_index, webgl, kind):
    figure = cones_figure(layout, item_index, pairs=("image", "text"), webgl=webgl)
    assert {trace.type for trace in figure.data} == {kind}


def test_a_thousand_items_weigh_little(vectors):
    random = np.random.default_rng(1)
    many = {name: unit_rows(random.standard_normal((1_000, 8))) for name in vectors}
    owners = {name: np.arange(1_000) for name in many}
    figure = cones_figure(project(many, method="pca"), owners)
    text = plotly.io.to_json(figure, validate=False)
    # 8 bytes of coordinates and 12 of ids, in base64, and the figure's own fixed part.
    assert len(text) < 2_000 * 20 * 4 / 3 + 6_000
    json.loads(text)


def test_rows_without_an_item_are_refused(layout):
    with pytest.raises(GapvizError, match="row 8 is drawn"):
        cones_figure(layout, {"image": np.arange(6), "text": np.arange(3)})
    with pytest.raises(GapvizError, match="0 rows of image"):
        cones_figure(layout, {"text": np.arange(9)})


@pytest.mark.slow
def test_the_alternative_text_tells_counts_and_offset(vectors, layout):
    text = alt_text(layout, title="raw vectors")
    assert text.startswith("raw vectors: Gap axis of 6 image and 9 text points.")
    assert "apart along x" in text
    assert "apart" not in alt_text(project(vectors, method="umap"))
