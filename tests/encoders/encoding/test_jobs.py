"""Jobs in processes of their own: killed, cancelled, failed, found again."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.encoders import load_image_encoder
from gapviz.encoders.encoding import VectorStore, encode_collection
from gapviz.encoders.encoding.jobs import EncodingJob, EncodingRequest, start_encoding
from gapviz.encoders.encoding.run import SHARD_ROWS
from gapviz.storage.saved_collection import load_collection, save_collection

pytestmark = pytest.mark.encoder

PATIENCE = 120.0
SMALL = "timm:test_resnet:random-7"
"""Random weights, the same in every process, and few of them."""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def ask(tmp_path, cache, paint):
    """`ask(n, encoder)`: a job over n pictures, and the collection it was given."""

    def start(n, encoder="builtin", **options):
        collection = paint(n)
        save_collection(collection, tmp_path / "bare")
        request = EncodingRequest(
            tmp_path / "bare", encoder, tmp_path / "out", root=collection.root, **options
        )
        return start_encoding(tmp_path / "job", request), collection

    return start


def until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


def children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return path.read_text().split() if path.exists() else []


def test_a_killed_job_goes_on_and_gives_the_same_bits(ask, tmp_path, cache):
    job, collection = ask(SHARD_ROWS + 128, SMALL, decode_workers=1)
    until(lambda: any(cache.glob("encoded/*/image-*")))
    pid = job.status().pid
    helpers = children(pid)
    os.kill(pid, signal.SIGKILL)
    status = until(lambda: (now := job.status()).state == "interrupted" and now)
    assert "start it again" in status.sentence
    assert not (tmp_path / "out").exists()
    until(lambda: not any(Path(f"/proc/{helper}").exists() for helper in helpers), 10)

    again = EncodingJob(tmp_path / "job")
    again.start()
    done = again.wait(PATIENCE)
    assert (done.state, done.share, done.skipped) == ("done", 1.0, ())
    assert done.n_reused >= SHARD_ROWS
    resumed = load_collection(tmp_path / "out")
    whole = encode_collection(
        collection,
        load_image_encoder(SMALL),
        store=VectorStore(tmp_path / "undisturbed"),
        modalities=("image",),
    ).collection
    assert np.array_equal(resumed.modality("image").vectors, whole.modality("image").vectors)
    assert resumed.content_hash == whole.content_hash


def test_a_cancelled_job_stops_and_writes_nothing(ask, tmp_path):
    job, _ = ask(400, "efficientnet-lite0")
    until(lambda: job.status().share > 0)
    assert job.status().device == "cpu"
    EncodingJob(tmp_path / "job").cancel()
    assert job.wait(PATIENCE).state == "cancelled"
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_job_that_cannot_work_says_why(ask):
    job, _ = ask(3, "open_clip:no-such-model")
    status = job.wait(PATIENCE)
    assert status.state == "failed"
    assert status.sentence.startswith("open_clip has no model 'no-such-model'")


def test_an_unknown_family_and_a_foreign_output_are_refused_before_the_start(ask, tmp_path):
    with pytest.raises(GapvizError, match="there is no encoder 'magic'"):
        ask(2, "magic")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(GapvizError, match="is not a saved collection"):
        ask(2)
    assert not (tmp_path / "job").exists()


def test_a_process_that_never_began_is_interrupted(ask, tmp_path, monkeypatch):
    monkeypatch.setattr("gapviz.encoders.encoding.jobs.subprocess.Popen", _NoProcess)
    job, _ = ask(2)
    assert job.status().state == "queued"
    status = json.loads((job.folder / "status.json").read_text())
    (job.folder / "status.json").write_text(json.dumps(status | {"written": 0}))
    assert job.status().state == "interrupted"


def test_a_folder_without_a_job_is_refused(tmp_path):
    with pytest.raises(GapvizError, match="holds no encoding job"):
        EncodingJob(tmp_path)


class _NoProcess:
    def __init__(self, command, **options):
        assert isinstance(command, list) and not options.get("shell")

    def wait(self):
        return 0
