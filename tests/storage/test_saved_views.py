"""Saved views: what is kept comes back, whoever writes at once and whatever stops a run."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.storage import saved_views
from gapviz.storage.saved_views import (
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_BYTES,
    MOST_ITEMS,
    ORDER_FILE,
    SavedView,
    SavedViews,
)


def a_view(name="a name", **made):
    return SavedView(**({"page": "search", "name": name} | made))


@pytest.fixture
def saved(tmp_path):
    return SavedViews(tmp_path / "home")


WORDS = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=40)
@given(
    name=WORDS.filter(lambda words: words.strip()),
    note=st.text(st.characters(codec="utf-8"), max_size=LONGEST_NOTE),
    params=st.lists(st.tuples(WORDS, WORDS), max_size=8),
    items=st.lists(WORDS, max_size=5),
    n_selected=st.integers(0, 10**6),
)
def test_what_is_kept_comes_back(tmp_path_factory, name, note, params, items, n_selected):
    saved = SavedViews(tmp_path_factory.mktemp("home"))
    given_view = a_view(
        name, note=note, params=tuple(params), items=tuple(items), n_selected=n_selected,
        content_hash="abc",
    )  # fmt: skip
    kept = saved.keep(given_view)
    assert saved.find(kept.id) == kept and saved.all() == (kept,)
    assert kept.params == given_view.params and kept.items == given_view.items
    assert kept.name.split() == name.split() and kept.note == note.strip()
    assert json.loads(json.dumps(kept.to_json()))["note"] == kept.note


def test_halves_of_characters_do_not_keep_a_view_from_being_kept(saved):
    kept = saved.keep(a_view("half \ud83d", items=("\udcff.png",), params=(("q", "\ud83d"),)))
    assert saved.find(kept.id) == kept
    assert (kept.name, kept.items, kept.params) == ("half ?", ("?.png",), (("q", "?"),))


def test_new_views_come_last_and_can_be_moved(saved):
    one, two, three = (saved.keep(a_view(name)).id for name in ("one", "two", "three"))
    assert [view.id for view in saved.all()] == [one, two, three]
    saved.move(three, -1)
    assert [view.id for view in saved.all()] == [one, three, two]
    saved.move(one, 99)
    saved.move(three, -99)
    four = saved.keep(a_view("four")).id
    assert [view.id for view in saved.all()] == [three, two, one, four]


def test_name_and_note_can_be_changed_and_all_else_stays(saved):
    kept = saved.keep(a_view(params=(("q", "cat"),), items=("a",), n_selected=3))
    saved.change(kept.id, name="other", note="words")
    assert saved.find(kept.id) == replace(kept, name="other", note="words")


def test_a_removed_view_is_gone_and_the_others_stay(saved):
    one, two = saved.keep(a_view("one")), saved.keep(a_view("two"))
    saved.move(two.id, -1)
    saved.remove(two.id)
    assert saved.all() == (one,)
    for gone in (two.id, "", "../order", "ffffffff"):
        for change in (saved.find, saved.remove, lambda view_id: saved.move(view_id, 1)):
            with pytest.raises(GapvizError, match="there is no saved view"):
                change(gone)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"name": " "}, "no name"),
        ({"name": "n" * (LONGEST_NAME + 1)}, "the name has 81 characters"),
        ({"note": "n" * (LONGEST_NOTE + 1)}, "the note has 2,001 characters"),
        ({"params": (("q", "n" * 8_000),)}, "the address of the page has"),
        ({"items": ("a",) * (MOST_ITEMS + 1)}, "501 selected items"),
        ({"page": "//evil.example"}, "is no page"),
        ({"page": "javascript:alert(1)"}, "is no page"),
        ({"page": "search?x"}, "is no page"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(made, said):
    with pytest.raises(GapvizError, match=said):
        a_view(**made)


def test_only_so_many_are_kept(saved, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    first = saved.keep(a_view())
    saved.keep(a_view())
    with pytest.raises(GapvizError, match="2 views are kept, and no more fit"):
        saved.keep(a_view())
    saved.remove(first.id)
    saved.keep(a_view())


def test_a_changed_file_is_told_and_the_others_are_listed(saved):
    good, bad, long = (saved.keep(a_view(name)) for name in ("good", "bad", "long"))
    place = saved.folder / f"{bad.id}.json"
    place.write_text(place.read_text("utf-8").replace("bad", "worse"), "utf-8")
    (saved.folder / f"{long.id}.json").write_bytes(b" " * (MOST_BYTES + 1))
    assert saved.all() == (good,)
    told = " ".join(error.what for error in saved.damaged())
    assert "its checksum differs" in told and "larger than any" in told
    with pytest.raises(GapvizError, match="its checksum differs"):
        saved.find(bad.id)
    saved.remove(bad.id)
    saved.remove(long.id)
    assert saved.damaged() == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [("page", "//evil.example"), ("page", 7), ("params", [["q"]]), ("params", 3), ("name", None),
     ("note", []), ("kept", "yesterday"), ("items", [1]), ("n_selected", "many")],
)  # fmt: skip
def test_a_file_that_somebody_wrote_by_hand_never_breaks_the_list(saved, key, value):
    kept = saved.keep(a_view())
    place = saved.folder / f"{kept.id}.json"
    told = json.loads(place.read_text("utf-8"))
    del told["sha256"]
    place.write_text(json.dumps(told | {key: value}), "utf-8")
    assert saved.all() == () and len(saved.damaged()) == 1


def test_a_damaged_order_leaves_all_views_by_time(saved):
    one, two = saved.keep(a_view("one")), saved.keep(a_view("two"))
    saved.move(two.id, -1)
    (saved.folder / ORDER_FILE).write_bytes(b"{")
    assert saved.all() == (one, two)


def test_visitors_at_once_lose_nothing(saved):
    def visit(number):
        kept = saved.keep(a_view(f"view {number}"))
        saved.move(kept.id, -1)
        return saved.change(kept.id, name=f"changed {number}", note="").id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(visit, range(24)))
    assert {view.id for view in saved.all()} == set(ids)
    assert {view.name for view in saved.all()} == {f"changed {number}" for number in range(24)}
    assert saved.damaged() == ()
    assert [one.name for one in saved.folder.parent.iterdir()] == ["views"]


KILLED = """
import os, sys
from pathlib import Path
from gapviz.storage import files
from gapviz.storage.saved_views import SavedView, SavedViews

