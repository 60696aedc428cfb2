"""Pages on a collection that has queries of its own with judgments."""

import re
from dataclasses import replace

import pytest

from gapviz.dashboard import judged_query
from gapviz.dashboard.catalogue import workspace
from tests.patience import measured

CONES, SEARCH = "pages/cones.py", "pages/search.py"
CURVES, DECIDE = "pages/curves.py", "pages/decide.py"
FOREIGN = "<b>query</b> {} [link](https://example.org)"
N = 60


@pytest.fixture(scope="module")
def bring(make_judged):
    """`bring(...)`: the id of a stored collection whose queries come with it."""
    kept = {}

    def bring(n=N, **made):
        key = (n, *made.items())
        if key not in kept:
            collection = replace(make_judged(n, **made), encoder="first model")
            kept[key] = workspace().add([collection], title=f"brought {len(kept)}")
        return kept[key].id

    yield bring
    for stored in kept.values():
        workspace().remove(stored.id)


def bodies(app):
    return [html.proto.body for html in app.get("html")]


def lists(app):
    return [body for body in bodies(app) if 'role="list"' in body]


def words(app):
    return " ".join(
        element.value for kind in ("markdown", "caption", "info") for element in getattr(app, kind)
    )


def test_a_judged_query_is_asked_first_and_every_card_says_its_grade(open_app, bring):
    app = open_app(SEARCH, collection=bring(), query_id="q5", results="20", strategy="centre")
    assert not app.exception and not app.error
    assert len(lists(app)) == 3
    for body in lists(app):
        cards = body.split('role="listitem"')[1:]
        marks = [re.search(r"relevant, grade \d|judged not relevant|not judged", c) for c in cards]
        assert all(marks) and len(cards) == 20
        assert "✓ relevant, grade 2" in body
        assert body.count("gv-match") == body.count("✓ relevant")
    assert "text query · asks for image · 2 answers" in words(app)
    assert "NDCG@10 of this list is" in words(app)
    assert re.search(r"\d+ of the first 10 results were judged by nobody", words(app))


def test_a_run_that_is_uploaded_is_a_column_with_its_grades(open_app, bring):
    app = open_app(SEARCH, collection=bring(), query_id="q5", strategy="centre")
    table = b"query,item,score\nq5,07,3\nq5,05,2\nq5,unheard of,1\n"
    app.file_uploader[0].upload("theirs.csv", table, "text/csv").run()
    measured(app)
    assert not app.exception and not app.error
    assert len(lists(app)) == 4
    theirs = next(body for body in lists(app) if body.count('role="listitem"') == 3)
    assert "judged not relevant" in theirs and "✓ relevant, grade 2" in theirs


def test_an_answer_that_is_not_shown_is_named_with_its_place(open_app, bring):
    app = open_app(SEARCH, collection=bring(), query_id="q5", results="4", strategy="centre")
    hidden = [body for body in lists(app) if "Answers not shown" in body]
    assert hidden and all(re.search(r"06, grade 1, at place \d+", one) for one in hidden)


def test_words_of_a_query_are_drawn_as_they_stand(open_app, bring):
    app = open_app(SEARCH, collection=bring(words=FOREIGN), query_id="q5")
    assert not app.exception
    shown = next(one.value for one in app.markdown if "query" in one.value and "“" in one.value)
    assert "\\<b>query" in shown and "[link](" not in shown
    assert all("<b>query" not in body for body in bodies(app))


def test_of_many_queries_few_are_options_and_words_find_the_rest(open_app, bring, monkeypatch):
    monkeypatch.setattr(judged_query, "MOST_QUERIES", 20)
    app = open_app(SEARCH, collection=bring(), query_id="q59")
    choice = app.selectbox(key="query_id")
    assert choice.value == "q59" and len(choice.options) == 21
    app.text_input(key="query_filter").set_value("QUERY  2").run()
    assert [one.split(" · ")[1] for one in app.selectbox(key="query_id").options] == [
        "q59", "q2", *(f"q2{digit}" for digit in range(10)),
    ]  # fmt: skip


def test_an_unknown_query_of_a_link_is_named(open_app, bring):
    app = open_app(SEARCH, collection=bring(), query_id="q999")
    assert any("q999" in warning.value for warning in app.warning)


def test_all_judged_queries_stand_above_the_pairs_each_with_its_protocol(open_app, bring):
    app = measured(open_app(SEARCH, collection=bring(), query_id="q5", strategy="centre"))
    heads = [head.value for head in app.subheader]
    assert heads.index("Over all judged queries") < heads.index("Over all held-out queries")
    assert "30 judged queries (text) ask" in words(app)
    assert "Not by judgments: each held-out item asks, and its other half" in words(app)


def test_cones_has_the_table_by_judgments(open_app, bring):
    app = measured(open_app(CONES, collection=bring(), strategy="centre"))
    assert not app.exception
    assert "By judgments" in [head.value for head in app.subheader]
    table = next(body for body in bodies(app) if "target hits@10" in body)
    assert "Centre both" in table and "change" in table


def test_the_curve_over_the_strength_says_its_protocol_and_changes_with_it(open_app, bring):
    app = measured(open_app(CURVES, collection=bring(), strategy="centre"))
    assert "By 30 judged queries, NDCG@10" in words(app)
    app.button_group(key="protocol").set_value("paired").run()
    assert "judged queries, NDCG" not in words(measured(app))
    assert "mixed NDCG@10" in words(app)


def test_decide_is_decided_by_judged_queries(open_app, bring):
    app = measured(open_app(DECIDE, collection=bring(), changeable="neither"))
    assert not app.exception and not app.error
    assert "Decided by judgments: 30 judged queries ask" in words(app)
    app.button_group(key="protocol").set_value("paired").run()
    assert "measured on the 30 items of the evaluate split" in words(measured(app))


def test_of_one_modality_the_one_list_has_grades_too(open_app, make_judged):
    made = make_judged(N)
    alone = replace(made.of_modalities(["text"]), encoder="first model")
    stored = workspace().add([alone], title="texts alone")
    try:
        app = open_app(SEARCH, collection=stored.id, query_id="q5")
        assert not app.exception and not app.error
        (body,) = lists(app)
        assert "✓ relevant, grade 2" in body and "not judged" in body
    finally:
        workspace().remove(stored.id)
