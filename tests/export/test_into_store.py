"""What `export --to` writes into engines: whole, once, and going on after it was stopped."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.export.folder import load_exported
from gapviz.export.into_store import EXPORT, Entries, store_notes, write_into
from gapviz.sources.stores.registry import open_store, stores
from gapviz.sources.stores.store import ITEM, MODALITY
from gapviz.storage.saved_collection import load_collection, save_collection
from gapviz.strategies import StrategyOptions
from tests.sources.stores.engines import FRESH

WRITABLE = [one.scheme for one in stores() if one.writes is not None and one.scheme in
            ("qdrant", "lancedb", "arrays")]  # fmt: skip
AT_ONCE = 16


@pytest.fixture(scope="module")
def made(make_collection):
    """Items with a picture and two captions; the last three have no picture."""
    plain = make_collection(40, 8)
    text = plain.modality("text").vectors
    noise = np.random.default_rng(2).standard_normal(text.shape)
    items = tuple(
        replace(item, label=f"group {place % 3}", captions=(f"one {place}", f"two {place}"))
        for place, item in enumerate(plain.items)
    )
    vectors = {
        "image": ModalityVectors.of(plain.modality("image").vectors[:-3], np.arange(37)),
        "text": ModalityVectors.of(
            np.stack([text, text + 0.2 * noise], axis=1).reshape(80, -1),
            np.repeat(np.arange(40), 2),
        ),
    }
    return replace(plain, items=items, modalities=vectors)


@pytest.fixture
def entries(take_home, made):
    def of(options="centre"):
        return Entries.of(load_exported(take_home(StrategyOptions(options), made)[0]), made)

    return of


@pytest.fixture(params=WRITABLE)
def address(request, tmp_path):
    # Qdrant in memory, since in a folder it waits for the disk after every point.
    place = "/:memory:" if request.param == "qdrant" else tmp_path / "store"
    return f"{request.param}://{place}#new-{next(FRESH)}"


def contents(address):
    """Id → vectors by field, and payload."""
    with open_store(address) as store:
        fields = [one.name for one in store.schema().fields]
        held = {}
        for batch in store.scan(fields):
            for place, key in enumerate(batch.ids):
                vectors = {
                    name: rows.vectors[rows.entry == place].copy()
                    for name, rows in batch.vectors.items()
                }
                held[key] = vectors, dict(batch.payload[place])
        return held


def test_every_vector_is_written_moved_with_what_it_is_of(entries, made, address):
    wanted = entries()
    done = write_into(address, wanted, size=AT_ONCE)
    assert (done.layout, done.n_entries, done.n_written) == ("entries", 117, 117)
    held = contents(address)
    assert len(held) == 117
    for name, block in made.modalities.items():
        moved = wanted.exported.strategy.transform(block.corpus.vectors, name)
        seen = {}
        for row, item in zip(moved, block.corpus.item_index.tolist(), strict=True):
            nth = seen[item] = seen.get(item, -1) + 1
            key = f"{made.items[item].id}/{name}/{nth}"
            ((vectors,), payload) = (tuple(held[key][0].values()), held[key][1])
            np.testing.assert_allclose(vectors[0], row, atol=2e-7)
            assert payload[MODALITY] == name and payload[ITEM] == made.items[item].id
            assert payload["caption"] == made.items[item].captions[nth]
            assert payload["label"] == made.items[item].label


def test_an_item_is_an_entry_where_items_are_ranked(entries, made):
    address = f"qdrant:///:memory:#items-{next(FRESH)}"
    done = write_into(address, entries("items-rrf"), size=AT_ONCE)
    assert (done.layout, done.n_entries) == ("items", 40)
    held = contents(address)
    assert set(held) == {item.id for item in made.items}
    assert {len(vectors["text"]) for vectors, _ in held.values()} == {2}
    assert sum(len(vectors["image"]) for vectors, _ in held.values()) == 37


def test_a_second_run_changes_nothing(entries, address):
    write_into(address, entries(), size=AT_ONCE)
    before = contents(address)
    again = write_into(address, entries(), size=AT_ONCE)
    assert (again.n_entries, again.n_written) == (117, 0)
    after = contents(address)
    assert before.keys() == after.keys()
    for key, (vectors, payload) in before.items():
        assert payload == after[key][1]
        for name, rows in vectors.items():
            np.testing.assert_array_equal(rows, after[key][0][name])


def test_a_run_that_was_stopped_goes_on_with_what_is_missing(entries, address):
    def stop(share, stage):
        if share > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_into(address, entries(), size=AT_ONCE, progress=stop)
    done = write_into(address, entries(), size=AT_ONCE)
    # 37 images in three batches, and one of texts.
    assert done.n_entries - done.n_written == 37 + AT_ONCE
    assert done.n_entries == len(contents(address)) == 117


WRITES = """
import sys
from pathlib import Path
from gapviz.export.folder import load_exported
from gapviz.export.into_store import Entries, write_into
from gapviz.storage.saved_collection import load_collection

