import numpy as np
import pytest

from gapviz.analyses.training.order import shift_study, temperature_of
from gapviz.analyses.training.random_start import cached_random_start
from gapviz.analyses.training.temperature import shipped_gaps
from gapviz.core.errors import GapvizError
from gapviz.core.splits import EVALUATE
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.cache import clear_memory, write_arrays

PAIR = ("image", "text")


@pytest.fixture(scope="module")
def held():
    return builtin_collection().split(EVALUATE)


@pytest.mark.parametrize("amount", [-1.0, 0.5, 1.0, 2.0])
def test_a_shift_of_the_answers_changes_neither_loss_nor_rank(held, amount):
    for direction in shift_study(held, PAIR, amount).directions:
        assert direction.loss_after == pytest.approx(direction.loss_before, abs=1e-9)
        assert direction.reranked == 0


def test_a_shift_by_one_gap_closes_it(held):
    for direction in shift_study(held, PAIR, 1.0).directions:
        assert direction.gap_before > 0.5
        assert direction.gap_after == pytest.approx(0, abs=1e-9)


def test_scaling_back_to_length_one_does_change_them(held):
    for direction in shift_study(held, PAIR, 1.0).directions:
        assert direction.loss_renormalised != pytest.approx(direction.loss_before, abs=1e-3)
        assert direction.reranked_renormalised > 0


def test_an_order_needs_two_pairs(make_collection):
    with pytest.raises(GapvizError, match="an order needs two"):
        shift_study(make_collection(1, 4), PAIR, 1.0)


def test_the_shipped_encoder_of_higher_temperature_has_the_smaller_gap():
    (cold, cold_gap), (warm, warm_gap) = shipped_gaps("builtin").values()
    assert cold < warm
    assert cold_gap > 2 * warm_gap


def test_encoders_from_elsewhere_are_not_laid_beside_the_shipped_ones():
    assert shipped_gaps("ViT-B-32") == {}
    assert temperature_of("ViT-B-32") == 0.01
    assert temperature_of("builtin:warm") > temperature_of("builtin")


def test_a_model_at_random_weights_has_two_narrow_cones_already():
    work = cached_random_start(items=12)
    start = work.compute()
    assert start.figures.gap > 0.5
    assert min(start.figures.cone.values()) > 0.3
    assert np.isnan(start.figures.loss)
    clear_memory()
    again = work.get()
    assert again.to_json() == start.to_json()
    assert np.array_equal(again.figures.layout.points, start.figures.layout.points)


def test_a_file_that_an_older_gapviz_kept_is_made_again():
    work = cached_random_start(items=12)
    write_arrays(work.path, {"image": np.eye(12), "text": np.eye(12)})
    clear_memory()
    assert work.get() is None
