"""Which stores a page reads: this machine's, and those that the person who starts it names."""

import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.library.importing import Incoming, add_store
from gapviz.sources.library.stored import Workspace
from gapviz.sources.stores.allowed import allowed_store
from gapviz.storage.configuration import THIS_MACHINE, configuration
from tests.sources.stores.engines import Items, N, filled


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST"])
def test_this_machine_is_asked_unless_somebody_says_otherwise(host):
    address = allowed_store(f"qdrant://{host}:6333/x", configuration().stores, ())
    assert address.collection == "x"


@pytest.mark.parametrize(
    "text",
    ["qdrant://example.org/x", "qdrant://127.0.0.1.example.org/x", "qdrant://10.0.0.1/x",
     "qdrant://0x7f000001/x", "lancedb://s3/bucket/path#t"],
)  # fmt: skip
def test_another_host_is_refused_with_those_that_are_asked(text):
    with pytest.raises(
        GapvizError, match=r"asks localhost, 127\.0\.0\.1, ::1, and no other"
    ) as raised:
        allowed_store(text, THIS_MACHINE, ())
    assert "GAPVIZ_STORES" in raised.value.sentence


def test_a_host_may_be_named_with_its_port_alone():
    assert allowed_store("qdrant://store.lan:6333/x", ["store.lan:6333"], ()).port == 6333
    with pytest.raises(GapvizError, match="may not ask"):
        allowed_store("qdrant://store.lan:22/x", ["store.lan:6333"], ())


def test_who_starts_the_dashboard_names_hosts_or_none(monkeypatch):
    monkeypatch.setenv("GAPVIZ_STORES", "store.lan, other:6333")
    assert configuration().stores == ("store.lan", "other:6333")
    monkeypatch.setenv("GAPVIZ_STORES", "")
    assert configuration().stores == ()
    with pytest.raises(GapvizError, match="asks none"):
        allowed_store("qdrant://localhost/x", configuration().stores, ())


def test_files_are_read_below_the_folders_alone(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
    (inside / "link").symlink_to(outside)
    address = allowed_store(f"arrays://{inside}#x", (), [inside])
    assert address.folder == inside
    for path in (outside, inside / "link", inside / ".." / "outside"):
        with pytest.raises(GapvizError, match="not in a folder that may be read"):
            allowed_store(f"arrays://{path}#x", (), [inside])
    with pytest.raises(GapvizError, match="GAPVIZ_FOLDERS"):
        allowed_store(f"arrays://{inside}#x", (), ())


def test_a_sample_of_a_store_is_kept_under_a_title_that_says_it(tmp_path):
    address = f"arrays://{tmp_path}#items"
    filled(address, Items.fields, Items().batch, ("caption", "colour")).close()
    workspace = Workspace(tmp_path / "home")
    said = []
    stored = add_store(
        workspace, address, (), (tmp_path,), Incoming(options=ReadOptions(sample=20)),
        lambda share, stage: said.append((share, stage)),
    )  # fmt: skip
    words = f"a sample of 20 of {N} items (seed 42)"
    assert stored.title == f"items, {words}" and stored.origin == f"store {address}, {words}"
    loaded = workspace.load(stored.id, stored.encodings[0].encoder)
    assert loaded.store.words == words and loaded.n_items == 20
    assert [share for share, _ in said] == sorted(share for share, _ in said)
    assert {"counting the items", "reading the vectors", "keeping"} <= {stage for _, stage in said}
