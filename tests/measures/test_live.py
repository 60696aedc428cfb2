"""Figures of a live index: they are those of exact search, but for what the engine approximates."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import PROTOCOL, Request
from gapviz.analyses.live import ANALYSIS, NO_INDEX, find_live
from gapviz.commands.cli import main
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.progress import no_progress
from gapviz.measures.live import measure_live, own_queries, paired_queries
from gapviz.measures.retrieval.judged import Judged
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import ranked_lists
from gapviz.retrieval.scanned import Search, scanned_nearest, similarities
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.read_only import opened_to_read
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import Batch, FieldVectors, StoreSchema, VectorField
from gapviz.strategies.raw import Raw

DIM = 16
FIGURES = ("bias", "target_hit", "ndcg")


def pairs(n, seed=0):
    """Images and texts of items, with a gap; `(n, DIM)` each."""
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n, DIM))
    image = meaning + 0.5 * rng.standard_normal((n, DIM))
    text = meaning + 0.5 * rng.standard_normal((n, DIM)) + 0.8
    return image.astype(np.float32), text.astype(np.float32)


def write(address, fields, batches, payload=()):
    writes = store_of(address).writes
    with writes.create(parsed_address(address), StoreSchema(fields, payload, 0)) as store:
        for batch in batches:
            store.write(batch)
        store.finish()
    return address


def by_field(address, n=200, *, whole=False):
    """An item an entry; every tenth has no text unless all are whole."""
    image, text = pairs(n)
    has = np.flatnonzero(np.arange(n) % 10 != 0) if not whole else np.arange(n)
    vectors = {
        "image": FieldVectors(np.arange(n), image),
        "text": FieldVectors(has, text[has]),
    }
    batch = Batch(tuple(f"i{at}" for at in range(n)), vectors, ({"caption": "x"},) * n)
    fields = (VectorField("image", DIM), VectorField("text", DIM))
    return write(address, fields, [batch], ("caption",))


def by_entry(address, n=200):
    """A vector an entry; every third item has two texts."""
    image, text = pairs(n)
    texts = [at for at in range(n) for _ in range(1 + (at % 3 == 0))]
    rows = np.concatenate([image, text[texts] + 0.1 * pairs(len(texts), 5)[0]])
    told = [("image", at) for at in range(n)] + [("text", at) for at in texts]
    ids = tuple(f"e{place}" for place in range(len(rows)))
    payload = tuple({"modality": name, "item": f"i{at}"} for name, at in told)
    batch = Batch(ids, {"": FieldVectors(np.arange(len(rows)), rows)}, payload)
    return write(address, (VectorField("", DIM),), [batch], ("modality", "item"))


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    return {
        "fields": by_field(f"arrays://{folder}#fields"),
        "entries": by_entry(f"arrays://{folder}#entries"),
        "qdrant fields": by_field("qdrant:///:memory:#live-fields"),
        "qdrant entries": by_entry("qdrant:///:memory:#live-entries"),
    }


@pytest.fixture(scope="module")
def approximate(tmp_path_factory):
    """A table of LanceDB whose fields are searched by a coarse product quantisation."""
    import lancedb
    from lancedb.index import IvfPq

    folder = tmp_path_factory.mktemp("lance")
    address = by_field(f"lancedb://{folder}#pairs", n=400, whole=True)
    table = lancedb.connect(folder).open_table("pairs")
    coarse = IvfPq(distance_type="cosine", num_partitions=1, num_sub_vectors=2, num_bits=4)
    for name in ("image", "text"):
        table.create_index(name, config=coarse)
    return address


def read(address, sample=None):
    return read_store(address, ReadOptions(sample=sample)).collection


def measured(address, collection, evaluation):
    with opened_to_read(address) as store:
        return measure_live(store, collection, evaluation)


def mixed(found):
    """Of all queries over all modalities."""
    return found.answered["text"]


def evaluation_of(found):
    return mixed(found).engine.evaluation


@pytest.mark.parametrize("name", ["fields", "qdrant fields", "entries", "qdrant entries"])
def test_over_one_modality_a_query_finds_what_cross_modal_search_does(stores, name):
    collection = read(stores[name])
    found = measured(stores[name], collection, paired_queries(collection, 1_000))
    assert set(found.answered) == {"image", "text", "text → image", "image → text"}
    for source, target in (("image", "text"), ("text", "image")):
        pairs_of = collection.pairs(source, target)
        rows = {one: collection.modality(one) for one in (source, target)}
        scores = rows[source].vectors[pairs_of.rows_a] @ rows[target].vectors.T
        own = np.take_along_axis(scores, pairs_of.rows_b[:, None], axis=1)
        rank = 1 + (scores > own + 1e-6).sum(axis=1)
        gains = np.where(rank <= 10, 1 / np.log2(1 + rank), 0)
        # Of several matches of a query the gains add up, over those of the best order.
        asking, turn, n = np.unique(pairs_of.rows_a, return_inverse=True, return_counts=True)
        ideal = np.array([(1 / np.log2(2 + np.arange(count))).sum() for count in n])
        expected = (np.bincount(turn, gains, minlength=asking.size) / ideal).mean()
        one = found.figures["ndcg", f"{source} → {target}"]
        assert one.engine.value == pytest.approx(expected, abs=1e-5)
        assert one.exact.value == one.engine.value


@pytest.mark.parametrize("name", ["fields", "entries", "qdrant fields", "qdrant entries"])
def test_an_exact_engine_has_the_figures_of_the_index_in_memory(stores, name):
    collection = read(stores[name])
    evaluation = paired_queries(collection, 60)
    found = measured(stores[name], collection, evaluation)
    raw = Raw()
    raw.modalities_ = collection.modality_names
    run = ranked_lists(ExactIndex.of(collection, raw), evaluation, depth=20)
    expected = Judged(run, evaluation, Corpus.of(collection)).values
    for figure in FIGURES:
        np.testing.assert_allclose(mixed(found).engine.values[figure], expected[figure], atol=1e-5)
        np.testing.assert_allclose(mixed(found).exact.values[figure], expected[figure], atol=1e-5)
    assert set(mixed(found).recall) == {1.0}
    assert (found.n_queries["image"], found.n_queries["text"]) == (60, 60)
    assert all(not one.difference.value for one in found.figures.values())


@pytest.mark.parametrize("name", ["fields", "entries"])
def test_a_sample_asks_the_whole_store(stores, name):
    sample, whole = read(stores[name], 50), read(stores[name])
    found = measured(stores[name], sample, paired_queries(sample, 30))
    assert (mixed(found).engine.run.item == -1).any()
    # The same queries over the whole collection get the same lists.
    asked = {one.id.partition("-")[2].partition("-")[2] for one in evaluation_of(found).queries}
    everything = paired_queries(whole, 10_000)
    bias = {
        (query.modality, query.id.rpartition("-")[2]): value
        for query, value in zip(
            everything.queries,
            mixed(measured(stores[name], whole, everything)).engine.values["bias"],
            strict=True,
        )
    }
    assert asked <= {item.id for item in sample.items}
    if name == "fields":
        for query, value in zip(
            evaluation_of(found).queries, mixed(found).engine.values["bias"], strict=True
        ):
            assert value == bias[query.modality, query.id.rpartition("-")[2]]


@pytest.mark.slow
def test_what_an_approximate_index_adds_is_said_with_its_interval(approximate):
    collection = read(approximate)
    found = measured(approximate, collection, paired_queries(collection, 100))
    assert found.exact_by == "engine"
    assert set(found.recalls) == {"image", "text", "text → image", "image → text"}
    for modality in ("image", "text"):
        recall = found.recalls[modality]
        assert 0.1 < recall.value < 0.95 and recall.low < recall.value < recall.high
        bias = found.figures["bias", modality]
        assert bias.difference.value == pytest.approx(bias.engine.value - bias.exact.value)
        assert bias.difference.low < bias.difference.value < bias.difference.high
        assert found.figures["ndcg", modality].difference.value < 0
    words = find_live(request(collection), no_progress)
    assert "IvfPq" in words.title and NO_INDEX not in words.readings
    assert "the approximate index adds" in " ".join(words.readings)
    assert "takes NDCG@10 of text → image from" in words.readings[-1]


@pytest.mark.slow
def test_exact_search_is_a_pass_over_the_entries_where_the_engine_cannot(approximate, monkeypatch):
    collection = read(approximate)
    evaluation = paired_queries(collection, 40)
    by_engine = measured(approximate, collection, evaluation)
    with opened_to_read(approximate) as store:
        asks = store.nearest

        def cannot(field, queries, k, *, exact=False, **others):
            if exact:
                raise GapvizError("cannot search exactly")
            return asks(field, queries, k, **others)

        monkeypatch.setattr(store, "nearest", cannot)
        by_scan = measure_live(store, collection, evaluation)
    assert by_scan.exact_by == "scan"
    np.testing.assert_array_equal(mixed(by_scan).recall, mixed(by_engine).recall)
    for figure in FIGURES:
        np.testing.assert_allclose(
            mixed(by_scan).exact.values[figure], mixed(by_engine).exact.values[figure]
        )


def test_a_pass_finds_what_each_metric_says(stores):
    rng = np.random.default_rng(1)
    rows, queries = (rng.standard_normal((n, 5)).astype(np.float32) for n in (40, 3))
    apart = -np.linalg.norm(queries[:, None] - rows[None], axis=2)
    np.testing.assert_allclose(similarities(rows, queries, "euclidean"), apart, atol=1e-5)
    np.testing.assert_allclose(similarities(rows, queries, "dot"), queries @ rows.T, atol=1e-6)
    with opened_to_read(stores["fields"]) as store:
        asked = pairs(3, 9)[0]
        searches = [Search(name, name) for name in ("image", "text")]
        found = scanned_nearest(store, searches, asked, 7, lambda share: None)
        for one in searches:
            assert found[one].ids == store.nearest(one.field, asked, 7).ids
    with opened_to_read(stores["entries"]) as store:
        of_text = Search("text", "", "modality", "text")
        found = scanned_nearest(store, [of_text], asked, 7, lambda share: None)
        assert found[of_text].ids == store.nearest("", asked, 7, where={"modality": "text"}).ids


def request(collection, **values):
    usual = ANALYSIS.usual() | {"asking": 40} | values
    return Request(collection, usual, source=collection.store.address)


def with_queries(collection):
    """Queries that are noisy texts of items, which they ask for as images."""
    text = collection.modality("text")
    owners = text.item_index[:40]
    noise = np.random.default_rng(2).standard_normal((40, DIM)).astype(np.float32)
    rows = text.vectors[:40] + 0.1 * noise
    block = replace(text, vectors=rows / np.linalg.norm(rows, axis=1, keepdims=True),
                    item_index=np.arange(40), query_only=np.zeros(40, dtype=bool))  # fmt: skip
    queries = tuple(JudgedQuery(f"q{n}", "text", asked_modality="image") for n in range(40))
    judgments = Judgments.of(np.arange(40), owners, np.ones(40))
    return with_evaluation(collection, Evaluation("q", queries, judgments, {"text": block}))


@pytest.mark.parametrize("name", ["fields", "entries"])
def test_queries_of_ones_own_ask_by_their_judgments(stores, name):
    collection = with_queries(read(stores[name]))
    evaluation = own_queries(collection)
    found = measured(stores[name], collection, evaluation)
    raw = Raw()
    raw.modalities_ = collection.modality_names
    run = ranked_lists(ExactIndex.of(collection, raw), evaluation, depth=20)
    expected = Judged(run, evaluation, Corpus.of(collection)).values
    for figure in FIGURES:
        np.testing.assert_allclose(mixed(found).engine.values[figure], expected[figure], atol=1e-5)
    assert ("target_hit", "text") in found.figures
    told = find_live(request(collection), no_progress)
    assert told.figures["protocol"] == "judged" and "judgments" in told.protocol
    paired = find_live(request(collection, **{PROTOCOL.name: "paired"}), no_progress)
    assert paired.figures["protocol"] == "paired"


def test_a_collection_of_no_store_has_nothing_to_ask(stores, make_collection):
    made = make_collection()
    with pytest.raises(GapvizError, match="was not read from a vector store"):
        find_live(Request(made, ANALYSIS.usual()), no_progress)
    cut = replace(make_collection(dim=4), store=read(stores["fields"]).store)
    with pytest.raises(GapvizError, match="have 4 dimensions, and those of the store 16"):
        find_live(request(cut), no_progress)


def test_measure_has_the_live_index_beside_it_where_the_source_is_a_store(stores, capsys):
    assert main(["measure", stores["fields"], "--sample", "50"]) == 0
    printed = capsys.readouterr().out
    assert "a sample of 50 of 200 items (seed 42)" in printed
    assert "The live index" in printed and NO_INDEX in " ".join(printed.split())


def test_measure_says_why_there_are_no_live_figures(stores, monkeypatch):
    from gapviz.analyses import live

    def gone(address):
        raise GapvizError("the server does not answer")

    monkeypatch.setattr(live, "opened_to_read", gone)
    found = live.live_part(request(read(stores["fields"])), no_progress)["live"]
    assert (
        found.readings == ["The server does not answer."] or "does not answer" in found.readings[0]
    )
