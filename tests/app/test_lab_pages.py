"""Curves, scores and anatomy on the built-in collection and on those a visitor brings."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.curves.strength import strength_curve
from gapviz.analyses.thresholds.match_study import study_matches
from gapviz.analyses.thresholds.score_study import study_scores
from gapviz.core.collection import NO_AXES, Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.wording import figure
from gapviz.dashboard.catalogue import workspace
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions
from tests.patience import run_until

CURVES, ANATOMY, SCORES = "pages/curves.py", "pages/anatomy.py", "pages/scores.py"
VIEWS = [
    *((CURVES, {"curve": name}) for name in ("strength", "mix", "calibration", "fusion", "weight")),
    *((SCORES, {"scores": name}) for name in ("distributions", "thresholds", "fusion")),
    *(
        (ANATOMY, {"part": name})
        for name in ("dimensions", "heat_map", "plane", "hubs", "spectrum")
    ),
]


def html_of(app):
    return "".join(one.proto.body for one in app.get("html"))


@pytest.fixture
def stored():
    """`stored(collections)`: a collection in the workspace, gone after the test."""
    kept = []

    def store(*collections):
        named = [replace(c, encoder=f"model {n}") for n, c in enumerate(collections, start=1)]
        kept.append(workspace().add(named, title="brought"))
        return kept[-1].id

    yield store
    for collection in kept:
        workspace().remove(collection.id)


@pytest.fixture
def opened(open_app):
    """Open a page and wait until nothing is computed any more."""

    def until_done(page, **query):
        app = open_app(page, **query)
        run_until(app, lambda page: not any("Cancel" in button.label for button in page.button))
        assert not app.exception
        return app

    return until_done


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def drawn(app):
    """Charts, or the lists and tables where a view has no chart."""
    return charts(app) or 'class="gv-table"' in html_of(app) or 'role="list"' in html_of(app)


def words(app):
    kinds = ("markdown", "caption", "error", "info")
    said = [element.value for kind in kinds for element in getattr(app, kind)]
    return " ".join(said + [html.proto.body for html in app.get("html")])


def without_pairs():
    rng = np.random.default_rng(0)
    blocks = {
        name: ModalityVectors.of(rng.standard_normal((20, 8)) + shift, owners)
        for name, shift, owners in (
            ("image", 0.5, np.arange(0, 40, 2)),
            ("text", -0.5, np.arange(1, 40, 2)),
        )
    }
    splits = {"calibrate": np.arange(20), "evaluate": np.arange(20, 40)}
    return Collection("no pairs", items_of_rows(40), blocks, splits)


@pytest.mark.parametrize(("page", "query"), VIEWS)
def test_every_view_draws_a_small_collection(opened, stored, make_collection, page, query):
    app = opened(page, collection=stored(make_collection(24)), **query)
    assert not app.error
    assert drawn(app)


@pytest.mark.parametrize(("page", "query"), VIEWS)
def test_what_needs_axes_is_left_out_of_cosines(opened, stored, make_collection, page, query):
    app = opened(page, collection=stored(replace(make_collection(24), rotated=True)), **query)
    assert not app.error
    left_out = query.get("part") == "dimensions"
    # The plane is drawn, and says why it has no point of a strategy that needs axes.
    told = left_out or query.get("part") == "plane"
    assert bool(drawn(app)) is not left_out and (NO_AXES in words(app)) is told


def test_a_strategy_that_needs_axes_says_so(opened, stored, make_collection):
    brought = stored(replace(make_collection(24), rotated=True))
    app = opened(ANATOMY, collection=brought, part="hubs", strategy="zscore")
    assert NO_AXES in words(app)


@pytest.mark.parametrize(("page", "query"), VIEWS)
@pytest.mark.parametrize("kind", ["no pairs", "three items"])
def test_what_cannot_be_drawn_is_said_in_a_sentence(
    opened, stored, make_collection, page, query, kind
):
    made = {
        "no pairs": without_pairs,
        "three items": lambda: make_collection(3),
    }[kind]()
    app = opened(page, collection=stored(made), **query)
    assert all("unexpected fault" not in error.value for error in app.error)
    assert drawn(app) or app.error


@pytest.mark.parametrize(("page", "query"), VIEWS)
def test_two_encoders_of_three_modalities_are_drawn(opened, stored, make_collection, page, query):
    names = ("audio", "image", "text")
    brought = stored(*(make_collection(24, seed=n, modalities=names) for n in (1, 2)))
    app = opened(page, collection=brought, compare="model 2", pair="audio – text", **query)
    assert not app.error
    heads = " ".join(head.value for head in (*app.subheader, *app.header))
    assert "model 2" in heads or query.get("part") == "plane"


def test_the_sweep_of_the_builtin_collection_marks_the_slider(opened):
    app = opened(CURVES, strategy="centre")
    drawn = charts(app)
    assert len(drawn) == 5
    assert all(any(shape["x0"] == 1 for shape in one["layout"]["shapes"]) for one in drawn)
    app.sidebar.slider(key="strength").set_value(0.35).run()
    assert not app.button or all("Cancel" not in button.label for button in app.button)
    drawn = charts(app)
    assert all(any(shape["x0"] == 0.35 for shape in one["layout"]["shapes"]) for one in drawn)


def test_a_strategy_without_strength_is_replaced_and_said_so(opened, stored, make_collection):
    app = opened(CURVES, collection=stored(make_collection(24)), strategy="route")
    assert "has no strength to vary: the curve shows “Centre both”" in words(app)


def test_the_threshold_that_can_be_copied_is_that_of_the_library(opened):
    app = opened(SCORES, scores="thresholds", strategy="half", target="recall", reach="0.6")
    copied = json.loads(app.code[0].value)
    study = study_scores(
        builtin_collection(), StrategyOptions("half"), ("image", "text"), seed=42
    ).compute()
    expected = study.calibrated("recall", 0.6)["cross"].threshold
    assert copied["thresholds"]["image–text"] == pytest.approx(expected, abs=1e-6)
    assert copied["target"] == {"recall": 0.6}


def test_a_target_out_of_reach_gives_no_threshold_and_says_so(opened):
    asked = {"encoder": "builtin:modgap", "strategy": "centre", "target": "precision"}
    app = opened(SCORES, scores="thresholds", reach="0.9", **asked)
    assert json.loads(app.code[0].value)["thresholds"]["image–text"] is None
    assert "no threshold reaches it" in words(app)


def test_moving_the_threshold_changes_what_passes(opened):
    app = opened(SCORES)
    before = html_of(app)
    app.slider(key="threshold").set_value(0.9).run()
    assert html_of(app) != before


def test_a_strategy_that_moves_nothing_leaves_the_cosines_raw(opened, stored, make_collection):
    app = opened(SCORES, collection=stored(make_collection(24)), strategy="route")
    assert "moves no vector and adjusts no score" in words(app)
    assert "yaxis2" not in charts(app)[0]["layout"]


ADJUSTING = pytest.mark.parametrize(
    ("strategy", "unit"),
    [("znorm", "z-score"), ("nnn", "adjusted score"), ("csls", "adjusted score")],
)


@ADJUSTING
def test_adjusted_scores_have_an_axis_and_a_threshold_of_their_own(opened, strategy, unit):
    app = opened(SCORES, strategy=strategy)
    layout = charts(app)[0]["layout"]
    assert "cosine" in layout["xaxis"]["title"]["text"]
    assert unit in layout["xaxis2"]["title"]["text"]
    assert layout["xaxis"].get("matches") is layout["xaxis2"].get("matches") is None
    assert app.slider(key=f"threshold_{strategy}").label.endswith(f"({unit})")
    assert "an axis and a threshold of its own" in words(app)


@ADJUSTING
def test_the_threshold_to_copy_is_of_adjusted_scores(opened, strategy, unit):
    app = opened(SCORES, scores="thresholds", strategy=strategy, target="recall", reach="0.6")
    study = study_scores(
        builtin_collection(), StrategyOptions(strategy), ("image", "text"), seed=42
    ).compute()
    copied = json.loads(app.code[0].value)
    assert copied["passes"] == f"{unit} at or above"
    expected = study.calibrated("recall", 0.6)["cross"].threshold
    assert copied["thresholds"]["text → image"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("part", "scored", "matched"),
    [
        ("distributions", True, False),
        ("thresholds", True, True),
        ("fusion", False, False),
    ],
)
def test_only_the_part_that_is_looked_at_is_measured(
    opened, stored, make_collection, part, scored, matched
):
    # As many items as no other test brings, so that nothing is known of them.
    brought = stored(make_collection(200 + len(part), dim=12))
    opened(SCORES, collection=brought, scores=part, strategy="raw")
    collection, raw = workspace().load(brought, "model 1"), StrategyOptions("raw")
    scores = study_scores(collection, raw, ("image", "text"), seed=42)
    assert (scores.get() is not None) is scored
    matches = study_matches(collection, raw, ("image", "text"), seed=42)
    assert (matches.get() is not None) is matched


def test_who_asks_across_the_modalities_can_be_chosen(opened):
    app = opened(SCORES, scores="thresholds", strategy="nnn", query_modality="image")
    assert "image → text" in json.loads(app.code[0].value)["thresholds"]
    assert "Across the modalities they are image → text" in words(app)


def test_the_threshold_of_adjusted_scores_leaves_the_raw_one_alone(opened):
    app = opened(SCORES, strategy="znorm")
    raw = app.slider(key="threshold").value
    before = html_of(app)
    app.slider(key="threshold_znorm").set_value(1.5).run()
    assert app.slider(key="threshold").value == raw
    assert html_of(app) != before
    assert "z-score ≥ 1.50" in html_of(app)
    app.sidebar.selectbox(key="strategy").set_value("csls").run()
    while any("Cancel" in button.label for button in app.button):
        app.run()
    assert not app.exception
    assert "adjusted score ≥" in html_of(app)


@pytest.mark.parametrize("kind", ["no pairs", "three items"])
@pytest.mark.parametrize("strategy", ["znorm", "nnn", "csls"])
def test_too_few_scores_to_adjust_are_drawn_or_said(
    opened, stored, make_collection, strategy, kind
):
    made = {
        "no pairs": without_pairs,
        "three items": lambda: make_collection(3),
    }[kind]()
    app = opened(SCORES, collection=stored(made), strategy=strategy)
    assert all("unexpected fault" not in error.value for error in app.error)
    assert drawn(app) or app.error


def test_hubs_are_counted_in_the_lists_of_adjusted_scores(opened):
    app = opened(ANATOMY, part="hubs", strategy="csls")
    assert "its lists hold the best adjusted scores" in words(app)
    assert "CSLS (10 neighbours)" in html_of(app)


def test_bare_scores_shut_the_other_modality_out(opened):
    app = opened(SCORES, scores="fusion", item="1F431")
    lists = [h.proto.body for h in app.get("html") if 'role="list"' in h.proto.body]
    assert len(lists) == 2
    assert "● text" not in lists[0]
    assert "● text" in lists[1]
    assert "image takes 8 of 8 places" in words(app)


def test_a_sample_of_pairs_is_said_on_the_screen(opened):
    app = opened(ANATOMY, part="heat_map")
    assert "Showing 120 of 485 held-out pairs, drawn with seed 42" in words(app)


@pytest.mark.parametrize(
    ("page", "key"), [(CURVES, "curve"), (ANATOMY, "part"), (SCORES, "target")]
)
def test_a_wrong_link_is_named(open_app, page, key):
    app = open_app(page, **{key: "magic"})
    assert not app.exception
    assert f"{key} = “magic”" in app.warning[0].value


def test_a_threshold_off_its_slider_is_named_once_it_is_known(opened):
    app = opened(SCORES, strategy="znorm", threshold_znorm="900")
    assert "threshold_znorm = “900”" in app.warning[0].value
    assert "threshold_znorm" not in app.query_params
    app.button(key="dismiss_link_problems").click().run()
    assert not app.warning


def cursor_of(app):
    (cursor,) = app.main.get("bidi_component")
    return json.loads(cursor.proto.json)


def heights(app):
    return [one["layout"]["height"] for one in charts(app)]


def test_the_cursor_tells_every_figure_of_the_sweep_at_every_strength(opened):
    app = opened(CURVES, strategy="centre", strength="0.5")
    cursor = cursor_of(app)
    curve = strength_curve(builtin_collection(), StrategyOptions("centre"), ("image", "text"))
    known = curve.compute()
    assert cursor["x"] == known.strengths.tolist()
    assert cursor["x"][cursor["at"]] == 0.5
    told = {one["name"]: one["lines"] for one in cursor["figures"]}
    assert list(told) == ["Gap", "InfoNCE", "Recall", "Bias", "NDCG"]
    assert told["Gap"][0]["values"] == [figure(value) for value in known.signed_gap.tolist()]
    bias = {line["name"]: line["values"][0] for line in told["Bias"]}
    assert bias["text queries"] == figure(float(known.bias["text"].value[0]))


def test_the_chart_that_is_chosen_is_large_and_the_others_are_small(opened):
    app = opened(CURVES, strategy="centre")
    large, *small = heights(app)
    assert all(large > 1.5 * one for one in small) and len(small) == 4
    assert charts(app)[0]["layout"]["yaxis"]["title"]["text"].startswith("NDCG")
    app.segmented_control(key="large_strength").set_value("bias").run()
    assert charts(app)[0]["layout"]["yaxis"]["title"]["text"].startswith("own modality")
    linked = opened(CURVES, strategy="centre", large_strength="Gap")
    assert "raw direction" in charts(linked)[0]["layout"]["yaxis"]["title"]["text"]


def test_choices_that_change_nothing_are_not_shown(opened, stored, make_collection):
    brought = stored(make_collection(24))
    keys = {
        curve: {
            one.key for one in opened(CURVES, collection=brought, curve=curve).segmented_control
        }
        for curve in ("mix", "fusion", "weight")
    }
    assert "large_mix" not in keys["mix"]
    assert "weighted" in keys["weight"] and "weighted" not in keys["fusion"]
