"""Vectors read block by block measure as they do in memory."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import unit_rows
from gapviz.measures.experiment import measure
from gapviz.measures.retrieval.outcomes import Outcomes
from gapviz.measures.streamed import passes
from gapviz.measures.streamed.measurement import measure_streamed, spread_rows
from gapviz.sources.on_disk import npy, vectors
from gapviz.sources.on_disk.opened import open_vectors
from gapviz.strategies import StrategyOptions

N, DIM = 1_200, 24
N_QUERIES = 150


def made(rng, n=N):
    """Two cones of pairs, with copies among them."""
    meaning = rng.standard_normal((n, DIM))
    meaning[1::40] = meaning[0::40]
    return {
        name: unit_rows(meaning + 0.5 * rng.standard_normal((n, DIM)) + side)
        for name, side in (("image", 0.6), ("text", -0.6))
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    for name, rows in made(np.random.default_rng(0)).items():
        np.save(folder / f"{name}.npy", rows.astype(np.float16))
    return folder


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    """So that blocks and shards end where rows do not."""
    monkeypatch.setattr(npy, "BLOCK_ROWS", 170)
    monkeypatch.setattr(passes, "SHARD_ROWS", 500)


@pytest.fixture(scope="module")
def in_memory(folder):
    rows = {name: np.load(folder / f"{name}.npy") for name in ("image", "text")}
    return Collection(
        folder.name,
        items_of_rows(N),
        {name: ModalityVectors.of(one) for name, one in rows.items()},
    )


def flat(value, path=""):
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from flat(entry, f"{path}/{key}")
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from flat(entry, f"{path}/{place}")
    else:
        yield path, value


def same_but_for_ties(found, expected):
    """Ties at the edge of the tolerance may fall otherwise by the rounding of a product."""
    expected = dict(flat(expected))
    told = {path: value for path, value in flat(found) if path in expected}
    other = ("/fit", "/sampled", "/first_other_rank")
    numbers = {
        path: value
        for path, value in expected.items()
        if isinstance(value, float) and not path.startswith(other)
    }
    assert len(numbers) > 80
    assert {path: told[path] for path in numbers} == pytest.approx(numbers, rel=1e-6, abs=1e-9)


def test_figures_of_all_rows_are_those_of_the_rows_in_memory(folder, in_memory):
    found = measure_streamed(open_vectors(str(folder)), n_queries=N_QUERIES)
    expected = measure(in_memory, fit="all", intervals="queries")
    vars(expected)["outcomes"] = Outcomes(in_memory, expected.strategy, 42, N_QUERIES)
    same_but_for_ties(found.to_json(), expected.to_json())


def test_a_strategy_is_fitted_on_rows_that_are_not_measured(folder, in_memory):
    centre = StrategyOptions("centre")
    found = measure_streamed(
        open_vectors(str(folder)), centre, n_queries=N_QUERIES, n_sampled=N // 3
    )
    fitted_on = found.measured.left_out
    assert fitted_on.size == N // 3 and found.n_items == N - N // 3
    others = np.setdiff1d(np.arange(N), fitted_on)
    splits = {"calibrate": fitted_on, "evaluate": others}
    halved = Collection("made", in_memory.items, in_memory.modalities, splits)
    expected = measure(halved, centre, intervals="queries")
    gap, wanted = found.geometry.gap, expected.geometry.gap
    assert (gap.gap, gap.noise_floor) == pytest.approx((wanted.gap, wanted.noise_floor), rel=1e-9)
    few = Outcomes(expected.collection, expected.strategy, 42, N_QUERIES)
    assert {name: one.own_share.mean() for name, one in found.mixed.items()} == pytest.approx(
        {name: one.own_share.mean() for name, one in few.mixed.items()}
    )


def test_a_stopped_run_goes_on_behind_the_shards_that_it_finished(folder, monkeypatch):
    opened = open_vectors(str(folder))
    first = measure_streamed(opened, n_queries=N_QUERIES, seed=7)
    monkeypatch.setattr(passes.Sums, "of", None)
    again = measure_streamed(opened, n_queries=N_QUERIES, seed=7)
    assert again.geometry.gap.gap == first.geometry.gap.gap


def test_every_part_of_the_files_is_in_the_sample():
    rows = spread_rows(1_003, 100, seed=3)
    assert rows.size == 100 and (np.diff(rows) > 0).all()
    assert np.diff(rows).max() <= 22
    assert spread_rows(5, 9, seed=0).tolist() == [0, 1, 2, 3, 4]


def test_more_equal_scores_than_are_kept_are_told(tmp_path):
    rows = np.zeros((300, 4), dtype=np.float32)
    rows[:, 0] = 1
    np.save(tmp_path / "image.npy", rows)
    np.save(tmp_path / "text.npy", rows)
    found = measure_streamed(open_vectors(str(tmp_path)), n_queries=20)
    assert any("equal scores" in one for one in found.warnings)
    assert found.bias["image"].value == pytest.approx(0.5, abs=0.01)


def test_what_needs_all_scores_at_once_is_refused(folder):
    opened = open_vectors(str(folder))
    for name in ("csls", "route", "items-rrf", "sinkhorn-transductive"):
        with pytest.raises(GapvizError, match="scores of the whole index"):
            measure_streamed(opened, StrategyOptions(name))


def test_rows_of_any_length_become_the_unit_rows_that_they_are_in_memory():
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((700, 16)) * 10.0 ** rng.integers(-4, 4, (700, 1))).astype("f4")
    np.testing.assert_array_equal(vectors.quick_unit_rows(rows), unit_rows(rows))
    assert vectors.quick_unit_rows(np.zeros((1, 4), dtype=np.float32)) is None


PEAK_OF = """
import json, sys
from pathlib import Path
from gapviz.measures.streamed.measurement import measure_streamed
from gapviz.sources.on_disk.opened import open_vectors
measure_streamed(open_vectors(sys.argv[1]), n_queries=50, n_sampled=500)
told = Path("/proc/self/status").read_text().split()
print(json.dumps([1024 * int(told[told.index("VmHWM:") + 1]), "torch" in sys.modules]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no peak of memory")
def test_memory_does_not_grow_with_the_rows_and_torch_is_not_imported(tmp_path):
    peaks, sizes, dim = [], (20_000, 140_000), 128
    for n in sizes:
        rows = np.random.default_rng(0).standard_normal((n, dim), dtype=np.float32)
        np.save(tmp_path / "image.npy", rows)
        np.save(tmp_path / "text.npy", rows[::-1])
        done = subprocess.run(
            [sys.executable, "-c", PEAK_OF, tmp_path], capture_output=True, text=True, check=True
        )
        peak, has_torch = json.loads(done.stdout)
        assert not has_torch
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 0.2 * 2 * (sizes[1] - sizes[0]) * dim * 4