entries = Entries.of(load_exported(Path(sys.argv[1])), load_collection(Path(sys.argv[2])))
write_into(sys.argv[3], entries, size=4, progress=lambda share, stage: print(stage, flush=True))
"""


@pytest.mark.slow
def test_a_process_that_was_killed_is_gone_on_from(take_home, made, tmp_path):
    save_collection(made, tmp_path / "made")
    folder = take_home(StrategyOptions("centre"), made)[0]
    address = f"lancedb://{tmp_path / 'store'}#new"
    running = subprocess.Popen(
        [sys.executable, "-c", WRITES, folder, tmp_path / "made", address],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = [running.stdout.readline() for _ in range(3)]
    running.kill()
    running.communicate()
    assert told[-1].startswith("12 of 117")
    done = write_into(
        address, Entries.of(load_exported(folder), load_collection(tmp_path / "made"))
    )
    assert 0 < done.n_written <= 117 - 12 and len(contents(address)) == done.n_entries == 117


def test_another_export_is_not_mixed_in(entries, address):
    write_into(address, entries(), size=AT_ONCE)
    with pytest.raises(GapvizError, match="holds another export"):
        write_into(address, entries("zscore"), size=AT_ONCE)
    assert len({payload[EXPORT] for _, payload in contents(address).values()}) == 1


def test_a_collection_of_others_is_left_alone(entries, tmp_path):
    from qdrant_client import QdrantClient, models

    client = QdrantClient(path=str(tmp_path / "q"))
    config = models.VectorParams(size=8, distance=models.Distance.COSINE)
    client.create_collection("theirs", config)
    client.close()
    with pytest.raises(GapvizError, match="gapviz did not create it"):
        write_into(f"qdrant://{tmp_path / 'q'}#theirs", entries())


@pytest.fixture
def refusing(monkeypatch):
    """`refuse(when)`: Qdrant refuses the batches of which `when(attempt, batch)` is true."""
    from gapviz.sources.stores.qdrant import QdrantStore

    plain, seen = QdrantStore.write, []

    def refuse(when):
        def write(self, batch):
            seen.append(len(batch.ids))
            if when(len(seen), batch):
                raise GapvizError("the server answers 429: too many requests")
            plain(self, batch)

        monkeypatch.setattr(QdrantStore, "write", write)
        return seen

    return refuse


def test_a_batch_that_is_refused_is_tried_again_in_halves(entries, refusing):
    address = f"qdrant:///:memory:#new-{next(FRESH)}"
    seen = refusing(lambda attempt, batch: len(batch.ids) > 5)
    done = write_into(address, entries(), size=AT_ONCE, waits=(0, 0, 0))
    assert done.n_written == len(contents(address)) == 117
    assert seen[:4] == [16, 8, 4, 4]


def test_a_store_that_keeps_refusing_is_told_and_the_next_run_goes_on(entries, refusing):
    address = f"qdrant:///:memory:#new-{next(FRESH)}"
    seen = refusing(lambda attempt, batch: 2 < attempt < 6)
    with pytest.raises(GapvizError, match="429"):
        write_into(address, entries(), size=AT_ONCE, waits=(0, 0))
    assert len(seen) == 5
    done = write_into(address, entries(), size=AT_ONCE, waits=())
    assert done.n_written == 117 - 2 * AT_ONCE


def test_what_a_run_lost_is_said(entries, monkeypatch):
    from gapviz.sources.stores.qdrant import QdrantStore

    plain = QdrantStore.write
    monkeypatch.setattr(
        QdrantStore,
        "write",
        lambda self, batch: plain(self, batch) if "image" in batch.ids[0] else None,
    )
    with pytest.raises(GapvizError, match="holds 37 entries after 117 were written"):
        write_into(f"qdrant:///:memory:#new-{next(FRESH)}", entries())


def test_no_more_than_a_batch_is_moved_at_once(entries, monkeypatch):
    wanted, moved = entries(), []
    plain = wanted.exported.strategy.transform
    monkeypatch.setattr(
        wanted.exported.strategy,
        "transform",
        lambda v, name: (moved.append(len(v)), plain(v, name))[1],
    )
    for number, batch in enumerate(wanted.batches(AT_ONCE), 1):
        assert len(batch.ids) <= AT_ONCE and len(moved) == number
    assert max(moved) <= AT_ONCE


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("chroma:///tmp/x#y", "there is no store"),
        ("qdrant:///tmp/nowhere", "names no new collection"),
        ("qdrant://me:secret@host/name", "holds no user and no password"),
    ],
)
def test_an_address_that_cannot_be_written_is_told(entries, to, words):
    with pytest.raises(GapvizError, match=words):
        write_into(to, entries())


def test_what_is_known_of_a_store_is_a_note():
    ((place, note),) = store_notes("qdrant:///tmp/x#new").items()
    assert place == "Qdrant, as a store" and "Ranks count from 0" in note
