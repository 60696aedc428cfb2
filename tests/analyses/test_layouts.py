import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses import layouts
from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.splits import CALIBRATE
from gapviz.measures.projection.project import project
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.background import Cancelled
from gapviz.strategies import StrategyOptions, fit_strategy


@pytest.fixture(scope="module")
def collection():
    return builtin_collection()


@pytest.fixture
def request_for(collection):
    calibration = collection.split(CALIBRATE)
    raw = fit_strategy(StrategyOptions("raw"), calibration)

    def requested(method, name="raw", strength=1.0, seed=42):
        on = LayoutRequest(collection, raw, method, seed)
        if name == "raw":
            return on
        strategy = fit_strategy(StrategyOptions(name).having(strength=strength), calibration)
        return LayoutRequest(collection, strategy, method, seed, on)

    return requested


@pytest.mark.parametrize("name", ["raw", "centre", "half", "route"])
def test_the_default_views_ship_so_that_no_visitor_waits(request_for, name):
    layout = request_for("umap", name).get()
    assert layout is not None
    assert layout.method == "umap"
    assert np.isfinite(layout.points).all()


def test_a_view_that_does_not_ship_is_not_ready(request_for):
    assert request_for("umap", "centre", 0.37).get() is None


@pytest.mark.parametrize("method", ["pca", "gap_axis"])
def test_linear_layouts_need_no_waiting_and_stand_on_the_raw_axes(request_for, method):
    raw, moved = request_for(method).get(), request_for(method, "centre", 0.4).get()
    assert np.array_equal(raw.basis.axes, moved.basis.axes)
    assert not np.allclose(raw.points, moved.points)


@pytest.mark.parametrize("name", ["centre", "half", "offset"])
@pytest.mark.parametrize("method", ["pca", "gap_axis"])
def test_a_picture_of_a_shift_is_that_of_moved_rows(request_for, method, name):
    asked = request_for(method, name, 0.7)
    basis = asked.stands_on.compute().basis
    exact = project(asked.vectors, method=method, basis=basis)
    assert asked.shift is not None
    np.testing.assert_allclose(asked.compute().points, exact.points, atol=2e-6)


def test_so_many_points_are_drawn_as_are_asked_for(request_for):
    whole = request_for("pca", "centre")
    few = replace(whole, limit=200, stands_on=replace(whole.stands_on, limit=200))
    assert len(few.compute().points) == 200
    assert np.array_equal(few.compute().row, few.stands_on.compute().row)
    assert few.key != whole.key


def test_routing_draws_the_raw_layout(request_for):
    assert request_for("umap", "route").key == request_for("umap", "raw").key


@pytest.mark.parametrize("name", ["znorm", "csls", "minmax", "items-rrf"])
def test_what_moves_no_vector_draws_the_raw_layout(request_for, name):
    assert request_for("umap", name).key == request_for("umap", "raw").key


def test_every_parameter_of_a_map_is_part_of_its_key(collection, request_for):
    calibration = collection.split(CALIBRATE)
    keys = {
        LayoutRequest(collection, fit_strategy(options, calibration), "umap", 42).key
        for options in (
            StrategyOptions("zscore"),
            StrategyOptions("ridge"),
            StrategyOptions("ridge", ridge=1.0),
            StrategyOptions("ridge", anchor="image"),
            StrategyOptions("procrustes"),
        )
    }
    assert len(keys) == 5


@pytest.mark.parametrize("other", [("centre", 0.5, 42), ("half", 1.0, 42), ("centre", 1.0, 7)])
def test_every_choice_has_a_key_of_its_own(request_for, other):
    assert request_for("umap", "centre").key != request_for("umap", *other).key


def test_a_made_layout_is_kept_on_disk(request_for, monkeypatch):
    asked = request_for("umap", "centre", 0.41)
    fitted = []

    def fake(request, *, start=None, points=None, progress=None):
        fitted.append(points is None)
        return original(
            request, start=start, points=start.points if points is None and start else points
        )

    original = layouts._project
    monkeypatch.setattr(layouts, "_project", fake)
    first = asked.compute()
    again = asked.compute()
    assert np.array_equal(first.points, again.points)
    assert fitted.count(True) == 1


def test_a_damaged_shipped_file_is_passed_over(request_for, monkeypatch, tmp_path):
    broken = tmp_path / "layouts.safetensors"
    broken.write_bytes(b"cut short")
    monkeypatch.setattr(layouts, "_shipped_file", lambda: broken)
    assert request_for("umap", "half", 0.25).get() is None


def test_cancelling_leaves_nothing_behind(request_for):
    def cancel(share, stage):
        raise Cancelled

    asked = request_for("umap", "centre", 0.43)
    with pytest.raises(Cancelled):
        asked.compute(cancel)
    assert asked.get() is None


def test_a_cache_that_cannot_be_written_loses_no_layout(request_for, monkeypatch, tmp_path):
    plain_file = tmp_path / "file"
    plain_file.write_text("")
    monkeypatch.setenv("GAPVIZ_CACHE", str(plain_file / "folder"))
    points = request_for("umap").get().points
    asked = request_for("umap", "centre", 0.47)
    assert asked.get() is None
    project = layouts._project
    monkeypatch.setattr(
        layouts,
        "_project",
        lambda request, **told: project(request, **told | {"points": points}),
    )
    assert np.array_equal(asked.compute().points, asked.get().points)


def test_a_flipped_bit_in_a_shipped_layout_is_found(request_for, monkeypatch, tmp_path):
    asked = request_for("umap")
    content = bytearray(layouts._shipped_file().read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    place = json.loads(content[8:start])[asked.key]["data_offsets"][0]
    content[start + place + 100] ^= 1
    (tmp_path / "layouts.safetensors").write_bytes(content)
    assert asked.get() is not None
    monkeypatch.setattr(layouts, "_shipped_file", lambda: tmp_path / "layouts.safetensors")
    assert asked.get() is None
