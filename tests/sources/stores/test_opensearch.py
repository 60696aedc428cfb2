"""OpenSearch over a real socket: `opensearch_server.py` answers in the documented shapes."""

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.registry import open_store, store_of
from gapviz.sources.stores.store import ReciprocalFusion
from tests.sources.stores import test_conformance as suite
from tests.sources.stores.engines import COLOURS, DIM, Items, N, Several, best_entries, vectors_of
from tests.sources.stores.opensearch_server import Cluster, served

QUERIES = vectors_of(3, 9)


def knn(space="cosinesimil", engine="lucene", method="hnsw", **more):
    how = {"name": method, "engine": engine, "space_type": space, "parameters": {"m": 16}}
    return {"type": "knn_vector", "dimension": DIM, "method": how, **more}


def documents_of(world):
    """Images of an item are nested objects, its text is a field."""
    found = {}
    for place, one in enumerate(world.ids):
        images = world.images.vectors[world.images.entry == place].tolist()
        payload = world.batch.payload[place]
        found[one] = {
            "text": world.texts.vectors[place].tolist(), **payload, "n": place,
            **({"images": [{"image": vector} for vector in images]} if images else {}),
        }  # fmt: skip
    return found


PROPERTIES = {
    "images": {"type": "nested", "properties": {"image": knn()}},
    "text": knn(engine="faiss"),
    "caption": {"type": "text"},
    "colour": {"type": "text", "fields": {"words": {"type": "keyword"}}},
    "n": {"type": "integer"},
}


@pytest.fixture(scope="module")
def cluster():
    made = Cluster()
    made.create("items", PROPERTIES, documents_of(Several()))
    return made


@pytest.fixture(scope="module")
def server(cluster):
    with served(cluster) as address:
        yield address


@pytest.fixture
def items(server):
    with open_store(f"{server}/items") as store:
        yield store


def test_the_mapping_is_the_schema(items):
    told = items.schema()
    assert [(one.name, one.dim, one.metric, one.several, one.index) for one in told.fields] == [
        ("images.image", DIM, "cosine", True, "HNSW of lucene, m = 16"),
        ("text", DIM, "cosine", False, "HNSW of faiss, m = 16"),
    ]
    assert told.payload == ("caption", "colour", "n")
    assert told.n_entries == N
    assert not told.searches_exactly


@pytest.mark.parametrize("exact", [False, True])
def test_scores_are_cosines_by_index_and_by_script(items, exact):
    found = items.nearest("text", QUERIES, 10, exact=exact)
    expected = [best_entries(Several().texts, query)[:10] for query in QUERIES]
    suite.assert_lists(found, expected, Items.ids)


def test_of_nested_vectors_the_best_counts(items):
    found = items.nearest("images.image", QUERIES, N)
    expected = [best_entries(Several().images, query) for query in QUERIES]
    suite.assert_lists(found, expected, Items.ids)
    with pytest.raises(GapvizError, match="by its index alone"):
        items.nearest("images.image", QUERIES, 3, exact=True)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_filter_takes_the_whole_words_of_a_text(items, colour, exact):
    allowed = {i for i in range(N) if COLOURS[i % 2] == colour}
    found = items.nearest("text", QUERIES, N, where={"colour": colour}, exact=exact)
    expected = [best_entries(Several().texts, query, allowed) for query in QUERIES]
    suite.assert_lists(found, expected, Items.ids)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"caption": "the 3th"}, "text that is taken apart.*; map it as keyword too"),
        ({"maker": "me"}, "no field 'maker' to filter by"),
    ],
)
def test_a_filter_that_cannot_be_is_one_sentence(items, where, sentence):
    with pytest.raises(GapvizError, match=sentence):
        items.nearest("text", QUERIES, 3, where=where)


