"""Keeping a view, finding it again, comparing two, and presenting all, by Streamlit's harness."""

import json
from dataclasses import replace

import pytest
import streamlit as st

from gapviz.analyses.views.comparison import compare_views
from gapviz.dashboard import keeping
from gapviz.dashboard.catalogue import workspace
from gapviz.storage.saved_views import LONGEST_NOTE, SavedViews
from tests.hostile import CONTROLS, hostile, live_tags

FINDINGS = "pages/findings.py"


@pytest.fixture(autouse=True)
def _no_views_are_left():
    yield
    for view in SavedViews().all():
        SavedViews().remove(view.id)


@pytest.fixture
def stored(store_collection):
    return store_collection(("model 1", "model 2"), n=40)


def keep(app, name="", note=""):
    app.session_state["keep_view"] = True
    app.run()
    app.text_input(key="keep_name").set_value(name)
    app.text_area(key="keep_note").set_value(note)
    next(one for one in app.button if one.label == "Keep it").click()
    app.run()
    assert not app.exception
    return app


def kept(open_app, page, name, note="", **link):
    keep(open_app(f"pages/{page}.py", **link), name, note)
    return SavedViews().all()[-1]


def html(app):
    return " ".join(element.proto.body for element in app.get("html"))


def words(app):
    return " ".join(one.value for kind in ("markdown", "caption") for one in getattr(app, kind))


def test_a_page_is_kept_as_the_visitor_sees_it(open_app, stored):
    link = {"collection": stored.id, "encoder": "model 2", "strategy": "centre", "strength": "0.5"}
    view = kept(open_app, "curves", " Half  way ", "look\n\nhere", curve="mix", **link)
    assert (view.page, view.name, view.note) == ("curves", "Half way", "look\n\nhere")
    told = dict(view.params)
    assert {name: told[name] for name in link} == link
    # Also what stands at its default, which another version may have changed.
    assert told["curve"] == "mix" and told["seed"] == "42"
    assert view.content_hash == _shown(stored, "model 2").content_hash


def _shown(stored, encoder):
    from gapviz.dashboard.caches import collection_of
    from gapviz.dashboard.catalogue import View

    return collection_of(View(stored.id, encoder))


def test_the_query_that_a_page_opens_with_is_kept_too(open_app):
    app = open_app("pages/search.py")
    assert "q" not in app.query_params
    keep(app)
    (view,) = SavedViews().all()
    assert view.param("q") == app.text_input(key="q").value


def test_the_recommended_strategy_is_kept_by_its_own_name(open_app):
    view = kept(open_app, "protocol", "")
    assert dict(view.params)["strategy"] not in ("", "recommended")
    assert view.name.startswith("Protocol, ")


def test_the_first_page_is_kept_under_its_name(open_app, stored):
    app = open_app(collection=stored.id)
    keep(app, "first")
    (view,) = SavedViews().all()
    found = app._registered_pages.values()
    assert view.page in {info["url_pathname"] or _name(info) for info in found}


def _name(info):
    return info["script_path"].rpartition("/")[2].removesuffix(".py")


