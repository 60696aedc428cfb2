"""Two servers, or a server and a command, on one cache and one home."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gapviz.sources.library.stored import Workspace
from gapviz.storage.configuration import configuration
from tests.patience import PATIENCE_SECONDS

WORK = """
import json, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from gapviz.core.collection import Collection
from gapviz.core.splits import alternate_splits
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.errors import GapvizError
from gapviz.sources.library.stored import Workspace
from gapviz.storage.cache import read_arrays, write_arrays
from gapviz.storage.configuration import configuration

me, rounds = int(sys.argv[1]), 12
workspace, shared = Workspace(), configuration().cache / "kind" / "shared.safetensors"
rows = np.random.default_rng(0).standard_normal((12, 4))
plain = Collection(
    "made", items_of_rows(12),
    {name: ModalityVectors.of(rows + shift) for name, shift in (("image", 1), ("text", -1))},
    alternate_splits(12),
)
print("ready", flush=True)
sys.stdin.readline()
for turn in range(rounds):
    # The same collection, the same encoding and the same cached result, each by both.
    stored = workspace.add([replace(plain, encoder="both")], title="both")
    workspace.put_encoding(stored.id, replace(plain, encoder="again"))
    workspace.put_encoding(stored.id, replace(plain, encoder=f"own {me}"))
    for encoding in workspace.find(stored.id).encodings:
        assert workspace.load(stored.id, encoding.encoder).n_items == 12
    write_arrays(shared, {"of": np.full(5_000, me), "turn": np.full(5_000, me)})
    read = read_arrays(shared)
    assert read is not None and (read["of"] == read["turn"]).all() and len(set(read["of"])) == 1
    # One of its own, which comes and goes under the eyes of the other.
    own = workspace.add([replace(plain, encoder="x")], title=f"own {me} {turn}")
    workspace.collections()
    workspace.remove(own.id)
print(json.dumps({"damaged": len(workspace.damaged())}), flush=True)
"""


@pytest.fixture
def at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPVIZ_HOME", str(tmp_path / "home"))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [
        subprocess.Popen([sys.executable, "-c", WORK, str(me)], text=True, **pipes)
        for me in range(2)
    ]
    for one in both:
        assert one.stdout.readline() == "ready\n", one.stderr.read()
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    answers = [one.communicate(timeout=PATIENCE_SECONDS) for one in both]
    assert [complaint for _, complaint in answers] == ["", ""]
    return [json.loads(answer) for answer, _ in answers]


def test_two_processes_change_one_home_and_one_cache_at_once(at_once):
    assert [one["damaged"] for one in at_once] == [0, 0]
    (stored,) = Workspace().collections()
    assert {one.encoder for one in stored.encodings} == {"both", "again", "own 0", "own 1"}
    for encoding in stored.encodings:
        assert np.isfinite(
            Workspace().load(stored.id, encoding.encoder).modality("image").vectors
        ).all()
    for top in (configuration().home, configuration().cache):
        left = [path.name for path in top.rglob(".*")]
        assert left in ([], [".lock"])
