import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.analyses.curves.strength import strength_curve
from gapviz.measures.experiment import measure
from gapviz.sources.files import read
from gapviz.storage.background import Cancelled
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")
STRENGTHS = (0.0, 0.6, 1.0, 1.7)


@pytest.mark.parametrize("name", ["offset", "half", "centre"])
def test_every_point_is_what_measuring_at_that_strength_gives(make_collection, name):
    collection = make_collection(60)
    curve = strength_curve(collection, StrategyOptions(name), PAIR, strengths=STRENGTHS).compute()
    for place, strength in enumerate(STRENGTHS):
        figures = measure(collection, StrategyOptions(name, strength=strength)).to_json()
        assert curve.gap[place] == pytest.approx(figures["gap"]["value"], abs=1e-5)
        assert curve.info_nce[place].symmetric == pytest.approx(figures["info_nce"], abs=1e-3)
        for modality in PAIR:
            assert curve.bias[modality].value[place] == pytest.approx(
                figures["bias_at_10"][modality]["value"]
            )
            assert curve.ndcg[modality].value[place] == pytest.approx(
                figures["mixed_ndcg_at_10"][modality]["value"]
            )
            assert curve.expected_bias[modality] == pytest.approx(29 / 59)
        assert curve.recall_at_1[PAIR].value[place] == pytest.approx(
            figures["recall"]["image->text"]["1"]["value"]
        )


def test_the_gap_has_a_sign_and_turns_when_the_offset_overshoots(make_collection):
    curve = strength_curve(make_collection(60, gap=3), StrategyOptions("offset"), PAIR).compute()
    assert curve.signed_gap[0] == pytest.approx(curve.raw_gap)
    assert curve.signed_gap[-1] < 0 < curve.gap[-1]
    assert (np.abs(curve.signed_gap) <= curve.gap + 1e-9).all()


def test_the_loss_names_its_direction_temperature_and_batch(make_collection):
    loss = strength_curve(make_collection(40), StrategyOptions("half"), PAIR).compute().info_nce[0]
    assert (loss.temperature, loss.batch) == (0.01, 20)
    assert loss.x_to_y != loss.y_to_x


def test_what_has_no_strength_is_refused(make_collection):
    for name in ("raw", "znorm", "ridge", "route"):
        with pytest.raises(GapvizError, match="no strength"):
            strength_curve(make_collection(20), StrategyOptions(name), PAIR).compute()


def test_progress_rises_and_may_cancel(make_collection):
    told = []
    strength_curve(make_collection(20), StrategyOptions("half"), PAIR).compute(
        lambda s, _: told.append(s)
    )
    assert told == sorted(told) and told[-1] == 1

    def cancel(share, stage):
        raise Cancelled

    with pytest.raises(Cancelled):
        strength_curve(make_collection(22), StrategyOptions("half"), PAIR).compute(cancel)


@pytest.mark.reference
def test_recall_falls_along_the_one_sided_shift_of_clip(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    curve = strength_curve(collection, StrategyOptions("offset"), PAIR, strengths=(0, 1)).compute()
    assert curve.recall_at_1[PAIR].value == pytest.approx([0.62, 0.368])
    assert curve.recall_at_1[PAIR[::-1]].value == pytest.approx([0.588, 0.46])
    assert curve.raw_gap == pytest.approx(0.851, abs=0.005)
