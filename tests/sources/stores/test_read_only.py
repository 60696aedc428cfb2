"""Reading writes nothing into a store, and no credential gets out of the environment."""

import hashlib
import json
import logging
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gapviz.commands.cli import main
from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.stores import read_only
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.lancedb import LanceStore
from gapviz.sources.stores.qdrant import QdrantStore
from gapviz.sources.stores.read_only import ReadOnlyStore, opened_to_read, refuse_secrets, written
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import VectorField, WritableStore
from tests.sources.stores.engines import DIM, Items, filled, vectors_of
from tests.sources.stores.memory_store import Entry, MemoryStore

SECRET = "hunter2-and-a-half"
QDRANT_READS = {"get_collections", "get_collection", "scroll", "retrieve", "count",
                "query_batch_points", "close"}  # fmt: skip
LANCE_READS = {"schema", "list_indices", "index_stats", "count_rows", "search"}


class Watched:
    """Passes on what is asked of a client, and notes it."""

    def __init__(self, client, asked):
        self._client, self._asked = client, asked

    def __getattr__(self, name):
        self._asked.add(name)
        return getattr(self._client, name)


@pytest.fixture
def asked(monkeypatch):
    """Names of everything that is asked of the clients of Qdrant and LanceDB."""
    names = set()

    def watched(address):
        spec = store_of(address)

        def opens(address):
            store = spec.opens(address)
            for client in {"client", "table"} & set(vars(store)):
                setattr(store, client, Watched(getattr(store, client), names))
            return store

        return replace(spec, opens=opens)

    monkeypatch.setattr(read_only, "store_of", watched)
    return names


def content(folder):
    """SHA-256 of every file below a folder, but for the lock that says who has it open."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def everything_that_reads(address):
    read_store(address, ReadOptions(sample=20))
    read_store(address, ReadOptions(sample=None))
    with opened_to_read(address) as store:
        store.nearest("text", vectors_of(3), 5)
        store.nearest("text", vectors_of(3), 5, exact=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "reads"), [("qdrant", QDRANT_READS), ("lancedb", LANCE_READS), ("arrays", set())]
)
def test_reading_calls_nothing_that_writes_and_leaves_every_byte(
    tmp_path, asked, scheme, reads, monkeypatch
):
    address = f"{scheme}://{tmp_path}#items"
    filled(address, Items.fields, Items().batch, ("caption", "colour")).close()
    asked.clear()
    before = content(tmp_path)
    for name in ("create", "write", "finish", "present"):
        for kind in (QdrantStore, LanceStore, WritableStore):
            monkeypatch.setattr(kind, name, lambda *_, name=name: pytest.fail(f"{name} was called"))
    everything_that_reads(address)
    assert asked <= reads
    assert (scheme == "arrays") or asked
    assert content(tmp_path) == before


def test_a_store_that_is_read_has_no_way_to_write():
    named = {name for name in dir(ReadOnlyStore) if not name.startswith("_")}
    assert not named & {"create", "write", "finish", "present"}


@pytest.mark.parametrize(
    "error", [RuntimeError(f"401: key {SECRET} is bad"), GapvizError("no", where=f"at {SECRET}")]
)
def test_what_a_client_raises_is_one_sentence_without_the_key(monkeypatch, error):
    monkeypatch.setenv("QDRANT_API_KEY", SECRET)

    def raises(name):
        raise error

    entries = [Entry("a", {"": vectors_of(1)[0]})]
    store = ReadOnlyStore(MemoryStore(entries, [VectorField("", DIM)], raises), ["QDRANT_API_KEY"])
    with pytest.raises(GapvizError) as raised:
        list(store.scan(()))
    assert SECRET not in raised.value.sentence and "…" in raised.value.sentence
    assert raised.value.__cause__ is None and raised.value.__context__ is None


@pytest.fixture
def echoing(monkeypatch):
    """A server that refuses, and says with which key it was asked."""
    monkeypatch.setenv("QDRANT_API_KEY", SECRET)

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"status": f"no, {self.headers.get('api-key')}"}).encode()
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"qdrant://127.0.0.1:{server.server_port}/pairs"
    server.shutdown()


def test_a_key_in_the_environment_is_nowhere_in_what_is_printed_logged_or_kept(
    echoing, tmp_path, monkeypatch, capsys, caplog
):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPVIZ_HOME", str(tmp_path / "home"))
    with caplog.at_level(logging.DEBUG):
        codes = {main([command, echoing, "--json"]) for command in ("info", "measure")}
    printed = capsys.readouterr()
    assert codes == {2} or 0 not in codes
    assert "the server answers 500" in printed.err and "…" in printed.err
    assert SECRET not in printed.out + printed.err + caplog.text
    assert not any(SECRET.encode() in path.read_bytes() for path in files_below(tmp_path))


def test_a_key_is_in_nothing_that_a_sample_leaves(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("QDRANT_API_KEY", SECRET)
    address = f"qdrant://{tmp_path / 'store'}#items"
    filled(address, Items.fields, Items().batch, ("caption", "colour")).close()
    assert main(["measure", address, "--json"]) == 0
    assert SECRET not in "".join(capsys.readouterr())
    assert not any(SECRET.encode() in path.read_bytes() for path in files_below(tmp_path))


def files_below(folder: Path):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "address",
    [
        f"qdrant://me:{SECRET}@localhost/x",
        f"qdrant://localhost/x?api_key={SECRET}",
        f"lancedb:///tmp/x?token={SECRET}#y",
    ],
)
def test_an_address_with_credentials_is_refused_without_repeating_them(address, capsys):
    with pytest.raises(GapvizError, match="environment") as raised:
        refuse_secrets(parsed_address(address))
    assert SECRET not in raised.value.sentence
    assert main(["info", address]) != 0
    assert SECRET not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "address",
    ["qdrant://host:6333/a/b?tls=true", "lancedb:///tmp/x?a=b#y", "arrays:///tmp/x#y",
     "qdrant://host/x"],
)  # fmt: skip
def test_an_address_is_written_as_it_was_given(address):
    assert written(parsed_address(address)) == address