@pytest.mark.parametrize(
    ("space", "engine", "method", "word"),
    [
        ("cosinesimil", "nmslib", "hnsw", "ef_search"),
        ("innerproduct", "faiss", "ivf", "nprobes"),
        ("l2", "lucene", "hnsw", "ef_search"),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_every_space_of_every_engine_gives_similarities(
    cluster, server, space, engine, method, word, exact
):
    rows = vectors_of(N, 2)
    documents = {one: {"v": row.tolist()} for one, row in zip(Items.ids, rows, strict=True)}
    cluster.create("spaces", {"v": knn(space, engine, method)}, documents)
    with open_store(f"{server}/spaces") as store:
        found = store.nearest("v", QUERIES, 9, effort=50, exact=exact)
    if not exact:
        (asked,) = cluster.asked[-1][2][1]["query"].values()
        assert asked["v"]["method_parameters"] == {word: 50}
    plain = {
        "cosinesimil": (QUERIES @ rows.T)
        / np.linalg.norm(rows, axis=1)
        / np.linalg.norm(QUERIES, axis=1)[:, None],
        "innerproduct": QUERIES @ rows.T,
        "l2": -np.linalg.norm(QUERIES[:, None] - rows, axis=2),
    }[space]
    for got, scores, similar in zip(found.ids, found.scores, plain, strict=True):
        order = np.argsort(-similar)[:9]
        assert got == tuple(Items.ids[i] for i in order)
        np.testing.assert_allclose(scores, similar[order], rtol=1e-4)


def test_a_scan_brings_every_document_once_and_leaves_no_point_in_time(items, cluster):
    batches = list(items.scan(["images.image", "text"], batch=13))
    assert [one for batch in batches for one in batch.ids] == sorted(Items.ids)
    first = batches[0]
    for place, one in enumerate(first.ids):
        number = Items.ids.index(one)
        for name, rows in (("images.image", Several().images), ("text", Several().texts)):
            held = first.vectors[name].vectors[first.vectors[name].entry == place]
            np.testing.assert_array_equal(held, rows.vectors[rows.entry == number])
        assert first.payload[place] == {**Several().batch.payload[number], "n": number}
    assert not cluster.points


def test_a_scan_goes_on_from_where_it_was_left(items, cluster):
    whole = [batch.ids for batch in items.scan(["text"], batch=13)]
    first = next(iter(items.scan(["text"], batch=13)))
    assert [one.ids for one in items.scan([], ["n"], batch=13, after=first.cursor)] == whole[1:]
    assert not cluster.points


def test_documents_are_fetched_in_the_order_asked(items):
    found = items.fetch(["item 7", "nobody", "item 3"], ["images.image"])
    assert found.ids == ("item 7", "item 3")
    np.testing.assert_array_equal(found.vectors["images.image"].entry, [0, 1, 1])
    assert found.payload[1]["caption"] == "the 3th"
    assert items.fetch([], ["text"]).ids == ()


@pytest.mark.parametrize("constant", [60, 7])
def test_its_rank_fusion_is_the_papers_and_stores_no_pipeline(items, cluster, constant):
    asked = {"images.image": QUERIES, "text": QUERIES[::-1].copy()}
    found = items.fused(asked, 12, ReciprocalFusion(constant, 30))
    lists = [
        [
            [Items.ids[i] for i, _ in best_entries(rows, query)[:30]]
            for rows, query in zip((Several().images, Several().texts), both, strict=True)
        ]
        for both in zip(QUERIES, QUERIES[::-1], strict=True)
    ]
    suite.assert_fused(items, found, lists, 12, constant)
    assert {method for method, _, _ in cluster.asked} <= {"GET", "HEAD", "POST", "DELETE"}
    assert not [path for _, path, _ in cluster.asked if "_bulk" in path or "pipeline" in path]


@pytest.mark.parametrize(
    ("version", "constant", "n_lists", "sentence"),
    [
        ("2.18.0", 60, 2, "no rank fusion, which came with 2.19"),
        ("2.19.2", 7, 2, "ignores the rank constant, and takes 60 for 7"),
        ("3.1.0", 60, 6, "holds at most 5 queries"),
    ],
)
def test_a_fusion_that_would_not_be_the_papers_is_refused(
    items, cluster, monkeypatch, version, constant, n_lists, sentence
):
    monkeypatch.setattr(cluster, "version", version)
    lists = {f"list {number}": QUERIES for number in range(n_lists)}
    where = {name: {"colour": "red"} for name in lists}
    with pytest.raises(GapvizError, match=sentence):
        items.fused(lists, 5, ReciprocalFusion(constant), where=where)


def test_the_19th_of_the_second_takes_sixty(items, cluster, monkeypatch):
    monkeypatch.setattr(cluster, "version", "2.19.2")
    found = items.fused({"text": QUERIES}, 1, ReciprocalFusion(60))
    np.testing.assert_allclose(np.array(found.scores), 1 / 61, rtol=1e-6)


def test_what_the_server_refuses_is_told_in_its_words(items):
    with pytest.raises(GapvizError, match=r"the server answers 400: .*k <= 10000"):
        items.nearest("text", QUERIES, 10_001)


@pytest.mark.parametrize("known", [True, False])
def test_user_and_password_come_from_the_environment(server, cluster, monkeypatch, known):
    monkeypatch.setattr(cluster, "user", "reader:secret word")
    monkeypatch.setenv("OPENSEARCH_USER", "reader")
    monkeypatch.setenv("OPENSEARCH_PASSWORD", "secret word" if known else "another")
    if known:
        with open_store(f"{server}/items") as store:
            assert store.schema().n_entries == N
    else:
        with pytest.raises(GapvizError, match="refuses the user; set OPENSEARCH_USER") as told:
            open_store(f"{server}/items")
        assert "another" not in str(told.value)


def test_an_index_that_is_not_there_is_told_with_those_that_are(server):
    with pytest.raises(GapvizError, match="no index 'nothing'; use one of items"):
        open_store(f"{server}/nothing")


def test_what_does_not_answer_is_one_sentence():
    with pytest.raises(GapvizError, match="does not answer; check the host and the port"):
        open_store("opensearch://127.0.0.1:9/items")


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({**knn(), "method": {"space_type": "l1"}}, "measured by 'l1'"),
        ({"type": "knn_vector", "model_id": "trained"}, "takes its dimension from a model"),
    ],
)
def test_a_field_that_cannot_be_read_is_one_sentence(server, cluster, mapping, sentence):
    cluster.create("odd", {"v": mapping}, {})
    with open_store(f"{server}/odd") as store, pytest.raises(GapvizError, match=sentence):
        store.schema()


def test_an_index_without_graphs_is_searched_by_script(server, cluster):
    field = {"type": "knn_vector", "dimension": DIM, "space_type": "cosinesimil"}
    rows = {one: {"v": row.tolist()} for one, row in zip("abc", vectors_of(3), strict=True)}
    cluster.create("plain", {"v": field}, {**rows, "d": {}}, settings={})
    with open_store(f"{server}/plain") as store:
        assert store.schema().searches_exactly
        assert store.nearest("v", vectors_of(3), 1).ids == (("a",), ("b",), ("c",))
        assert len(store.nearest("v", QUERIES, 9).ids[0]) == 3


def test_nothing_is_written():
    assert store_of("opensearch://host/x").writes is None
