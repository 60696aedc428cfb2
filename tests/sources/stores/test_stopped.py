"""A reading that is stopped, cancelled or killed goes on where it was, and ends as any other."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapviz.commands.cli import main
from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.stores import passes, reading
from gapviz.sources.stores.read_only import ReadOnlyStore
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.store import VectorField
from gapviz.storage.background import ThreadTask
from gapviz.storage.configuration import configuration
from tests.sources.stores.engines import DIM, Items, filled
from tests.sources.stores.memory_store import Entry, MemoryStore

FIELDS = (VectorField("image", DIM), VectorField("text", DIM, several=True))
LONG = (VectorField("", DIM),)
ADDRESS = "qdrant://memory.invalid/pairs"


def by_field(n):
    rng = np.random.default_rng(3)
    return [
        Entry(
            f"e{at}",
            {"image": rng.standard_normal(DIM)} | (
                {"text": rng.standard_normal((1 + at % 2, DIM))} if at % 5 else {}
            ),
            {"caption": f"number {at}", "label": "even" if at % 2 == 0 else "odd"},
        )
        for at in range(n)
    ]  # fmt: skip


def by_entry(n):
    rng = np.random.default_rng(4)
    return [
        Entry(f"{name}{at}", {"": rng.standard_normal(DIM)}, {"modality": name, "item": str(at)})
        for name in ("text", "image")
        for at in range(n)
        if name == "image" or at % 4
    ]


@pytest.fixture
def opens(monkeypatch, tmp_path):
    """`opens(store)`: what the address leads to."""
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(passes, "PART_ENTRIES", 16)
    monkeypatch.setattr(passes, "STEP", 8)

    def lead(store):
        monkeypatch.setattr(reading, "opened_to_read", lambda text: ReadOnlyStore(store))

    return lead


def kept():
    folder = configuration().cache / "stores"
    return list(folder.glob("*/*")) if folder.is_dir() else []


class StoppedError(Exception):
    """The test stops the reading."""


@pytest.mark.parametrize("sample", [None, 12])
@pytest.mark.parametrize(("make", "fields"), [(by_field, FIELDS), (by_entry, LONG)])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stops=st.lists(st.integers(1, 12), max_size=8), shuffled=st.randoms())
def test_a_reading_that_is_stopped_again_and_again_is_an_unbroken_one(
    opens, make, fields, sample, stops, shuffled
):
    entries = make(40)
    options = ReadOptions(sample=sample)
    opens(MemoryStore(entries, fields))
    unbroken = read_store(ADDRESS, options)
    # Another order of the entries, which only one that is not changed meanwhile keeps.
    other = list(entries)
    shuffled.shuffle(other)
    for stop in stops:
        left = [stop]

        def stops_here(name, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise StoppedError

        opens(MemoryStore(other, fields, stops_here))
        try:
            read_store(ADDRESS, options)
        except GapvizError as error:
            assert "StoppedError" in error.sentence
    opens(MemoryStore(other, fields))
    found = read_store(ADDRESS, options)
    assert found.collection.content_hash == unbroken.collection.content_hash
    assert found.collection.store == unbroken.collection.store
    assert found.skipped == unbroken.skipped
    assert not kept()


@pytest.mark.parametrize("sample", [None, 12])
def test_what_was_read_is_not_read_again(opens, sample):
    calls = []
    whole = MemoryStore(by_field(64), FIELDS, calls.append)
    options = ReadOptions(sample=sample)
    opens(whole)
    read_store(ADDRESS, options)
    n_calls = len(calls)

    def stops_late(name):
        calls.append(name)
        if len(calls) == n_calls - 1:
            raise StoppedError

    calls.clear()
    opens(MemoryStore(whole.entries, FIELDS, stops_late))
    with pytest.raises(GapvizError):
        read_store(ADDRESS, options)
    assert kept()
    calls.clear()
    opens(whole)
    read_store(ADDRESS, options)
    assert len(calls) < n_calls / 2


def test_another_sample_or_other_entries_begin_anew(opens):
    entries = by_field(40)

    def stops(name):
        if name == "fetch":
            raise StoppedError

    opens(MemoryStore(entries, FIELDS, stops))
    with pytest.raises(GapvizError):
        read_store(ADDRESS, ReadOptions(sample=12))
    begun = {one.parent for one in kept()}
    changed = [Entry("new", entries[0].vectors, {"caption": "another"}), *entries[1:]]
    opens(MemoryStore(changed, FIELDS))
    collection = read_store(ADDRESS, ReadOptions(sample=40)).collection
    assert "new" in collection.position and "e0" not in collection.position
    assert {one.parent for one in kept()} == begun


def test_one_that_is_cancelled_in_the_background_goes_on(opens):
    opens(MemoryStore(by_field(64), FIELDS))
    unbroken = read_store(ADDRESS, ReadOptions(sample=12))
    seen = []

    def read(progress):
        def tell(share, stage):
            seen.append((share, stage))
            if len(seen) == 12:
                task.cancel()
            progress(share, stage)

        return read_store(ADDRESS, ReadOptions(sample=12, progress=tell))

    task = ThreadTask(read)
    task.start()
    assert task.wait().state == "cancelled"
    assert kept()
    task.start()
    status = task.wait()
    assert status.state == "done"
    assert status.result.collection.content_hash == unbroken.collection.content_hash
    shares = [share for share, _ in seen[12:]]
    assert shares == sorted(shares) and shares[-1] <= 1


def test_what_nobody_goes_on_with_is_given_up(opens):
    def stops(name):
        if name == "fetch":
            raise StoppedError

    opens(MemoryStore(by_field(40), FIELDS, stops))
    with pytest.raises(GapvizError):
        read_store(ADDRESS, ReadOptions(sample=12))
    (begun,) = {one.parent for one in kept()}
    opens(MemoryStore(by_entry(20), LONG))
    read_store(ADDRESS, ReadOptions(sample=12))
    assert begun.is_dir()
    os.utime(begun, (0, 0))
    read_store(ADDRESS, ReadOptions(sample=12))
    assert not begun.exists()


def test_two_that_read_the_same_do_not_mix(opens):
    entries, seen = by_field(40), []

    def another(name):
        if name == "fetch" and not seen:
            seen.append(name)
            opens(MemoryStore(entries, FIELDS))
            seen.append(read_store(ADDRESS, ReadOptions(sample=12)))

    opens(MemoryStore(entries, FIELDS, another))
    first = read_store(ADDRESS, ReadOptions(sample=12))
    assert seen[1].collection.content_hash == first.collection.content_hash


def test_the_command_line_says_that_it_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    address = f"arrays://{tmp_path}#items"
    filled(address, Items.fields, Items().batch, ("caption", "colour")).close()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "fetched", interrupted)
    assert main(["info", address, "--sample", "20"]) == 130
    assert capsys.readouterr().err == "gapviz: stopped; the same command goes on from here.\n"
    assert kept()


KILLED = """
import json, os, signal, sys
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.stores import passes
from gapviz.sources.stores.reading import read_store

passes.SAVE_SECONDS, passes.PART_ENTRIES, passes.STEP = 0.0, 8, 4
left = int(sys.argv[2])

def tell(share, stage):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

found = read_store(sys.argv[1], ReadOptions(sample=20, progress=tell)).collection
print(json.dumps([found.content_hash, found.name, len(found.items)]))
"""


@pytest.mark.slow
def test_one_that_is_killed_goes_on_in_the_next_process(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    address = f"arrays://{tmp_path / 'store'}#items"
    filled(address, Items.fields, Items().batch, ("caption", "colour")).close()

    def run(after):
        command = [sys.executable, "-c", KILLED, address, str(after)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    killed = run(6)
    assert killed.returncode == -9 and not killed.stdout
    assert {one.name for one in kept()} >= {"census.safetensors", "part-00000.safetensors"}
    found = json.loads(run(-1).stdout)
    unbroken = read_store(address, ReadOptions(sample=20)).collection
    assert found == [unbroken.content_hash, unbroken.name, 20]
    assert not kept()
