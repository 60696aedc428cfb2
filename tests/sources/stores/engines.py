"""The engines that every test of stores runs on, and the small worlds that it writes into them.

A new store is a line in `ENGINES`, named by its scheme (and `-variant`), and a fixture that says
where its collections are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pytest

from gapviz.retrieval.stored_rows import entry_ids
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import (
    ITEM,
    MODALITY,
    Batch,
    FieldVectors,
    StoreSchema,
    VectorField,
)

FRESH = count()
DIM = 16
"""LanceDB takes a column of ten dimensions or more for vectors, and treats them otherwise."""
N = 60


@dataclass(frozen=True)
class Engine:
    """A store to be tested."""

    home: str
    """Fixture of a module's scope or wider: a function from the name of a collection to its
    address."""
    client: str = ""
    """Module that it needs."""
    rounding: float = 0.0
    """How far scores may be from those of the vectors as they were written."""
    indexed: bool = True
    """Whether indexes are tested in it too; false where another line is the same engine."""
    fails: Mapping[str, str] = field(default_factory=dict)
    """Test → why it is expected to fail: a kind of `StoreSpec.departs`, or `fusion` for what
    `StoreSpec.fusion` says."""


SEVERAL = (
    "test_of_several_vectors_the_best_counts",
    "test_several_vectors_are_told_and_read_in_the_order_they_were_written",
    "test_several_vectors_are_one_list_of_a_rank_fusion",
    "test_items_with_several_vectors_are_ranked_as_in_memory",
    "test_of_several_vectors_of_an_item_the_best_is_listed",
    "test_several_vectors_of_an_entry_are_several_of_its_item",
)
"""Tests that write several vectors of an entry into a field: `fails` of a store that holds one."""

ENGINES = {
    "arrays": Engine("arrays_home"),
    "arrays-float16": Engine("float16_home", rounding=2e-3),
    "qdrant": Engine("qdrant_home", "qdrant_client"),
    "qdrant-files": Engine("qdrant_files_home", "qdrant_client", indexed=False),
    "lancedb": Engine("lancedb_home", "lancedb"),
    "postgresql": Engine("postgres_home", "psycopg"),
    "milvus": Engine(
        "milvus_home",
        "pymilvus",
        fails={
            **dict.fromkeys(SEVERAL, "several"),
            "test_its_rank_fusion_of_two_fields_is_the_papers": "missing",
        },
    ),
}


def pytest_generate_tests(metafunc):
    """Every test that asks for `home` runs on every engine."""
    if "home" in metafunc.fixturenames:
        of_indexes = metafunc.module.__name__.endswith("test_store_index")
        asked = [name for name, one in ENGINES.items() if one.indexed or not of_indexes]
        cases = [case_of(name, metafunc.function.__name__) for name in asked]
        metafunc.parametrize("home", cases, indirect=True, scope="module")


def case_of(name, test):
    kind = ENGINES[name].fails.get(test)
    if kind is None:
        return pytest.param(name, id=name)
    spec = store_of(f"{name.partition('-')[0]}:///x")
    reason = spec.fusion if kind == "fusion" else spec.departs[kind]
    return pytest.param(name, id=name, marks=pytest.mark.xfail(strict=True, reason=reason))


@pytest.fixture(scope="module")
def home(request):
    """Where collections of the engine are, shared by the tests of a module: `home(name)`."""
    return request.getfixturevalue(ENGINES[request.param].home)


@pytest.fixture
def engine(request):
    """What is known of the engine."""
    return ENGINES[request.node.callspec.params["home"]]


@pytest.fixture(scope="module")
def items(home):
    """The world of `Items`, only to be read."""
    with filled(home("items"), Items.fields, Items().batch, ("caption", "colour")) as store:
        yield store


@pytest.fixture(scope="module")
def several(home):
    """The world of `Several`, only to be read."""
    with filled(home("several"), Several.fields, Several().batch, ("caption", "colour")) as store:
        yield store


@pytest.fixture(scope="module")
def vectors(home):
    """The world of `Vectors`, only to be read."""
    with filled(home("vectors"), Vectors.fields, Vectors().batch, Vectors.payload) as store:
        yield store


@pytest.fixture
def fresh(home):
    """The world of `Items`, to be changed."""
    address = home(f"fresh-{next(FRESH)}")
    with filled(address, Items.fields, Items().batch, ("caption", "colour")) as store:
        yield store


@pytest.fixture(scope="module")
def arrays_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arrays")
    return lambda name: f"arrays://{folder}#{name}"


@pytest.fixture(scope="module")
def float16_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arrays")
    return lambda name: f"arrays://{folder}?dtype=float16#{name}"


@pytest.fixture(scope="module")
def qdrant_home():
    """In memory, of this module alone."""
    number = next(FRESH)
    return lambda name: f"qdrant:///{number}/:memory:#{name}"


@pytest.fixture(scope="module")
def qdrant_files_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qdrant")
    return lambda name: f"qdrant://{folder}#{name}"


@pytest.fixture(scope="module")
def lancedb_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lance")
    return lambda name: f"lancedb://{folder}#{name}"


@pytest.fixture(scope="module")
def postgres_home(postgres):
    """A database of the module's own."""
    database = postgres()
    return lambda name: f"{database}/{name}"


