"""The sidebar offers what the page heeds, and remembers the rest."""

import pytest


def idle(app):
    """Parts of the sidebar that the stylesheet keeps from being seen."""
    waiting, found = [app.sidebar], set()
    while waiting:
        block = waiting.pop()
        waiting += getattr(block, "children", {}).values()
        key = getattr(getattr(block, "proto", None), "id", "").rpartition("-")[2]
        if key.startswith("idle_"):
            found.add(key.removeprefix("idle_"))
    return found - {"kept"}


@pytest.mark.parametrize(
    ("page", "parts"),
    [
        ("cones", set()),
        ("within", {"strategy", "compare"}),
        ("export", {"compare"}),
        ("data", {"strategy", "compare", "seed"}),
    ],
)
def test_what_changes_nothing_on_a_page_is_not_seen_there(open_app, store_collection, page, parts):
    stored = store_collection(("first model", "second model"))
    assert idle(open_app(f"pages/{page}.py", collection=stored.id)) == parts


def test_what_is_not_seen_is_still_chosen_on_the_next_page(open_app):
    app = open_app("pages/data.py", strategy="whitening", seed="7")
    app.switch_page("pages/export.py").run()
    assert app.sidebar.selectbox(key="strategy").value == "whitening"
    assert app.sidebar.number_input(key="seed").value == 7
