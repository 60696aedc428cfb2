"""Encoding in a process of its own: killed, cancelled, failed, found again."""

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding import encode_collection
from gapviz.encoders.encoding.engine import SHARD_ROWS
from gapviz.encoders.encoding.tasks import encode_stored
from gapviz.encoders.registry import load_any_encoder
from gapviz.sources.library.stored import Workspace
from gapviz.storage.background_process import STATUS_FILE, ProcessTask
from gapviz.storage.saved_collection import load_collection
from tests.patience import PATIENCE_SECONDS, until

pytestmark = pytest.mark.encoder

SMALL = "timm:test_resnet:random-7"
"""Random weights, the same in every process, and few of them."""


@pytest.fixture
def ask(tmp_path, paint):
    """`ask(n, encoder)`: a task over n pictures, and the collection it was given."""

    def start(n, encoder):
        collection, workspace = paint(n), Workspace(tmp_path / "home")
        stored = workspace.add([collection], title="painted")
        return encode_stored(workspace, stored.id, encoder), collection

    return start


def children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return path.read_text().split() if path.exists() else []


def test_a_killed_task_goes_on_and_gives_the_same_bits(ask, store):
    task, collection = ask(SHARD_ROWS + 128, SMALL)
    until(lambda: any(store.folder.glob("*/image-*")))
    pid = json.loads((task.folder / STATUS_FILE).read_text())["pid"]
    helpers = children(pid)
    os.kill(pid, signal.SIGKILL)
    status = until(lambda: (now := task.status()).state == "interrupted" and now)
    assert "start it again" in status.error.sentence
    output = Path(task.arguments["output"])
    assert not output.exists()
    until(lambda: not any(Path(f"/proc/{helper}").exists() for helper in helpers))

    again = ProcessTask(task.folder)
    again.start()
    done = again.wait(PATIENCE_SECONDS)
    assert (done.state, done.share, done.result["skipped"]) == ("done", 1.0, [])
    assert done.result["n_reused"] >= SHARD_ROWS
    resumed = load_collection(output)
    shutil.rmtree(store.folder)
    whole = encode_collection(collection, load_any_encoder(SMALL), modalities=("image",)).collection
    assert np.array_equal(resumed.modality("image").vectors, whole.modality("image").vectors)
    assert resumed.content_hash == whole.content_hash


def test_a_cancelled_task_stops_and_writes_nothing(ask):
    task, _ = ask(400, "efficientnet-lite0")
    until(lambda: task.status().share > 0)
    assert task.status().stage.endswith(", on cpu")
    task.cancel()
    assert task.wait(PATIENCE_SECONDS).state == "cancelled"
    output = Path(task.arguments["output"])
    assert not output.exists()
    assert not any(path.name.startswith(".") for path in output.parent.iterdir())


def test_a_task_that_cannot_work_says_why(ask):
    task, _ = ask(3, "open_clip:no-such-model")
    status = task.wait(PATIENCE_SECONDS)
    assert status.state == "failed"
    assert status.error.sentence.startswith("open_clip has no model 'no-such-model'")


def test_an_unknown_family_is_refused_before_the_start(ask, tmp_path):
    with pytest.raises(GapvizError, match="there is no encoder 'magic'"):
        ask(2, "magic")
    assert not any(tmp_path.glob("home/collections/*/jobs"))
