"""The advisor's page: its questions in the URL, its cards the library's advice."""

import html
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
import streamlit as st

from gapviz.analyses.advice import advice as cached_advice
from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation
from gapviz.commands.cli import main
from gapviz.dashboard import decide
from gapviz.dashboard.catalogue import workspace
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.cache import clear_memory
from gapviz.strategies import fit_strategy
from tests.patience import run_until

PAGE, DECISION = "pages/decide.py", 'class="gv-decision"'


@pytest.fixture
def stored(make_collection):
    kept = []

    def store(**made):
        collection = replace(make_collection(**made), encoder="first model")
        kept.append(workspace().add([collection], title="brought"))
        return kept[-1]

    yield store
    for collection in kept:
        workspace().remove(collection.id)


def finished(app):
    return run_until(
        app, lambda page: not any("Measuring" in str(bar.proto) for bar in page.get("progress"))
    )


def words(app):
    return " ".join(element.value for kind in ("markdown", "info", "caption", "subheader")
                    for element in getattr(app, kind))  # fmt: skip


def card(app):
    (found,) = [one.proto.body for one in app.get("html") if DECISION in one.proto.body]
    return html.unescape(found)


def test_one_card_answers_as_the_library_does(open_app, stored):
    brought = stored(n=60)
    app = finished(open_app(PAGE, collection=brought.id, changeable="neither"))
    assert not app.exception and not app.error
    collection = workspace().load(brought.id, "first model")
    advice = advise(Evidence(collection), Situation("mixed", "neither"))
    expected = decision_of(advice)
    told = card(app)
    assert f"<h2>{expected.title}</h2>" in told and expected.reason in told
    for one in (*expected.gains, *expected.losses):
        assert f"{one.before} → {one.after}" in told and one.words in told
    assert all(words in told for words in expected.costs)
    others = [one.label for one in app.expander if one.label.startswith("The other")]
    # As many as were tried, but for the one on the card.
    assert others == [f"The other {advice.n_tried - 1} ways, and leaving it as it is, best first"]


def test_the_answer_stands_above_the_questions(open_app, stored):
    app = finished(open_app(PAGE, collection=stored(n=60).id))
    kinds = [one.type for one in app.main]
    first_question = kinds.index("button_group")
    answers = [n for n, one in enumerate(app.main) if DECISION in getattr(one.proto, "body", "")]
    assert answers and answers[0] < first_question


def test_the_button_exports_exactly_what_is_recommended(open_app):
    app = finished(open_app(PAGE, strategy="offset", strength=0.5))
    expected = decision_of(advise(Evidence(builtin_collection()), Situation("mixed", "index")))
    (address,) = re.findall(r'class="gv-button" href="([^"]*)"', card(app))
    page, _, asked = address.partition("?")
    link = dict(parse_qsl(asked))
    assert (page, link["strategy"]) == ("export", expected.strategy.name)
    assert set(link) <= {"strategy", "collection", "encoder", "pair", "seed"}
    there = open_app("pages/export.py", **link)
    assert there.markdown[0].value.startswith(f"**{fit_label(expected.strategy)}**")


def fit_label(options):
    return fit_strategy(options, builtin_collection().split("calibrate")).label


@pytest.mark.slow
def test_the_winner_says_of_how_many_it_was_chosen_and_what_it_gains_elsewhere(open_app):
    app = finished(open_app(PAGE))
    advice = advise(Evidence(builtin_collection()), Situation("mixed", "index"))
    told = card(app)
    assert f"Of {advice.n_tried} ways tried on {advice.n_items} held-out items" in told
    there = f"it holds on the other, among half as many: NDCG@10 +{advice.other_half:.2f}"
    assert there in told


def test_what_is_undecided_has_a_badge_of_its_own(open_app, stored):
    app = finished(open_app(PAGE, collection=stored(n=8).id))
    assert ":gray-badge[:material/balance: undecided]" in words(app)


