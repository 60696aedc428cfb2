from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.training.features import collection_features
from gapviz.analyses.training.short_run import ShortRun, short_run, short_run_reading
from gapviz.storage.cache import clear_memory

pytestmark = pytest.mark.encoder

PAIR = ("image", "text")


@pytest.fixture(scope="module")
def features(make_collection):
    return collection_features(make_collection(60, 8), PAIR)


@pytest.fixture(scope="module")
def run(features):
    return short_run(features, seed=3, steps=4, record_every=2).compute()


def test_every_record_is_kept_with_both_clouds_and_read_from_disk(features, run):
    assert [step.step for step in run.steps] == [0, 2, 4]
    clear_memory()
    read = short_run(features, seed=3, steps=4, record_every=2).get()
    assert read is not None and read.options == run.options
    for one, other in zip(read.steps, run.steps, strict=True):
        assert (one.gap, one.recall, one.bias) == (other.gap, other.recall, other.bias)
        np.testing.assert_array_equal(one.layout.points, other.layout.points)
    assert {*run.steps[0].layout.modalities} == {*PAIR}


def test_a_run_is_cached_by_what_is_trained_on(features, make_collection):
    again = collection_features(make_collection(60, 8), PAIR)
    other = collection_features(make_collection(60, 8, seed=1), PAIR)
    assert short_run(again, seed=3).key == short_run(features, seed=3).key
    assert short_run(other, seed=3).key != short_run(features, seed=3).key
    assert short_run(features, seed=4).key != short_run(features, seed=3).key


@pytest.mark.parametrize(
    ("gap", "recall", "words"),
    [
        ((0.8, 0.9), (0.03, 0.4), "the heads learn to find pairs, and the clouds stay apart"),
        ((0.8, 0.1), (0.03, 0.4), "here training brings the clouds together"),
        ((0.8, 0.8), (0.03, 0.04), "so few steps have taught the heads next to nothing"),
    ],
)
def test_what_a_run_shows_is_said_as_it_came_out(run, gap, recall, words):
    first, last = (
        replace(step, gap=one, recall={PAIR: share, PAIR[::-1]: share})
        for step, one, share in zip((run.steps[0], run.steps[-1]), gap, recall, strict=True)
    )
    said = short_run_reading(ShortRun(run.options, (first, last)))
    assert said.endswith(f"{words}.")
    assert f"from {gap[0]:.2f} to {gap[1]:.2f}" in said and f"steps {recall[1]:.0%}." in said
