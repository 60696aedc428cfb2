"""Two servers that look at one finished task."""

from dataclasses import replace

import pytest

from gapviz import GapvizError
from gapviz.encoders.encoding.tasks import add_encoding, encode_saved, encoding_tasks
from gapviz.sources.library.stored import Workspace
from gapviz.storage.background_process import ProcessTask
from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def finished(make_collection, tmp_path):
    """The workspace, the id of a collection in it, and its finished task as two servers see it."""
    workspace, made = Workspace(tmp_path / "home"), make_collection()
    stored = workspace.add([replace(made, modalities={})], title="x")
    folder = stored.folder / "jobs" / "key"
    arguments = {"output": str(folder / "encoded"), "encoder": "timm:x"}
    ProcessTask.create(folder, encode_saved, arguments)
    save_collection(replace(made, encoder="made by x"), folder / "encoded")
    return workspace, stored.id, [ProcessTask(folder) for _ in range(2)]


def test_the_second_finds_it_done(finished):
    workspace, known, tasks = finished
    for task in tasks:
        add_encoding(workspace, known, task)
    (encoding,) = workspace.find(known).encodings
    assert (encoding.encoder, encoding.loads_as) == ("made by x", "timm:x")
    assert encoding_tasks(workspace.find(known)) == ()
    assert list((workspace.find(known).folder / "jobs").iterdir()) == []


def test_a_result_that_is_damaged_is_told(finished):
    workspace, known, (task, _) = finished
    (task.folder / "encoded" / "collection.json").write_text("{")
    with pytest.raises(GapvizError, match=r"collection\.json is damaged"):
        add_encoding(workspace, known, task)