@pytest.fixture(scope="module")
def milvus_home(tmp_path_factory):
    """A file, where names are letters, digits and underscores."""
    file = tmp_path_factory.mktemp("milvus") / "lite.db"
    return lambda name: f"milvus://{file}#{name.replace('-', '_')}"


def created(address, fields, payload=()):
    """A new collection of that address."""
    writes = store_of(address).writes
    return writes.create(parsed_address(address), StoreSchema(tuple(fields), tuple(payload), 0))


def filled(address, fields, batch, payload=()):
    store = created(address, fields, payload)
    store.write(batch)
    store.finish()
    return store


def written(address, collection, rows, layout="vectors"):
    """A store with the rows of an index: single vectors, or items with a field a modality."""
    ids = [one.id for one in collection.items]
    if layout == "vectors":
        owners = [ids[item] for item in rows.item]
        payload = tuple(
            {MODALITY: rows.names[code], ITEM: owner}
            for code, owner in zip(rows.modality, owners, strict=True)
        )
        vectors = {"": FieldVectors(np.arange(rows.n_rows), rows.vectors)}
        batch = Batch(entry_ids(rows, owners), vectors, payload)
        return filled(address, [VectorField("", rows.vectors.shape[1])], batch, (MODALITY, ITEM))
    vectors, fields = {}, []
    for name, span in zip(rows.names, rows.spans, strict=True):
        order = np.argsort(rows.item[span], kind="stable")
        owners = rows.item[span][order]
        vectors[name] = FieldVectors(owners, rows.vectors[span][order])
        fields.append(
            VectorField(name, rows.vectors.shape[1], several=bool((np.diff(owners) == 0).any()))
        )
    return filled(address, fields, Batch(tuple(ids), vectors, ({},) * len(ids)))


def vectors_of(n, seed=0):
    """`(n, DIM)`, exact in float16 too, so that every store holds the same."""
    rows = np.random.default_rng(seed).standard_normal((n, DIM))
    return rows.astype(np.float16).astype(np.float32)


@dataclass(frozen=True)
class Items:
    """Items with a vector field a modality: every item has a text, all but each fourth an image."""

    fields = (VectorField("image", DIM), VectorField("text", DIM))
    ids = tuple(f"item {number}" for number in range(N))

    @property
    def images(self):
        owner = np.array([i for i in range(N) if i % 4])
        return FieldVectors(owner, vectors_of(owner.size, 1))

    @property
    def texts(self):
        return FieldVectors(np.arange(N), vectors_of(N, 2))

    @property
    def batch(self):
        payload = tuple({"caption": f"the {i}th", "colour": COLOURS[i % 2]} for i in range(N))
        return Batch(self.ids, {"image": self.images, "text": self.texts}, payload)


@dataclass(frozen=True)
class Several(Items):
    """The same, where each third item that has an image has two."""

    fields = (VectorField("image", DIM, several=True), VectorField("text", DIM))

    @property
    def images(self):
        owner = np.array([i for i in range(N) if i % 4 for _ in range(1 + (i % 3 == 0))])
        return FieldVectors(owner, vectors_of(owner.size, 1))


COLOURS = ("red", "it's blue")


@dataclass(frozen=True)
class Vectors:
    """Single vectors, with their modality and item as payload."""

    fields = (VectorField("", DIM),)
    payload = (MODALITY, ITEM)
    names = ("image", "text", "it's audio")

    @property
    def batch(self):
        ids = tuple(f"{self.names[i % 3]}/{i // 3}" for i in range(N))
        payload = tuple({MODALITY: self.names[i % 3], ITEM: str(i // 3)} for i in range(N))
        return Batch(ids, {"": FieldVectors(np.arange(N), vectors_of(N, 3))}, payload)


def best_entries(rows, query, allowed=None):
    """Entries and their best cosines with one query, best first: the plain definition."""
    unit = rows.vectors / np.linalg.norm(rows.vectors, axis=1, keepdims=True)
    cosines = unit @ (query / np.linalg.norm(query))
    best = {}
    for owner, cosine in zip(rows.entry.tolist(), cosines.tolist(), strict=True):
        if allowed is None or owner in allowed:
            best[owner] = max(best.get(owner, -2.0), cosine)
    return sorted(best.items(), key=lambda pair: -pair[1])


def fused_by_formula(lists, k, constant):
    """Σ 1 / (k + rank) over lists of ids, as `{score: {ids}}`, best first; see `levels`."""
    total = {}
    for ids in lists:
        for rank, one in enumerate(ids, 1):
            total[one] = total.get(one, 0) + 1 / (constant + rank)
    return sorted(total.items(), key=lambda pair: -pair[1])