saved = SavedViews(Path(sys.argv[1]))
(kept,) = saved.all()
rename = os.replace
os.replace = lambda *places: os._exit(9)
saved.change(kept.id, name="never", note="")
"""


def test_a_run_that_is_killed_while_it_writes_loses_nothing(saved):
    kept = saved.keep(a_view(note="mine"))
    done = subprocess.run([sys.executable, "-c", KILLED, str(saved.folder.parent)], check=False)
    assert done.returncode == 9
    assert saved.all() == (kept,)
    assert saved.change(kept.id, name="later", note="").name == "later"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write all")
def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "views").mkdir(mode=0o500)
    with pytest.raises(GapvizError, match="cannot be written"):
        SavedViews(tmp_path).keep(a_view())


def test_nobody_else_can_read_what_was_noted(saved):
    kept = saved.keep(a_view())
    assert saved.folder.stat().st_mode & 0o77 == 0
    assert (saved.folder / f"{kept.id}.json").stat().st_mode & 0o77 == 0


def test_the_address_opens_the_page_with_all_that_was_set():
    view = a_view(id="0a0a0a0a", params=(("q", "cat & dog"), ("selected", "a"), ("selected", "b")))
    assert view.address == "search?q=cat+%26+dog&selected=a&selected=b&view=0a0a0a0a"
