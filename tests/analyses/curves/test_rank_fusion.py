import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.analyses.curves.rank_fusion import rank_fusion_curves
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.strategies import StrategyOptions, fit_strategy


def test_k_changes_nothing_over_disjoint_lists_and_something_over_overlapping(
    with_second_captions,
):
    curves = rank_fusion_curves(with_second_captions, "text").compute()
    disjoint, overlapping = curves["disjoint"], curves["overlapping"]
    for modality in ("image", "text"):
        assert np.ptp(disjoint.by_k.bias[modality].value) == 0
        assert np.ptp(disjoint.by_k.ndcg[modality].value) == 0
    assert np.ptp(overlapping.by_k.ndcg["text"].value) > 0
    # An image that asks leaves its item one list of two.
    assert np.isnan(overlapping.by_k.ndcg["image"].value).all()


def test_a_slightly_heavier_list_takes_eight_of_ten(make_collection):
    curve = rank_fusion_curves(make_collection(80), "text", weights=(0.5, 1.0, 1.1)).compute()[
        "disjoint"
    ]
    assert curve.by_weight.bias["text"].value == pytest.approx([0, 0.5, 0.8])
    assert curve.by_weight.bias["image"].value == pytest.approx([1, 0.5, 0.2])


def test_every_point_is_an_evaluation(with_second_captions):
    collection = with_second_captions
    curves = rank_fusion_curves(collection, "image", ks=(3.0,), weights=(1.3,)).compute()
    for lists, name in (("disjoint", "route"), ("overlapping", "items-rrf")):
        for line, chosen in (
            (curves[lists].by_k, {"rrf_k": 3.0}),
            (curves[lists].by_weight, {"weights": (("image", 1.3),)}),
        ):
            strategy = fit_strategy(StrategyOptions(name, **chosen), collection.split("calibrate"))
            outcomes = evaluate_mixed(collection.split("evaluate"), strategy)
            for modality, outcome in outcomes.items():
                assert line.bias[modality].value[0] == pytest.approx(outcome.own_share.mean())
                assert line.ndcg[modality].value[0] == pytest.approx(
                    mean_of_known(outcome.ndcg), nan_ok=True
                )


def test_an_unknown_modality_is_refused(make_collection):
    with pytest.raises(GapvizError, match="smell"):
        rank_fusion_curves(make_collection(10), "smell").compute()
