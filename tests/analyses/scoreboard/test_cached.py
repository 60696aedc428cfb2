import json

import numpy as np
import pytest

from gapviz.analyses.scoreboard.scoreboard import (
    KIND,
    ScoreboardRequest,
    row_key,
)
from gapviz.storage import cache
from gapviz.storage.bounded_cache import BoundedCache
from gapviz.storage.cache import TREE, read_arrays, write_arrays
from gapviz.storage.configuration import configuration
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy

OPTIONS = [StrategyOptions(name) for name in STRATEGIES]


@pytest.fixture(scope="module")
def collections(make_collection):
    three = make_collection(24, seed=1, modalities=("audio", "image", "text"))
    return {"one": make_collection(30), "two": three}


def path_of(collection, options, seed):
    return configuration().cache / KIND / f"{row_key(collection, options, seed)}.safetensors"


@pytest.mark.slow
def test_a_stored_scoreboard_has_every_bit_of_the_one_that_was_made(collections, monkeypatch):
    weighted = OPTIONS[10].having(weights=(("image", 0.5), ("text", 2.0)))
    options = [*OPTIONS, weighted, StrategyOptions("ridge", anchor="video")]
    request = ScoreboardRequest(collections, options, seed=7)
    made = request.compute()
    monkeypatch.setattr(cache, "_memory", BoundedCache(1_000))
    found = request.get()
    assert found is not None and found.left_out and found.left_out == made.left_out
    assert repr(found) == repr(made)
    assert [row.options for row in found.rows] == [row.options for row in made.rows]
    assert np.isnan(found.rows[0].mean_average_precision["image"].value)


def test_rows_are_found_again_and_only_new_ones_are_measured(collections, monkeypatch):
    request = ScoreboardRequest(collections, OPTIONS[:4], seed=5)
    assert request.get() is None
    made = request.compute()
    found = request.get()
    assert found is not None
    assert repr(found) == repr(made)

    fitted = []

    def counted(options, calibration, **told):
        fitted.append(options)
        return fit_strategy(options, calibration, **told)

    monkeypatch.setattr("gapviz.measures.experiment.fit_strategy", counted)
    stronger = OPTIONS[3].having(strength=0.5)
    ScoreboardRequest(collections, [*OPTIONS[:3], stronger], seed=5).compute()
    assert set(fitted) == {stronger}


def test_an_option_that_a_strategy_does_not_read_changes_no_key(collections):
    one = collections["one"]
    raw, centre = StrategyOptions("raw"), StrategyOptions("centre")
    assert row_key(one, raw, 0) == row_key(one, raw.having(strength=0.5), 0)
    assert row_key(one, centre, 0) != row_key(one, centre.having(strength=0.5), 0)
    assert row_key(one, raw, 0) != row_key(one, raw, 1)
    assert row_key(one, raw, 0) != row_key(collections["two"], raw, 0)


def test_warnings_are_kept_with_their_rows(make_ordered):
    request = ScoreboardRequest({"ordered": make_ordered()}, OPTIONS)
    made = request.compute()
    found = request.get()
    assert found.split_warnings == made.split_warnings != {}
    assert repr(found.own_warnings) == repr(made.own_warnings)


def test_a_row_that_was_kept_without_its_doubts_is_measured_anew(make_ordered, monkeypatch):
    request = ScoreboardRequest({"ordered": make_ordered()}, [StrategyOptions("centre")], seed=8)
    path = path_of(request.collections["ordered"], *request.options, 8)
    request.compute()
    arrays = read_arrays(path)
    tree = json.loads(arrays[TREE].tobytes())
    del tree["row"]["split_warnings"]
    write_arrays(path, arrays | {TREE: np.frombuffer(json.dumps(tree).encode(), np.uint8)})
    monkeypatch.setattr(cache, "_memory", BoundedCache(1_000))
    assert request.get() is None
    assert request.compute().split_warnings


def test_a_row_of_another_gapviz_is_measured_anew(collections):
    request = ScoreboardRequest({"one": collections["one"]}, OPTIONS[:1], seed=6)
    other = {"text": np.zeros(3, dtype=np.uint8)}
    write_arrays(path_of(collections["one"], OPTIONS[0], 6), other)
    assert request.get() is None
    request.compute()
    assert request.get() is not None


def test_a_cache_that_cannot_be_written_loses_no_row(collections, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "file"))
    request = ScoreboardRequest({"one": collections["one"]}, OPTIONS[:2], seed=8)
    made = request.compute()
    assert repr(request.get()) == repr(made)
