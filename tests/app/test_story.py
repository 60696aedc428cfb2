"""The first page: one query that fails, the same query fixed, and what there is where none does."""

import json
from dataclasses import replace

import pytest

from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.advice.recommended import recommended
from gapviz.analyses.analysis import Request
from gapviz.analyses.story.analysis import ANALYSIS, advice_of, find_told
from gapviz.analyses.story.readings import NO_GAP, NO_MATCHES, often_reading
from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.progress import no_progress
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.story.cards import ShownExample, cards_data
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import STRATEGIES, StrategyOptions


@pytest.fixture(scope="module")
def shipped():
    collection = builtin_collection()
    return Request(collection, ANALYSIS.usual(), strategy=recommended(collection), source="builtin")


@pytest.fixture
def store(store_collection):
    """`store(...)`: a made collection that has a story, and its id."""
    return lambda **made: store_collection(**{"n": 120, "dim": 16, "gap": 3.0, **made}).id


def cards(app):
    """What the component of the cards is sent."""
    (one,) = [json.loads(one.proto.json) for one in app.main.get("bidi_component")]
    return one


def said(data):
    return "".join(words for words, _ in data["states"][data["state"]]["said"])


def words(app):
    kinds = ("markdown", "caption", "info", "warning")
    return " ".join(one.value for kind in kinds for one in getattr(app, kind))


def links(app):
    return " ".join(html.proto.body for html in app.get("html"))


def hidden(app):
    """What the page hides of the sidebar."""
    styles = [html.proto.body for html in app.get("html")]
    (found,) = [one for one in styles if one.startswith("<style>.st-key-compare")]
    return found


def marks(app):
    """Where the clouds mark the query and its right answer, by name."""
    (chart,) = app.get("plotly_chart")
    traces = json.loads(chart.proto.spec)["data"]
    named = ("the query", "the right answer", "its first answers")
    return {one["name"]: str(one["x"]) for one in traces if one.get("name") in named}


def heads(app):
    return [one.value for one in app.subheader]


def test_the_first_page_opens_on_a_query_that_fails(open_app, shipped):
    app = open_app()
    assert not app.exception and not app.error
    assert app.title[0].value == "Start: one search that fails"
    data, first = cards(app), find_told(shipped, no_progress).result.examples[0]
    assert data["state"] == "raw" and not app.toggle(key="fixed").value
    assert data["query"]["words"] == first.words
    assert f"place {first.raw_rank:,}" in said(data)
    assert f"{first.own_kind(first.raw)} of 10 answers are text" in said(data)
    assert data["answer"] not in [one["key"] for one in data["states"]["raw"]["list"]]
    assert heads(app) == ["Why does it fail?", "How often?", "What should I do?"]


def test_the_switch_shows_the_same_query_fixed_and_the_link_keeps_it(open_app, shipped):
    app = open_app()
    before = cards(app)
    app.toggle(key="fixed").set_value(True).run()
    after, first = cards(app), find_told(shipped, no_progress).result.examples[0]
    assert after["state"] == "fixed" and after["example"] == before["example"]
    assert said(after).startswith("Now ") and f"place {first.fixed_rank:,}" in said(after)
    assert after["answer"] in [one["key"] for one in after["states"]["fixed"]["list"]]
    assert cards(open_app(fixed="true"))["state"] == "fixed"


@pytest.mark.parametrize(
    ("own", "rank", "looks"),
    [
        (4, 3, ["good", "good"]),
        (10, 12, ["same", "same"]),
        (10, 40, ["same", "bad"]),
        (9, 12, ["good", "same"]),
    ],
)
def test_what_is_no_better_is_not_shown_as_good(shipped, own, rank, looks):
    example = find_told(shipped, no_progress).result.examples[0]
    kinds = [example.modality] * own + [example.answer_modality] * (10 - own)
    hits = [replace(hit, modality=kind) for hit, kind in zip(example.raw.hits, kinds, strict=True)]
    fixed = replace(example.raw, hits=tuple(hits), match_rank=rank)
    before = replace(example.raw, match_rank=40)
    example = replace(example, raw=before, fixed=fixed)
    shown = ShownExample(example, "a way", shipped.collection, shipped.collection, "builtin")
    states = cards_data(shown, fixed=True)["states"]
    for state, expected in (("raw", ["bad", "bad"]), ("fixed", looks)):
        assert [look for _, look in states[state]["said"] if look] == expected
        assert states[state]["look"] == expected[1]


