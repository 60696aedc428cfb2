import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.analyses.curves.calibration import calibration_curve
from gapviz.core.progress import no_progress
from gapviz.measures.experiment import measure
from gapviz.sources.files import read
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")


def test_the_last_point_is_the_whole_calibrate_split(make_collection):
    collection = make_collection(60)
    curve = calibration_curve(collection, StrategyOptions("centre"), PAIR, repeats=3).compute()
    figures = measure(collection, StrategyOptions("centre")).to_json()
    assert curve.sizes.tolist() == [2, 5, 10, 25, 30]
    assert curve.cosine.value[-1] == pytest.approx(1)
    assert curve.recall_at_1[PAIR].value[-1] == pytest.approx(
        figures["recall"]["image->text"]["1"]["value"]
    )
    assert curve.bias["text"].value[-1] == pytest.approx(figures["bias_at_10"]["text"]["value"])
    assert curve.recall_at_1[PAIR].low[-1] == curve.recall_at_1[PAIR].high[-1]
    raw = measure(collection, fit="split").to_json()
    assert curve.raw_recall_at_1[PAIR] == pytest.approx(raw["recall"]["image->text"]["1"]["value"])


def test_the_same_seed_gives_the_same_curve(make_collection):
    one, again, other = (
        calibration_curve(
            make_collection(40), StrategyOptions("half"), PAIR, seed=seed, repeats=2
        ).function(no_progress)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.cosine.value, again.cosine.value)
    assert not np.array_equal(one.cosine.value, other.cosine.value)


def test_a_wrong_strategy_and_too_few_pairs_are_refused(make_collection, make_unpaired):
    with pytest.raises(GapvizError, match="no strategy"):
        calibration_curve(make_collection(20), StrategyOptions("magic"), PAIR).compute()
    apart = make_unpaired(4)
    with pytest.raises(GapvizError, match="0 calibration items"):
        calibration_curve(apart, StrategyOptions("centre"), PAIR).compute()


@pytest.mark.reference
def test_a_few_pairs_of_clip_give_the_direction_of_the_gap(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    curve = calibration_curve(
        collection, StrategyOptions("centre"), PAIR, sizes=(5, 25, 100), repeats=6
    ).compute()
    assert curve.cosine.value[:3] == pytest.approx([0.93, 0.98, 0.996], abs=0.02)
