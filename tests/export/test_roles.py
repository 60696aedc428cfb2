"""A strategy that moves queries elsewhere than documents, taken home."""

import numpy as np
import pytest

from gapviz.commands.cli import main
from gapviz.export.apply import apply_file
from gapviz.export.folder import load_exported
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def taken(take_home, with_second_captions):
    folder, _, strategy = take_home(StrategyOptions("role-means"), with_second_captions)
    return folder, strategy, with_second_captions.modality("text").vectors


def test_plain_numpy_moves_queries_as_queries(taken, generated):
    folder, strategy, rows = taken
    module = generated(folder, "in_numpy")
    moved = strategy.transform_queries(rows, "text")
    np.testing.assert_allclose(module.move_query(rows, "text"), moved, atol=3e-7)
    assert not np.allclose(module.move(rows, "text"), moved, atol=1e-3)
    indexed = {"text": module.move(rows, "text")}
    scores = [score for _, score in module.search(rows[0], "text", indexed, k=5)]
    expected = np.sort(strategy.transform(rows, "text") @ moved[0])[::-1][:5]
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_every_other_place_moves_its_query_by_the_same_function(taken):
    folder, _, _ = taken
    for path in folder.glob("in_*.py"):
        assert "move_query(query[None], modality)" in path.read_text(), path.name


def test_a_file_of_queries_is_moved_as_queries(taken, tmp_path):
    folder, strategy, rows = taken
    np.save(tmp_path / "in.npy", rows)
    for flags, move in (([], strategy.transform), (["--as-queries"], strategy.transform_queries)):
        out = tmp_path / "out.npy"
        arguments = ["apply", folder, tmp_path / "in.npy", "--modality", "text", "--out", out]
        assert main([*map(str, arguments), *flags]) == 0
        np.testing.assert_array_equal(np.load(out), move(rows, "text"))


def test_a_stopped_run_over_documents_is_not_gone_on_with_over_queries(taken, tmp_path):
    folder, strategy, rows = taken
    exported, many = load_exported(folder), np.tile(rows, (100, 1))
    np.save(tmp_path / "in.npy", many)

    def stop(share, stage):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_file(
            exported, tmp_path / "in.npy", "text", tmp_path / "out.npy", block_rows=1, progress=stop
        )
    done = apply_file(exported, tmp_path / "in.npy", "text", tmp_path / "out.npy", queries=True)
    assert done.resumed_from == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "out.npy"), strategy.transform_queries(many, "text")
    )