def test_the_clouds_follow_another_query(open_app):
    app = open_app()
    before = marks(app)
    app.button(key="another").click().run()
    assert marks(app) != before


def test_another_query_is_a_click_away_fails_again_and_stands_in_the_url(open_app):
    app = open_app(fixed="true")
    first = cards(app)
    app.button(key="another").click().run()
    second = cards(app)
    assert second["example"] != first["example"] and second["state"] == "raw"
    assert "2" in app.query_params["example"]
    assert cards(open_app(example="2"))["example"] == second["example"]


@pytest.mark.parametrize("number", ["0", "99", "many"])
def test_an_example_that_there_is_not_is_named_and_the_first_is_shown(open_app, number):
    app = open_app(example=number)
    assert not app.exception
    assert "The link asks for example" in words(app)
    assert cards(app)["example"] == cards(open_app())["example"]


@pytest.mark.slow
def test_how_often_and_what_to_do_are_those_of_the_command(open_app, shipped):
    decision = decision_of(advice_of(shipped).compute())
    app, told = open_app(), find_told(shipped, no_progress).result
    for name, one in told.often.items():
        assert in_markdown(often_reading(name, one, told.label)) in words(app)
    assert in_html(decision.title) in links(app) and in_html(decision.reason) in links(app)
    assert 'href="decide?' in links(app) and 'href="cones?' in links(app)


def test_the_query_and_its_right_answer_are_marked_in_the_clouds(open_app):
    assert set(marks(open_app())) == {"the query", "the right answer", "its first answers"}


def test_what_this_page_does_not_read_is_not_shown(open_app):
    assert ".st-key-compare" in hidden(open_app()) and "stExpander" in hidden(open_app())
    assert "stExpander" not in hidden(open_app(strategy="route"))


def test_a_chosen_strategy_tells_its_own_story(open_app, store):
    app = open_app(collection=store(), strategy="route")
    assert STRATEGIES["route"].title in app.toggle(key="fixed").label


def test_beside_raw_cosine_stands_what_is_recommended(open_app, shipped):
    label = open_app(strategy="raw").toggle(key="fixed").label
    assert STRATEGIES[shipped.strategy.name].title in label


def test_a_collection_without_a_gap_is_told_so_with_its_figures(open_app, store, monkeypatch):
    monkeypatch.setattr(
        "gapviz.dashboard.story.page.strategy_of_story", lambda chosen: StrategyOptions().name
    )
    app = open_app(collection=store(gap=0.0))
    assert not app.exception and not app.main.get("bidi_component")
    assert app.title[0].value == "Start: no gap worth fixing"
    assert NO_GAP in words(app) and "see nothing but" in words(app)
    assert heads(app) == ["What a search finds", "What should I do?"]


def test_unpaired_data_have_no_right_answer(open_app, unpaired_collection):
    app = open_app(collection=unpaired_collection.id)
    assert not app.exception and not app.main.get("bidi_component")
    assert NO_MATCHES in words(app) and "see nothing but" in words(app)


def test_one_modality_is_led_on(open_app, store):
    app = open_app(collection=store(modalities=("image",)))
    assert not app.exception and not app.error
    assert app.title[0].value == "Start: one modality, no gap yet"
    assert 'href="search?' in links(app)


def test_of_three_modalities_the_page_has_a_story(open_app, store):
    app = open_app(collection=store(modalities=("audio", "image", "text")))
    assert not app.exception and not app.error
    assert cards(app)["states"]["raw"]["list"]


def test_a_judged_collection_has_a_story(open_app, make_judged):
    stored = workspace().add([make_judged()], title="judged")
    try:
        app = open_app(collection=stored.id)
        assert not app.exception and not app.error
        assert cards(app)["answer"]
    finally:
        workspace().remove(stored.id)
