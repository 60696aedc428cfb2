import json
from dataclasses import replace
from functools import partial

import pytest

from gapviz.analyses.training.features import builtin_features
from gapviz.analyses.training.random_start import cached_random_start
from gapviz.analyses.training.short_run import short_run
from gapviz.dashboard import waiting
from gapviz.dashboard.why import forces, player, training_panel
from gapviz.dashboard.why.training_panel import RUNS
from tests.patience import measured

pytestmark = pytest.mark.encoder

PAGE = "pages/why.py"


@pytest.fixture(autouse=True)
def short_runs(monkeypatch):
    steps = training_panel.training_steps
    monkeypatch.setattr(
        training_panel,
        "training_steps",
        lambda features, options: steps(features, replace(options, steps=20)),
    )


def film_of(app):
    (film,) = app.main.get("bidi_component")
    return json.loads(film.proto.json)


def test_a_short_run_is_trained_on_arrival_and_can_be_played(open_app):
    app = open_app(PAGE)
    assert not app.exception and not app.error
    film = film_of(app)
    assert [record["step"] for record in film["records"]] == [0, 1, 2]
    assert [one["name"] for one in film["modalities"]] == ["image", "text"]
    expected = player.short_run(builtin_features(), seed=42).get()
    assert film["records"][-1]["gap"] == pytest.approx(expected.steps[-1].gap)
    assert film_of(open_app(PAGE, seed=7))["key"] != film["key"]


def test_the_short_run_can_be_cancelled_and_begun_anew(open_app, store_collection, monkeypatch):
    # As many steps as it takes to be cancelled.
    monkeypatch.setattr(player, "short_run", partial(short_run, steps=2_000, record_every=1))
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0)
    app = open_app(PAGE, collection=store_collection(n=40).id)
    app = next(one for one in app.button if one.label == "Cancel").click().run()
    assert any("There is nothing to play." in told.value for told in app.info)
    assert not app.main.get("bidi_component")
    monkeypatch.setattr(player, "short_run", partial(short_run, steps=2, record_every=1))
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 100)
    assert film_of(app.run())["records"]


def trained(app):
    app.button(key="train_start").click().run()
    assert app.session_state[RUNS][-1].live.wait(60)
    return app.run()


def test_a_run_draws_its_cones_and_five_charts(open_app):
    app = trained(open_app(PAGE))
    assert not app.exception
    assert app.session_state[RUNS][0].live.state == "done"
    assert len(app.get("plotly_chart")) == 6


def test_one_looks_back_over_the_recorded_steps(open_app):
    app = trained(open_app(PAGE))
    app.select_slider(key="train_scrub_1").set_value(0).run()
    assert any("Cones at step 0" in text.value for text in app.markdown)


def test_runs_at_two_temperatures_are_kept_and_removed(open_app):
    app = trained(open_app(PAGE))
    app.select_slider(key="train_temperature").set_value("0.05").run()
    trained(app)
    kept = app.session_state[RUNS]
    assert [run.options.temperature for run in kept] == [0.01, 0.05]
    app.button(key="train_remove_1").click().run()
    assert [run.number for run in app.session_state[RUNS]] == [2]


def test_a_link_chooses_modgap_and_its_weights(open_app):
    app = trained(open_app(PAGE, train_loss="modgap", train_alignment="3"))
    assert {"Alignment λ₁", "Uniformity λ₂"} <= {field.label for field in app.number_input}
    options = app.session_state[RUNS][0].options
    assert (options.loss, options.alignment, options.uniformity) == ("modgap", 3, 10)
    assert not app.exception and app.session_state[RUNS][0].live.state == "done"
    app.segmented_control(key="train_loss").set_value("infonce").run()
    assert "Alignment λ₁" not in {field.label for field in app.number_input}


def test_two_visitors_train_at_once(open_app):
    one, other = open_app(PAGE), open_app(PAGE)
    one.button(key="train_step").click().run()
    trained(other)
    assert other.session_state[RUNS][0].live.state == "done"
    waiting = one.session_state[RUNS][0].live
    assert waiting.state == "paused"
    assert len(waiting.steps) == 1
    waiting.stop()


def test_the_shift_leaves_loss_and_ranks_alone(open_app):
    app = open_app(PAGE, shift="2")
    table = next(h.proto.body for h in app.get("html") if "ranks changed" in h.proto.body)
    assert table.count("<strong>0</strong>") == 2


def made(app, label):
    """The page once what a button starts is there."""
    (button,) = [button for button in app.button if button.label == label]
    app = button.click().run()
    measured(app)
    assert not app.exception and not app.error
    return app


def test_a_real_model_at_random_weights_shows_its_cones(open_app, monkeypatch):
    monkeypatch.setattr(forces, "cached_random_start", partial(cached_random_start, items=8))
    app = made(open_app(PAGE, seed=8), "Build ViT-S-32-alt at random weights")
    expected = cached_random_start(seed=8, items=8).compute().figures
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Gap (0 to 2, lower is closer)"] == f"{expected.gap:.3f}"
    assert expected.gap > 0.5


def test_training_at_five_temperatures_draws_what_is_left_of_the_gap(open_app, monkeypatch):
    monkeypatch.setattr(forces, "STUDY_STEPS", 10)
    app = made(open_app(PAGE), "Train at five temperatures")
    (chart,) = app.get("plotly_chart")
    drawn = json.loads(chart.proto.spec)["data"][0]
    assert drawn["name"] == "after 10 steps here"
    assert any("10 steps each" in caption.value for caption in app.caption)