def test_a_selection_is_kept_with_the_note_and_comes_back(open_app, stored, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_ITEMS", 30)
    ids = tuple(f"{number:02}" for number in range(40))
    app = open_app("pages/cones.py", collection=stored.id, selected=list(ids))
    keep(app, "chosen")
    (view,) = SavedViews().all()
    assert view.items == ids[:30] and view.n_selected == 40
    again = open_app("pages/cones.py", collection=stored.id, view=view.id)
    assert again.session_state["_selected_items"] == view.items


def _link(view):
    told = {}
    for name, value in view.params:
        told.setdefault(name, []).append(value)
    return {**told, "view": view.id}


def test_the_link_opens_the_page_with_the_note_and_all_settings(open_app, stored):
    view = kept(
        open_app, "search", "A name", "two\nlines", collection=stored.id, query_by="item",
        item="03", results="5", strategy="half", strength="0.25",
    )  # fmt: skip
    app = open_app("pages/search.py", **_link(view))
    assert not app.exception and not app.warning and not app.error
    assert "A name" in words(app) and "two  \nlines" in words(app)
    assert app.selectbox(key="item").value == "03"
    assert app.slider(key="results").value == 5
    assert app.sidebar.selectbox(key="strategy").value == "half"
    assert app.sidebar.slider(key="strength").value == 0.25


def test_a_note_is_shown_on_its_own_page_alone(open_app, stored):
    view = kept(open_app, "search", "A name", collection=stored.id)
    assert "A name" not in words(open_app("pages/protocol.py", **_link(view)))


def test_a_link_to_a_view_that_is_gone_says_so_and_the_page_goes_on(open_app):
    app = open_app("pages/protocol.py", view="0a0a0a0a")
    assert "there is no saved view '0a0a0a0a'" in app.error[0].value
    assert app.title and not app.exception


def test_what_cannot_be_kept_is_said_and_the_note_stays(open_app, monkeypatch):
    monkeypatch.setattr("gapviz.storage.saved_views.MOST_VIEWS", 0)
    app = keep(open_app("pages/protocol.py"), "name", "a long note")
    assert "no more fit" in app.error[0].value
    assert app.text_area(key="keep_note").value == "a long note"
    assert app.text_area(key="keep_note").max_chars == LONGEST_NOTE


def test_without_views_the_page_says_how_to_keep_one(open_app):
    app = open_app(FINDINGS)
    assert "Keep this view" in app.info[0].value and not app.exception


def test_the_list_has_every_view_in_order_with_its_link_and_its_note(open_app, stored):
    first = kept(open_app, "search", "one", "a note", collection=stored.id)
    second = kept(open_app, "curves", "two", collection=stored.id)
    app = open_app(FINDINGS)
    assert not app.exception and not app.warning
    page = html(app)
    assert page.index(f"view={first.id}") < page.index(">one</a>") < page.index(">two</a>")
    assert "a note" in words(app) and "Curves · brought · model 1" in words(app)
    SavedViews().move(second.id, -1)
    page = html(app.run())
    assert page.index(">two</a>") < page.index(">one</a>")


def test_a_view_can_be_changed_moved_and_removed(open_app, stored):
    for name in ("one", "two"):
        view = kept(open_app, "protocol", name)
    app = open_app(FINDINGS)
    app.session_state[f"change_{view.id}"] = True
    app.run()
    app.button(key=f"earlier_{view.id}").click().run()
    assert [one.name for one in SavedViews().all()] == ["two", "one"]
    next(one for one in app.text_input if one.label == "Name").set_value("new")
    next(one for one in app.text_area if one.label == "Note").set_value("said")
    next(one for one in app.button if one.label == "Save").click()
    app.run()
    assert (SavedViews().find(view.id).name, SavedViews().find(view.id).note) == ("new", "said")
    app.button(key=f"remove_{view.id}").click().run()
    assert not app.exception and [one.name for one in SavedViews().all()] == ["one"]


def test_a_view_of_a_removed_collection_says_so_and_so_does_a_changed_one(
    open_app, store_collection, make_collection
):
    going = workspace().add([replace(make_collection(30), encoder="m")], title="going")
    kept(open_app, "protocol", "one", collection=going.id)
    workspace().remove(going.id)
    other = store_collection(title="other")
    view = kept(open_app, "protocol", "two", collection=other.id)
    place = SavedViews().folder / f"{view.id}.json"
    told = json.loads(place.read_text("utf-8")) | {"content_hash": "of before"}
    del told["sha256"]
    place.write_text(json.dumps(told), "utf-8")
    app = open_app(FINDINGS)
    gone, changed = (one.value for one in app.warning)
    assert gone.startswith("What this view shows is gone.")
    assert changed.startswith("The collection has changed since this view was kept")


def test_two_views_stand_side_by_side_with_the_figures_of_the_library(open_app, stored):
    link = {"collection": stored.id}
    first = kept(open_app, "protocol", "one", strategy="raw", **link)
    second = kept(open_app, "protocol", "two", strategy="centre", **link)
    app = open_app(FINDINGS, findings="compare", first_view=first.id, second_view=second.id)
    assert not app.exception and not app.warning
    table = compare_views(first, second).tables[-1]
    change = next(column for column in table.columns if column.title == "difference")
    for row in table.rows:
        assert change.interval(row[3]) in html(app)
    assert "They differ in strategy." in words(app)


def test_the_files_that_can_be_taken_away_have_the_notes(open_app, stored, monkeypatch):
    kept(open_app, "protocol", "one", "my <b>note</b>", collection=stored.id)
    made = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, data, **named: made.setdefault(label, data)
    )
    app = open_app(FINDINGS, collection=stored.id)
    assert not app.exception
    page = made["These on paper"]()
    assert "my &lt;b&gt;note&lt;/b&gt;" in page and "Gap" in page
    (told,) = json.loads(made["JSON"]())["views"]
    assert told["note"] == "my <b>note</b>"


def test_a_talk_goes_through_all_views_in_order(open_app, stored):
    views = [kept(open_app, "protocol", name, f"say {name}") for name in ("one", "two", "three")]
    assert f"view={views[0].id}&amp;present=yes" in html(open_app(FINDINGS))
    app = open_app("pages/protocol.py", **_link(views[1]), present="yes")
    assert "say two" in words(app) and "2 of 3" in words(app)
    app.button(key="present_next").click().run()
    assert f"view={views[2].id}&amp;present=yes" in html(app)
    first = open_app("pages/protocol.py", **_link(views[0]), present="yes")
    assert first.button(key="present_back").disabled
    assert not first.button(key="present_next").disabled


def test_foreign_words_of_a_view_are_never_markup(open_app):
    kept(open_app, "protocol", hostile("name")[:80], hostile("note"))
    view = kept(open_app, "protocol", hostile("n")[80:160], hostile("other"))
    pages = (
        open_app(FINDINGS),
        open_app(FINDINGS, findings="compare"),
        open_app("pages/protocol.py", **_link(view), present="yes"),
    )
    for app in pages:
        assert not app.exception
        shown = [element.proto.body for element in app.get("html")]
        assert not [one for one in shown if live_tags(one)]
        assert not CONTROLS.search(words(app))
        assert "![p]" not in words(app) and "<img" not in words(app).replace("\\<img", "")