def test_a_card_leads_on_with_the_strategy_as_it_was_judged(open_app, stored):
    app = finished(open_app(PAGE, collection=stored(n=60).id, changeable="index", strength=0.5))
    links = [
        one.proto.body
        for one in app.get("html")
        if "next steps" in one.proto.body and DECISION not in one.proto.body
    ]
    expected = [strategy for strategy in _strategies(app) if strategy]
    assert len(links) == len(expected) > 1
    for link, strategy in zip(links, expected, strict=True):
        assert f"strategy={strategy}" in link and "strength" not in link
        assert 'href="search?collection=' in link and 'href="export?collection=' in link


def _strategies(app):
    """Of the advice, in the order of its cards."""
    (collection,) = workspace().collections()
    given = advise(
        Evidence(workspace().load(collection.id, "first model")), Situation("mixed", "index")
    )
    return [one.rule.strategy for one in given.recommendations]


def test_a_link_answers_the_questions(open_app, stored):
    app = open_app(collection=stored(n=60).id, task="one-way", found="text", changeable="neither")
    app = finished(app.switch_page(PAGE).run())
    assert not app.exception and not app.warning
    assert "image → text" in words(app) + " ".join(h.proto.body for h in app.get("html"))


def test_a_link_that_asks_for_another_task_is_named(open_app, stored):
    app = open_app(collection=stored(n=60).id, task="magic")
    assert "task = “magic”" in app.warning[0].value


def test_where_the_data_contradicts_the_usual_advice_is_said(open_app):
    app = finished(open_app(PAGE, task="within", changeable="model"))
    (found,) = [one for one in app.expander if "contradicts the usual advice" in one.label]
    assert "Search with EfficientNet-lite0" in found.markdown[0].value


def test_without_labels_likeness_is_said_to_be_unknown(open_app, stored):
    app = finished(open_app(PAGE, collection=stored(n=40).id, task="within", changeable="model"))
    assert not app.exception
    assert "no two items share a label" in words(app)


@pytest.mark.parametrize(
    ("changeable", "said"),
    [("neither", "needs more than you can change"), ("model", "no other way could be measured")],
)
def test_where_nothing_else_was_tried_that_is_not_called_no_better(
    open_app, stored, changeable, said
):
    link = {"task": "within", "changeable": changeable}
    app = finished(open_app(PAGE, collection=stored(n=40).id, **link))
    assert said in card(app) and "better by more than chance" not in card(app)


def test_the_command_line_finds_what_the_page_measured(open_app, monkeypatch, capsys):
    app = finished(open_app(PAGE, task="within", found="text", changeable="model"))
    clear_memory()
    monkeypatch.setattr(cached_advice, "advise", None)
    asked = ["--task", "within", "--find", "text", "--can-change", "model"]
    assert main(["advise", "builtin", *asked]) == 0
    (title,) = re.findall("<h2>(.*)</h2>", card(app))
    assert title in capsys.readouterr().out


@pytest.mark.slow
def test_the_report_covers_the_pair_the_encoders_and_the_questions_of_the_page(
    open_app, make_collection, monkeypatch
):
    names = ("audio", "image", "text")
    both = [
        replace(make_collection(40, seed=n, modalities=names), encoder=f"model {n}") for n in (1, 2)
    ]
    brought = workspace().add(both, title="three")
    handed = []
    monkeypatch.setattr(decide, "report_html", handed.append)
    monkeypatch.setattr(st, "download_button", lambda label, data, **named: data())
    link = {"pair": "audio – text", "compare": "model 2", "task": "one-way", "found": "text"}
    try:
        app = finished(open_app(PAGE, collection=brought.id, encoder="model 1", **link))
    finally:
        workspace().remove(brought.id)
    assert not app.exception and not app.error
    made = handed[0]
    assert made.before.pair == ("audio", "text")
    assert [one.collection.encoder for one in (made.before, *made.compared)] == [
        "model 1", "model 2"
    ]  # fmt: skip
    assert (made.advice.situation.task, made.advice.situation.found) == ("one-way", "text")
    assert "the pair audio – text, by model 1 and model 2" in words(app)


@pytest.mark.parametrize("task", ["one-way", "mixed", "within", "scores"])
@pytest.mark.parametrize("made", [{"n": 4}, {"n": 40, "modalities": ("audio", "image", "text")}])
def test_few_items_and_many_modalities_have_an_answer(open_app, stored, task, made):
    app = finished(open_app(PAGE, collection=stored(**made).id, task=task))
    assert not app.exception
