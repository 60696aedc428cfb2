"""Encoding on a Ray cluster of two machines, of which one is lost in the middle."""

from collections import Counter

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding import VectorStore, engine, on_ray
from gapviz.encoders.encoding.on_ray import RayEngine, connected
from gapviz.encoders.encoding.run import encode_collection
from gapviz.encoders.pixels import IMAGE_BATCH
from gapviz.encoders.registry import load_any_encoder

pytestmark = pytest.mark.slow

SHARDS = 6
SMALL = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
SOON_MISSED = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 1_000,
    "health_check_failure_threshold": 5,
}
"""A machine is given up after five seconds, where Ray would wait for a minute."""


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # So that sums are of one order everywhere, as on machines of one kind.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    head = SMALL | {"_system_config": SOON_MISSED}
    made = Cluster(initialize_head=True, head_node_args=head)
    yield made
    made.shutdown()


@pytest.fixture
def painted(paint, monkeypatch):
    """Six shards of pictures, one of them broken, and captions of several lengths."""
    for module in (engine, on_ray):
        monkeypatch.setattr(module, "SHARD_ROWS", IMAGE_BATCH)
    words = ("cat", "red", "two", "far")
    collection = paint(
        SHARDS * IMAGE_BATCH + 5,
        captions=lambda i: (" ".join(words[: 1 + i % 4]) + f" {i}",) if i % 3 == 0 else (),
    )
    (collection.root / "40.png").write_bytes(b"no picture")
    half = (collection.root / "90.png").read_bytes()
    (collection.root / "90.png").write_bytes(half[: len(half) // 2])
    return collection


def rows_of(encoded):
    return {
        name: (block.vectors.tobytes(), block.item_index.tolist())
        for name, block in encoded.collection.modalities.items()
    }


@pytest.fixture
def _as_many_threads_as_on_the_cluster():
    """Other numbers of threads add up in another order, which the last bits show."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_as_many_threads_as_on_the_cluster")
def test_a_machine_is_lost_and_nothing_else(cluster, painted, tmp_path, monkeypatch):
    import pyarrow.parquet

    encoder = load_any_encoder("builtin")
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "plain"))
    plain = encode_collection(painted, encoder, decode_workers=0)
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cluster"))
    other = cluster.add_node(**SMALL)
    on_cluster = RayEngine("builtin", actors=2)
    alive = []

    def lose_a_machine(share, stage):
        done = sum(on_cluster.nodes.values())
        if (other.node_id in on_cluster.nodes or done > SHARDS // 2) and not alive:
            alive.append(done)
            cluster.remove_node(other, allow_graceful=False)

    with connected(cluster.address):
        import ray

        assert len(ray.nodes()) == 2
        found = encode_collection(painted, encoder, engine=on_cluster, progress=lose_a_machine)
        assert [node["Alive"] for node in ray.nodes()].count(True) == 1
    assert 0 < alive[0] < SHARDS

    assert rows_of(found) == rows_of(plain)
    assert found.n_encoded == plain.n_encoded == len(painted.items) - 2 + 66
    assert [one.what for one in found.skipped] == ["40.png", "90.png"]

    # Every content stands in one shard, once.
    files = [*VectorStore().folder.rglob("*.parquet")]
    keys = Counter(
        key for file in files for key in pyarrow.parquet.read_table(file)["key"].to_pylist()
    )
    assert keys.total() == len(keys) == plain.n_encoded

    # Finished shards are kept: what is lost of them is encoded again, here, to the same bits.
    next(file for file in files if file.name.startswith("image")).unlink()
    again = encode_collection(painted, encoder, decode_workers=0)
    assert 0 < again.n_encoded <= IMAGE_BATCH
    assert rows_of(again) == rows_of(plain)


def test_a_damaged_shard_counts_as_absent_and_is_removed(tmp_path):
    store = VectorStore(parquet=True)
    rng = np.random.default_rng(0)
    rows = {bytes([i] * 32): rng.standard_normal(5).astype(np.float32) for i in range(9)}
    store.write("some", "image", rows)
    found = store.read("some", "image", [*rows][2:4], 5)
    assert {key: row.tolist() for key, row in found.items()} == {
        key: rows[key].tolist() for key in [*rows][2:4]
    }
    (path,) = store.folder.rglob("*.parquet")
    content = bytearray(path.read_bytes())
    at = content.index(rows[bytes([3] * 32)].tobytes())
    content[at] ^= 1
    path.write_bytes(content)
    assert store.read("some", "image", [*rows][2:4], 5) == {}
    assert not path.exists()


def test_an_address_without_a_cluster_is_told_in_a_sentence(monkeypatch):
    pytest.importorskip("ray")
    with pytest.raises(GapvizError, match="no Ray cluster answers"), connected("127.0.0.1:1"):
        pass


def test_shards_of_other_contents_are_refused():
    answer = {"keys": b"k" * 32, "faults": "[]", "vectors": np.zeros(4, np.float32).tobytes()}
    assert [*on_ray._shard_of(answer, [b"k" * 32]).vectors] == [b"k" * 32]
    with pytest.raises(GapvizError, match="other vectors"):
        on_ray._shard_of(answer, [b"k" * 32, b"l" * 32])
