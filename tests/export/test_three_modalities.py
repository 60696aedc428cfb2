"""Three modalities with planted ties: gapviz and all generated code break them alike."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import corpus_rows
from gapviz.core.splits import EVALUATE
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.sources.stores.address import parsed_address
from gapviz.strategies import StrategyOptions

NAMES = ("image", "text", "sound")
K = 12
PLANS = [
    StrategyOptions(name, ties=ties)
    for name in ("minmax", "dbsf")
    for ties in ("shared", "own-first", "other-first")
]


@pytest.fixture(scope="module")
def tied(make_collection):
    """Texts and sounds fill one another's lists at the same rescaled scores, place by place.

    A sound is a text turned half way into a dimension that no query has, so that all cosines of
    sounds are one and the same share of those of texts: only rounding tells the lists apart.
    """
    made = make_collection(120, 15, modalities=NAMES)
    flat = {name: np.pad(made.modality(name).vectors, ((0, 0), (0, 1))) for name in NAMES}
    sound = np.roll(flat["text"], 4, axis=0)
    sound[:, -1] = 1
    vectors = flat | {"sound": sound}
    return replace(made, modalities={n: ModalityVectors.of(v) for n, v in vectors.items()})


def expected(held_out, strategy, query, modality):
    rows = corpus_rows(held_out, strategy)
    starts = {name: span.start for name, span in zip(rows.names, rows.spans, strict=True)}
    found = ExactIndex(rows, strategy).search(Query(query, modality), K)
    return [(hit.modality, hit.row - starts[hit.modality]) for hit in found.hits]


def numpy_asks(module, blocks, keys, request):
    rows = {name: module.move(block, name) for name, block in blocks.items()}
    return lambda query, modality: module.search(query, modality, rows, k=K)


def qdrant_asks(module, blocks, keys, request):
    from qdrant_client import QdrantClient

    client = QdrantClient(":memory:")
    module.store(client, [(n, {name: blocks[name][row]}) for n, (name, row) in enumerate(keys)])
    return by_number(keys, lambda *asked: module.search(client, *asked, k=K))


def lancedb_asks(module, blocks, keys, request):
    import lancedb

    database = lancedb.connect(request.getfixturevalue("tmp_path"))
    table = module.store(database, listed(blocks, keys))
    return by_number(keys, lambda *asked: module.search(table, *asked, k=K))


def milvus_asks(module, blocks, keys, request):
    from pymilvus import MilvusClient

    client = MilvusClient(str(request.getfixturevalue("tmp_path") / "lite.db"))
    request.addfinalizer(client.close)
    module.store(client, listed(blocks, keys))
    return by_number(keys, lambda *asked: module.search(client, *asked, k=K))


def pgvector_asks(module, blocks, keys, request):
    import psycopg

    address = parsed_address(request.getfixturevalue("postgres")())
    connection = psycopg.connect(host=address.host, port=address.port, dbname=address.collection)
    request.addfinalizer(connection.close)
    module.store(connection, listed(blocks, keys))
    return by_number(keys, lambda *asked: module.search(connection, *asked, k=K))


def listed(blocks, keys):
    """(id, modality, vector) of every row."""
    return [(n, name, blocks[name][row]) for n, (name, row) in enumerate(keys)]


def by_number(keys, search):
    """A search whose keys are numbers of rows, under their modality and row."""
    return lambda *asked: [(keys[key], score) for key, score in search(*asked)]


PLACES = {
    "in_numpy": numpy_asks, "in_qdrant": qdrant_asks, "in_lancedb": lancedb_asks,
    "in_milvus": milvus_asks, "in_pgvector": pgvector_asks,
}  # fmt: skip
CASES = [
    pytest.param(options, place, marks=pytest.mark.slow if place != "in_numpy" else ())
    for options in PLANS
    for place in PLACES
    if place in ("in_numpy", "in_qdrant") or options.value("ties") == "shared"
]


@pytest.mark.parametrize(("options", "place"), CASES)
def test_ties_of_three_lists_break_alike(take_home, tied, generated, request, options, place):
    folder, _, strategy = take_home(options, tied)
    module = generated(folder, place)
    held_out = tied.split(EVALUATE)
    blocks = {name: held_out.modality(name).corpus.vectors for name in NAMES}
    keys = [(name, row) for name in NAMES for row in range(len(blocks[name]))]
    ask = PLACES[place](module, blocks, keys, request)
    for modality in ("image", "text"):
        for row in (0, 3, 5, 12, 33):
            query = blocks[modality][row]
            found = [key for key, _ in ask(query, modality)]
            assert found == expected(held_out, strategy, query, modality)
