"""How likely an answer matches: on the cards of Search, on the page of scores, on Export."""

import json
import re

import pytest

from gapviz.analyses.thresholds.match_study import match_calibration
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.strategies import StrategyOptions

SEARCH, SCORES, EXPORT = "pages/search.py", "pages/scores.py", "pages/export.py"


@pytest.fixture
def brought(store_collection):
    """240 pairs, whose best answers are right three times in four."""
    return store_collection(n=240, dim=16, gap=1.0)


def html_of(app):
    """Of the page, without its stylesheet."""
    return "".join(one.proto.body for one in app.get("html") if "<style>" not in one.proto.body)


def words(app):
    kinds = ("markdown", "caption")
    return " ".join(one.value for kind in kinds for one in getattr(app, kind))


def searched(open_app, brought, **query):
    app = open_app(SEARCH, collection=brought.id, query_by="item", item="007", **query)
    assert not app.exception
    return app


def test_cards_tell_how_likely_they_match_once_that_is_learned(open_app, brought, learns_matches):
    app = searched(open_app, brought, strategy="znorm", item_modality="text")
    app.run()
    chances = re.findall(r"gv-chance[^>]*>match ([^<]+)<", html_of(app))
    assert chances and all(re.fullmatch(r"\d+%|under 1%|over 99%", one) for one in chances)
    assert "Match: the probability, if one of the 240 image rows matches." in words(app)
    assert "The fused score tells a place in a list" in words(app)


def test_until_it_is_learned_the_lists_stand_without_it(open_app, store_collection):
    app = searched(open_app, store_collection(n=200))
    assert html_of(app).count('role="list"') == 3 and "gv-chance" not in html_of(app)


def test_where_every_answer_lies_below_the_threshold_that_is_said(
    open_app, brought, learns_matches
):
    # Under raw cosine every answer is of the query's own modality, of which nothing is known.
    app = searched(open_app, brought, strategy="znorm", precision="0.99").run()
    assert "Nothing here matches at 99% precision" in words(app)
    assert "gv-faint" in html_of(app)
    app.slider(key="precision").set_value(0.5).run()
    assert "Nothing here matches at 50% precision" not in words(app)


def test_a_collection_without_pairs_says_why_nothing_is_told(
    open_app, unpaired_collection, learns_matches
):
    app = open_app(SEARCH, collection=unpaired_collection.id, query_by="item").run()
    assert not app.exception and "gv-chance" not in html_of(app)
    assert "no probability is told" in words(app)


def test_the_curve_that_can_be_copied_is_that_of_the_library(open_app, brought):
    app = open_app(SCORES, scores="thresholds", collection=brought.id, strategy="nnn", prior="0.05")
    assert not app.exception
    copied = json.loads(app.code[-1].value)
    collection = collection_of(View(brought.id, "first model"))
    known = match_calibration(collection, StrategyOptions("nnn"), prior=0.05).compute()
    curve = copied["pair_types"]["image–text"]
    assert curve["slope"] == pytest.approx(known.probabilities[0].curve.slope)
    assert curve["prior"] == 0.05
    expected = {
        f"{one.query_modality} → {one.modality}": one.score for one in known.thresholds(0.9)
    }
    assert copied["accepted_from"] == expected
    assert "Stated and true, image–text pairs" in words(app)
    assert "is off by" in words(app) and "accepted from" in words(app)


def test_method_and_precision_can_be_chosen(open_app, brought):
    app = open_app(
        SCORES, scores="thresholds", collection=brought.id, strategy="raw", method="isotonic"
    )
    app.slider(key="precision").set_value(0.8).run()
    assert not app.exception
    copied = json.loads(app.code[-1].value)
    assert copied["precision"] == 0.8 and "steps" in copied["pair_types"]["image–text"]
    assert "for 80% precision" in words(app)


def test_export_says_from_which_score_on_an_answer_is_accepted(open_app, brought):
    app = open_app(EXPORT, collection=brought.id, strategy="centre")
    assert not app.exception
    assert "image → text" in html_of(app) and "match_probability" in words(app)
    assert any("def match_probability" in one.value for one in app.code)
