"""What is Qdrant's alone: folders that hold pickles, ids, and collections of others."""

import pickle
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from qdrant_client import QdrantClient, models

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.qdrant import STORE
from gapviz.sources.stores.qdrant_connection import refuse_code
from gapviz.sources.stores.registry import open_store
from gapviz.sources.stores.store import VectorField
from tests.sources.stores.engines import created, vectors_of

DIM = 4


@pytest.fixture
def folder(tmp_path):
    """A folder that somebody else's program wrote: unnamed vectors, whole numbers as ids."""
    client = QdrantClient(path=str(tmp_path / "theirs"))
    vector = models.VectorParams(size=DIM, distance=models.Distance.COSINE)
    client.create_collection("plain", vectors_config=vector)
    rows = vectors_of(5)[:, :DIM].tolist()
    points = [models.PointStruct(id=i, vector=row, payload={"n": i}) for i, row in enumerate(rows)]
    client.upsert("plain", points)
    other = models.VectorParams(size=DIM, distance=models.Distance.MANHATTAN)
    client.create_collection("streets", vectors_config=other)
    client.close()
    return tmp_path / "theirs"


def test_a_collection_with_one_vector_without_a_name_is_read(folder):
    with open_store(f"qdrant://{folder}#plain") as store:
        (field,) = store.schema().fields
        assert (field.name, field.dim, field.several) == ("", DIM, False)
        (batch,) = store.scan([""])
        assert batch.ids == ("0", "1", "2", "3", "4")
        assert [one["n"] for one in batch.payload] == [0, 1, 2, 3, 4]
        assert store.nearest("", batch.vectors[""].vectors, 1).ids == tuple(
            (one,) for one in batch.ids
        )


def test_what_others_created_is_never_written_into(folder):
    with pytest.raises(GapvizError, match="gapviz did not create it"):
        created(f"qdrant://{folder}#plain", [VectorField("", DIM)])
    with open_store(f"qdrant://{folder}#plain") as store:
        assert store.schema().n_entries == 5


def test_a_distance_that_is_no_similarity_is_told(folder):
    with (
        pytest.raises(GapvizError, match="Manhattan distance"),
        open_store(f"qdrant://{folder}#streets") as store,
    ):
        store.schema()


def test_a_folder_is_opened_once_and_closed_with_its_last_user(folder):
    first, second = (open_store(f"qdrant://{folder}#plain") for _ in range(2))
    assert first.client is second.client
    first.close()
    assert second.schema().n_entries == 5
    second.close()
    QdrantClient(path=str(folder)).close()


def test_a_folder_that_another_program_has_open_is_told(folder):
    held = "from qdrant_client import QdrantClient; import sys\n"
    held += "client = QdrantClient(path=sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", held, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(GapvizError, match="another program has this folder open"):
            open_store(f"qdrant://{folder}#plain")
        other.stdin.close()


class Runs:
    """What pickle would run."""

    def __reduce__(self):
        return print, ("this was run",)


def test_a_point_that_python_would_have_to_run_is_refused(folder, capsys):
    (path,) = folder.glob("collection/plain/storage.sqlite")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE points SET point = ? WHERE rowid = 1", (pickle.dumps(Runs()),))
    with pytest.raises(GapvizError, match="hold code, which is never run"):
        open_store(f"qdrant://{folder}#plain")
    assert "this was run" not in capsys.readouterr().out


def test_what_the_client_wrote_is_no_code(folder):
    refuse_code(folder)


def test_a_folder_of_something_else_is_left_as_it_was(tmp_path):
    with pytest.raises(GapvizError, match="no folder of Qdrant"):
        open_store(f"qdrant://{tmp_path}#x")
    assert not list(tmp_path.iterdir())


def test_a_server_that_does_not_answer_is_one_sentence():
    with pytest.raises(GapvizError, match="the server does not answer") as told:
        open_store("qdrant://localhost:1/collection")
    assert "qdrant://localhost:1/collection" in str(told.value)


def test_a_key_of_the_environment_is_in_no_message(monkeypatch):
    monkeypatch.setenv("QDRANT_API_KEY", "very-secret")
    assert "QDRANT_API_KEY" in STORE.credentials
    with pytest.raises(GapvizError) as told, pytest.warns(UserWarning, match="insecure"):
        open_store("qdrant://localhost:1/collection")
    assert "very-secret" not in str(told.value)


def test_scores_of_far_apart_points_are_below_zero():
    """The engine's own order and sign: a distance is no similarity."""
    address = "qdrant:///alone/:memory:#far"
    with created(address, [VectorField("v", DIM, "euclidean")]) as store:
        found = store.nearest("v", np.ones((1, DIM), dtype=np.float32), 1)
    assert found.ids == ((),)
