"""`gapviz views`, and `gapviz report --views`."""

import json
from dataclasses import replace

import pytest

from gapviz.commands import views as command
from gapviz.sources.library.stored import Workspace
from gapviz.storage.saved_collection import save_collection
from gapviz.storage.saved_views import SavedView, SavedViews
from tests.hostile import CONTROLS, hostile


@pytest.fixture(autouse=True)
def stored(tmp_path, monkeypatch, make_collection):
    monkeypatch.setenv("GAPVIZ_HOME", str(tmp_path / "home"))
    return Workspace().add([replace(make_collection(30), encoder="a model")], title="brought")


@pytest.fixture
def keep(stored):
    def kept(name="a name", strategy="raw", **made):
        told = {"collection": stored.id, "encoder": "a model", "strategy": strategy}
        view = {"page": "search", "params": tuple(told.items()), "name": name} | made
        return SavedViews().keep(SavedView(**view))

    return kept


def test_without_views_it_says_how_to_keep_one(run):
    done = run("views")
    assert (done.returncode, done.stdout.strip()) == (0, command.NONE_KEPT)


def test_views_are_listed_in_order_with_what_speaks_against_them(run, figures, keep):
    keep("one")
    two = keep("two", content_hash="of before")
    gone = keep("three", params=(("collection", "gone-1"),))
    SavedViews().move(gone.id, -9)
    lines = run("views").stdout.splitlines()
    assert [line.split()[1] for line in lines[1:4]] == ["three", "one", "two"]
    assert [line.partition(":")[0] for line in lines[4:]] == ["warning   three", "warning   two"]
    told = figures("views")["views"]
    assert [len(one["warnings"]) for one in told] == [1, 0, 1]
    assert told[2]["id"] == two.id and told[2]["address"].endswith(f"view={two.id}")


def test_a_damaged_view_is_named(run, keep):
    kept = keep()
    (SavedViews().folder / f"{kept.id}.json").write_bytes(b"{}")
    assert f"gapviz views remove {kept.id}" in run("views").stdout
    run("views", "remove", kept.id)
    assert run("views").stdout.strip() == command.NONE_KEPT


def test_a_view_is_shown_with_its_note_its_figures_and_its_address(run, figures, keep):
    kept = keep("mine", note="first\nsecond")
    shown = run("views", "show", kept.id).stdout
    assert shown.index("mine") < shown.index("first") < shown.index("Gap ‖Δ‖")
    assert f"/{kept.address}" in shown
    (told,) = figures("views", "show", kept.id)["views"]
    assert told["note"] == "first\nsecond" and told["figures"][0]["value 0"]["value"] > 0


def test_two_views_are_compared(run, refused, figures, keep):
    one, two = keep("one"), keep("two", "centre")
    assert "They differ in strategy." in run("views", "compare", one.id, two.id).stdout
    assert figures("views", "compare", one.id, two.id)["second"]["name"] == "two"
    assert "two views are compared, and 1 are named" in refused("views", "compare", one.id)


def test_views_are_exported_whole(run, figures, tmp_path, keep):
    one, two = keep("one", note="ü", items=("a",), n_selected=1), keep("two")
    out = tmp_path / "views.json"
    assert "2 views" in run("views", "export", "--out", out).stdout
    told = json.loads(out.read_text("utf-8"))["views"]
    assert told == [one.to_json(), two.to_json()]
    assert figures("views", "export", two.id)["views"] == [two.to_json()]


def test_bad_input_is_a_sentence(refused, tmp_path):
    assert "there is no saved view '0a0a0a0a'" in refused("views", "show", "0a0a0a0a")
    assert "there is nothing to remove" in refused("views", "remove")
    assert "--out belongs to" in refused("views", "--out", tmp_path / "x.json")
    assert "not one that can be written" in refused("views", "export", "--out", tmp_path / "x.txt")
    report = ("report", "builtin", "--views", "0a0a0a0a", "--json")
    assert "there is no saved view" in refused(*report)


def test_what_others_wrote_gives_the_terminal_no_command(run, keep):
    kept = keep(hostile("name")[:80], note=hostile("note"))
    for printed in (run("views").stdout, run("views", "show", kept.id).stdout):
        assert not CONTROLS.search(printed.replace("\n", ""))


@pytest.mark.slow
def test_the_report_has_the_views_that_are_asked_for(run, tmp_path, make_collection, keep):
    save_collection(make_collection(40), tmp_path / "made")
    one, two = keep("view of Monday", note="look <here>"), keep("view of Tuesday")
    out = tmp_path / "report.html"
    run("report", tmp_path / "made", "--out", out, "--views")
    page = out.read_text("utf-8")
    assert (
        page.index("view of Monday")
        < page.index("look &lt;here&gt;")
        < page.index("view of Tuesday")
    )
    run("report", tmp_path / "made", "--out", tmp_path / "report.md", "--views", two.id)
    page = (tmp_path / "report.md").read_text("utf-8")
    assert "## Findings" in page and "view of Tuesday" in page and "view of Monday" not in page
    told = json.loads(run("report", tmp_path / "made", "--json", "--views").stdout)
    assert list(told["views"]) == [one.id, two.id]
    assert "views" not in json.loads(run("report", tmp_path / "made", "--json").stdout)
