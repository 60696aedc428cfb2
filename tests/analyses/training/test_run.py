import threading

import numpy as np
import pytest

from gapviz.analyses.training.features import builtin_features, collection_features
from gapviz.analyses.training.live import LiveRun
from gapviz.analyses.training.objectives import ALIGNMENT, UNIFORMITY
from gapviz.analyses.training.run import LOSS_TITLES, TrainingOptions, train_run, training_steps
from gapviz.analyses.training.temperature import cached_temperatures
from gapviz.core.errors import GapvizError
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.storage.cache import clear_memory

SHORT = TrainingOptions(steps=6, record_every=3, seed=7)


@pytest.fixture(scope="module")
def features(make_collection):
    return collection_features(make_collection(60, 8), ("image", "text"))


def test_a_run_records_every_few_steps_and_the_last(features):
    run = train_run(features, TrainingOptions(steps=7, record_every=3))
    assert [step.step for step in run.steps] == [0, 3, 6, 7]


def test_the_same_seed_gives_the_same_figures(features):
    assert train_run(features, SHORT).to_json() == train_run(features, SHORT).to_json()


def test_another_seed_gives_others(features):
    other = TrainingOptions(steps=6, record_every=3, seed=8)
    assert train_run(features, other).to_json() != train_run(features, SHORT).to_json()


def test_runs_at_once_do_not_disturb_each_other(features):
    alone, together = train_run(features, SHORT), []
    threads = [
        threading.Thread(target=lambda: together.append(train_run(features, SHORT)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.to_json() for run in together] == [alone.to_json()] * 2


@pytest.mark.parametrize("loss", LOSS_TITLES)
@pytest.mark.parametrize("intra_modal", [False, True])
def test_every_loss_falls(features, loss, intra_modal):
    options = TrainingOptions(0.1, loss, intra_modal, steps=30, record_every=30)
    first, last = train_run(features, options).steps
    assert last.loss < first.loss


def test_modgap_draws_the_clouds_together_and_the_same_seed_gives_the_same_run(features):
    options = TrainingOptions(loss="modgap", steps=12, record_every=12)
    run, plain = train_run(features, options), train_run(features, TrainingOptions(steps=12))
    assert run.steps[-1].gap < 0.7 * plain.steps[-1].gap
    assert run.to_json() == train_run(features, options).to_json()


def test_weights_of_modgap_have_defaults_and_are_told_in_title_and_figures():
    usual, own = TrainingOptions(loss="modgap"), TrainingOptions(loss="modgap", alignment=3)
    assert (usual.alignment, usual.uniformity) == (ALIGNMENT, UNIFORMITY)
    assert "ModGap, λ₁ = 3, λ₂ = 10, τ = 0.01" in own.title
    assert TrainingOptions().alignment is None and "λ" not in TrainingOptions().title


def test_the_built_in_features_are_held_out_as_the_collection_is():
    features = builtin_features()
    assert features.modalities == ("image", "text")
    assert not set(features.train) & set(features.held_out)


def test_low_temperature_keeps_a_gap_that_a_higher_one_closes():
    work = cached_temperatures(
        builtin_features(), TrainingOptions(steps=60), temperatures=(0.01, 0.05)
    )
    study = work.compute()
    cold, warm = study.gap
    assert cold > 0.8
    assert warm < 0.5
    clear_memory()
    assert work.get().to_json() == study.to_json()


def test_a_collection_of_one_pair_cannot_train(make_collection):
    with pytest.raises(GapvizError, match="too few to train heads"):
        collection_features(make_collection(3, 4), ("image", "text"))


def test_training_and_held_out_pairs_are_those_of_the_splits(make_collection):
    collection = make_collection(40, 8)
    features = collection_features(collection, ("image", "text"))
    assert np.array_equal(features.train, collection.splits[CALIBRATE])
    assert np.array_equal(features.held_out, collection.splits[EVALUATE])


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": "hinge"},
        {"temperature": 0.0},
        {"steps": 0},
        {"record_every": 0},
        {"alignment": 1.0},
        {"loss": "sigmoid", "uniformity": 1.0},
        {"loss": "modgap", "alignment": -1.0},
        {"loss": "modgap", "uniformity": float("nan")},
    ],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(GapvizError):
        TrainingOptions(**wrong)


def live(features, **options):
    return LiveRun(lambda: training_steps(features, SHORT), **options)


def until(condition):
    for _ in range(2_000):
        if condition():
            return True
        threading.Event().wait(0.005)
    return False


def test_a_paused_run_waits_and_goes_on_one_record_at_a_time(features):
    run = live(features, paused=True)
    assert until(lambda: len(run.steps) == 1)
    assert run.state == "paused"
    run.step()
    assert until(lambda: len(run.steps) == 2 and run.state == "paused")
    run.resume()
    assert run.wait(30)
    assert run.state == "done"
    assert len(run.steps) == 3


def test_a_stopped_run_keeps_what_it_recorded(features):
    run = live(features, paused=True)
    assert until(lambda: len(run.steps) == 1)
    run.stop()
    assert run.wait(30)
    assert run.state == "stopped"
    assert len(run.steps) == 1


def test_one_paused_run_does_not_hold_up_another(features):
    waiting = live(features, paused=True)
    other = live(features)
    assert other.wait(60)
    assert other.state == "done"
    assert waiting.state in ("running", "paused")
    assert len(waiting.steps) <= 1
    waiting.stop()
