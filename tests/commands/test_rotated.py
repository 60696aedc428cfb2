"""What the commands say of vectors that were made of cosines."""

import json

import numpy as np
import pytest

from gapviz.core.collection import NO_AXES


@pytest.fixture
def cosines(make_collection, tmp_path):
    blocks = make_collection(40).modalities.values()
    rows = np.concatenate([block.vectors for block in blocks]).astype(np.float64)
    np.savetxt(tmp_path / "model.csv", rows @ rows.T, delimiter=",")
    return tmp_path / "model.csv"


def test_the_scoreboard_tells_why_a_strategy_is_missing(cosines, figures):
    left_out = {
        one["strategy"]: one["reason"] for one in figures("scoreboard", cosines)["left_out"]
    }
    assert set(left_out) == {"zscore"} and NO_AXES in left_out["zscore"]


def test_a_measurement_under_it_is_refused(cosines, refused, run):
    assert NO_AXES in refused("measure", cosines, "--strategy", "zscore")
    told = json.loads(run("measure", cosines, "--json").stdout)
    assert told["top2_share"] is None and told["left_out"]["top2_share"] == NO_AXES


def test_the_anatomy_leaves_the_dimensions_out_and_keeps_the_rest(cosines, figures, run):
    found = figures("anatomy", cosines, "--of", "all")
    assert found["dimensions"]["shares"] is None and found["dimensions"]["ablation"] is None
    assert found["dimensions"]["left_out"]["shares"] == NO_AXES
    assert found["spectrum"]["by_strategy"]["raw"]["image"]["effective_rank"] > 1
    assert "zscore" not in str(found["plane"]["points"])
    assert f"Left out: {NO_AXES}." in run("anatomy", cosines).stdout


def test_no_advice_is_given_on_it(cosines, run):
    told = run("decide", cosines, "--task", "mixed", "--can-change", "index").stdout
    assert NO_AXES in " ".join(told.split())
