"""Pages of a gapviz that only shows have no control that would change what lasts."""

import pytest

from gapviz.storage.saved_views import SavedView, SavedViews

CHANGES = {
    "Add it", "Encode", "Keep it", "Save", "Remove for good", "Remove the collection",
    "Remove vectors by a model", "See it on real CLIP", "Earlier", "Later",
}  # fmt: skip
"""Buttons that change what lasts."""


@pytest.fixture
def only_shows(store_collection, monkeypatch):
    """A stored collection and a saved view, which then only are shown."""
    stored = store_collection(("a model",), n=40)
    view = SavedViews().keep(SavedView(page="search", name="a view", note="look"))
    with monkeypatch.context() as patch:
        patch.setenv("GAPVIZ_READ_ONLY", "1")
        yield stored
    SavedViews().remove(view.id)


def changing(app):
    """What would change something, of all that a page shows."""
    found = CHANGES & {button.label for button in app.button}
    found |= {f"upload {one.proto.label}" for one in app.get("file_uploader")}
    return found | {label for label in popovers(app) if label in ("Keep this view", "Change")}


def popovers(app):
    return {one.proto.popover.label for one in app.get("popover")}


def test_the_data_page_says_what_it_is_and_offers_no_change(open_app, only_shows):
    app = open_app("pages/data.py", opened="brought")
    assert not app.exception and changing(app) == set()
    assert app.info[0].value.startswith("This gapviz only shows.")
    assert [subheader.value for subheader in app.subheader] == ["Collections", "brought"]
    assert not app.text_input


@pytest.mark.parametrize("page", ["search", "cones", "findings", "scoreboard"])
def test_no_other_page_offers_one(open_app, only_shows, page):
    app = open_app(f"pages/{page}.py", collection=only_shows.id)
    assert not app.exception and changing(app) == set()
    html = "".join(one.proto.body for one in app.get("html"))
    assert "Bring your own data" not in html and "Add a run" not in str(app.expander)


def test_a_saved_view_is_shown_with_its_note(open_app, only_shows):
    app = open_app("pages/findings.py")
    assert "a view" in "".join(one.proto.body for one in app.get("html"))
    assert "look" in [one.value.strip() for one in app.markdown]


def test_a_gapviz_that_is_not_read_only_offers_them(open_app, store_collection, monkeypatch):
    monkeypatch.delenv("GAPVIZ_READ_ONLY", raising=False)
    store_collection(("a model",), n=40)
    app = open_app("pages/data.py", opened="brought")
    assert {"Remove the collection", "Remove vectors by a model"} <= changing(app)
    assert "Keep this view" in changing(app)
    assert any(one.startswith("upload ") for one in changing(app))
