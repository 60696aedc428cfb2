"""A gapviz that only shows: every kind of change is refused in one sentence."""

from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import pytest

from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding.run import encode_collection
from gapviz.encoders.encoding.tasks import encode_stored, encoding_tasks
from gapviz.export.into_store import write_into
from gapviz.sources.library.importing import (
    Incoming,
    add_path,
    add_reference_set,
    add_store,
    add_upload,
)
from gapviz.sources.library.stored import Workspace
from gapviz.sources.published import fetch
from gapviz.storage.background_process import ProcessTask
from gapviz.storage.cache import CachedResult
from gapviz.storage.leftovers import sweep_below
from gapviz.storage.read_only import is_read_only
from gapviz.storage.saved_views import SavedView, SavedViews
from tests.storage.counting_work import count

ENCODER = "a model"


@pytest.fixture
def home(tmp_path, make_collection, monkeypatch):
    """A workspace with a collection, a task and a saved view, which from then on only shows."""
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPVIZ_FOLDERS", str(tmp_path))
    monkeypatch.delenv("GAPVIZ_READ_ONLY", raising=False)
    workspace, views = Workspace(tmp_path / "home"), SavedViews(tmp_path / "home")
    made = replace(make_collection(8), encoder=ENCODER)
    stored = workspace.add([made], title="kept")
    task = ProcessTask.create(stored.folder / "jobs" / "one", count, {"file": "x", "steps": 1})
    view = views.keep(SavedView(page="search", name="a view"))
    monkeypatch.setenv("GAPVIZ_READ_ONLY", "1")
    return SimpleNamespace(
        path=tmp_path / "home", workspace=workspace, views=views, stored=stored, made=made,
        task=task, view=view,
    )  # fmt: skip


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


NOT_READ = Incoming("new")
CHANGES = {
    "a collection is added": lambda h: h.workspace.add([h.made], title="another"),
    "vectors are added": lambda h: h.workspace.put_encoding(h.stored.id, h.made),
    "a collection is removed": lambda h: h.workspace.remove(h.stored.id),
    "vectors are removed": lambda h: h.workspace.remove_encoding(h.stored.id, ENCODER),
    "a file is uploaded": lambda h: add_upload(h.workspace, "x.npy", BytesIO(b"x"), NOT_READ),
    "a folder is opened": lambda h: add_path(
        h.workspace, str(h.path.parent), (h.path.parent,), NOT_READ
    ),
    "a store is opened": lambda h: add_store(
        h.workspace, "qdrant://localhost/x", ("localhost",), (), NOT_READ
    ),
    "a set is fetched into the workspace": lambda h: add_reference_set(h.workspace, "coco100"),
    "a set is fetched": lambda h: fetch("coco100", h.path / "set"),
    "a collection is encoded": lambda h: encode_collection(h.made, None),
    "encoding is started": lambda h: encode_stored(h.workspace, h.stored.id, "builtin"),
    "encoding goes on": lambda h: h.task.start(),
    "encoding is cancelled": lambda h: h.task.cancel(),
    "encoding is forgotten": lambda h: h.task.remove(),
    "a view is kept": lambda h: h.views.keep(SavedView(page="search", name="another")),
    "a view is renamed": lambda h: h.views.change(h.view.id, name="new", note=""),
    "a view is moved": lambda h: h.views.move(h.view.id, 1),
    "a view is removed": lambda h: h.views.remove(h.view.id),
    "a store is written": lambda h: write_into(f"arrays://{h.path}/store#new", None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_that_lasts_is_changed(home, change):
    before = contents(home.path)
    with pytest.raises(GapvizError, match=r"^this gapviz only shows: .+ GAPVIZ_READ_ONLY\.$"):
        change(home)
    assert contents(home.path) == before


def test_what_is_there_is_read_as_ever(home):
    assert home.workspace.find(home.stored.id).title == "kept"
    assert home.workspace.load(home.stored.id, ENCODER).n_items == 8
    assert [view.name for view in home.views.all()] == ["a view"]
    assert [task.folder for task in encoding_tasks(home.stored)] == [home.task.folder]


def test_results_are_cached_still(home):
    result = CachedResult("a-kind", "a-key", tuple[int, ...], lambda tell: (1, 2))
    assert result.compute() == (1, 2)
    assert result.path.is_file()


def test_a_cache_that_cannot_be_written_costs_time_alone(home, monkeypatch):
    file = home.path.parent / "no folder"
    file.write_text("")
    monkeypatch.setenv("GAPVIZ_CACHE", str(file))
    work = CachedResult("a-kind", "another", tuple[int, ...], lambda tell: (3,))
    assert work.compute() == (3,)
    assert work.get() == (3,)
    sweep_below(file)


@pytest.mark.parametrize(
    ("value", "only_shows"),
    [(None, False), ("", False), ("0", False), ("No", False), ("off", False), ("1", True),
     ("true", True), ("yes", True), ("read-only", True)],
)  # fmt: skip
def test_the_switch_is_off_only_where_it_says_so(monkeypatch, value, only_shows):
    if value is None:
        monkeypatch.delenv("GAPVIZ_READ_ONLY", raising=False)
    else:
        monkeypatch.setenv("GAPVIZ_READ_ONLY", value)
    assert is_read_only() is only_shows
