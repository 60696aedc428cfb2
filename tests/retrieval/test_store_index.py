"""An index in a store answers as the one in memory does, under every strategy."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import corpus_rows
from gapviz.core.splits import alternate_splits
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.retrieval.recall import recall_against_exact
from gapviz.retrieval.store_index import StoreIndex
from gapviz.strategies import StrategyOptions, fit_strategy
from tests.sources.stores.engines import ENGINES, FRESH, written

N_ITEMS, DIM = 40, 12
WHOLE = 1_000
"""A depth at which nothing is cut off."""
PLAIN = ("raw", "znorm", "inverted-softmax", "nnn", "csls", "route", "route-zscore", "minmax",
         "items-rrf", "items-max")  # fmt: skip
"""What moves no vector: all read one collection."""
MOVING = ("offset", "centre", "sinkhorn")
CHAIN = {"chain": "centre,inverted-softmax"}


@pytest.fixture(scope="module")
def collection():
    """Forty items: an image each, but for every fifth; a text each, every third two; and sounds
    of every second. The modalities lie apart.
    """
    random = np.random.default_rng(0)
    meaning = random.standard_normal((N_ITEMS, DIM))
    apart = 2.5 * np.eye(DIM)

    def rows(owners, place):
        return ModalityVectors.of(
            meaning[owners] + 0.7 * random.standard_normal((len(owners), DIM)) + apart[place],
            owners,
        )

    seen = [i for i in range(N_ITEMS) if i % 5]
    told = [i for i in range(N_ITEMS) for _ in range(1 + (i % 3 == 0))]
    heard = list(range(0, N_ITEMS, 2))
    blocks = {"image": rows(seen, 0), "text": rows(told, 1), "audio": rows(heard, 2)}
    return Collection("three", items_of_rows(N_ITEMS), blocks, alternate_splits(N_ITEMS))


@pytest.fixture(scope="module")
def single(collection):
    """The same with one text an item."""
    first = collection.modality("text").first_rows
    return replace(collection, modalities={**collection.modalities, "text": first})


@pytest.fixture(scope="module")
def fitted():
    """`fitted(collection, name)`: the strategy, fitted on every item."""
    made = {}

    def of(collection, name, **values):
        key = (id(collection), name, *values)
        if key not in made:
            made[key] = fit_strategy(StrategyOptions(name, **values), collection)
        return made[key]

    return of


@pytest.fixture(scope="module")
def stored(home):
    """`stored(collection, strategy, layout)`: an open store with the rows as the strategy moved
    them.
    """
    opened = {}

    def of(collection, strategy, layout="vectors"):
        rows = corpus_rows(collection, strategy)
        key = (layout, rows.vectors.tobytes())
        if key not in opened:
            opened[key] = written(home(f"index-{next(FRESH)}"), collection, rows, layout)
        return opened[key]

    yield of
    for store in opened.values():
        store.close()


def queries(collection):
    """An item's image and text; a text of a double; one from outside."""
    random = np.random.default_rng(5).standard_normal(DIM).astype(np.float32)
    image, text = (collection.modality(name) for name in ("image", "text"))
    return [
        Query(image.vectors[3], "image", int(image.item_index[3])),
        Query(text.vectors[0], "text", 0),
        Query(text.vectors[1], "text", 0, leave_out_own=False),
        Query(random / np.linalg.norm(random), "text"),
    ]


def assert_alike(found, exact, engine, *, ordered=True):
    """The same list, with the same figures beside it."""
    near = engine.rounding * 50 or 2e-4
    scores = [[hit.score for hit in one.hits] for one in (found, exact)]
    np.testing.assert_allclose(*scores, atol=near, rtol=near)
    assert found.corpus_share == pytest.approx(exact.corpus_share)
    if engine.rounding or not ordered:
        return
    assert [hit.row for hit in found.hits] == [hit.row for hit in exact.hits]
    cosines = [[hit.cosine for hit in one.hits] for one in (found, exact)]
    np.testing.assert_allclose(*cosines, atol=1e-5)
    assert found.bias == exact.bias
    assert (found.match_rank, found.hits) == (exact.match_rank, found.hits)


def ask(home, collection, strategy, store, depth=WHOLE, **options):
    return StoreIndex.of(collection, strategy, store, depth=depth, **options)


@pytest.mark.parametrize("name", [*PLAIN, *MOVING])
def test_single_vectors_are_ranked_as_in_memory(home, engine, collection, fitted, stored, name):
    strategy = fitted(collection, name)
    index = ask(home, collection, strategy, stored(collection, strategy))
    exact = ExactIndex.of(collection, strategy)
    for query in queries(collection):
        # Ranks tie between lists, and the engine may order each tie as it likes.
        ordered = index.fusion is None or not (query.item is None or not query.leave_out_own)
        assert_alike(index.search(query, 12), exact.search(query, 12), engine, ordered=ordered)


def test_a_composition_moves_and_re_ranks(home, engine, collection, fitted, stored):
    strategy = fitted(collection, "composed", **CHAIN)
    index = ask(home, collection, strategy, stored(collection, strategy))
    exact = ExactIndex.of(collection, strategy)
    for query in queries(collection):
        assert_alike(index.search(query, 12), exact.search(query, 12), engine)


@pytest.mark.parametrize("name", ["items-rrf", "items-max"])
def test_items_with_several_vectors_are_ranked_as_in_memory(
    home, engine, collection, fitted, stored, name
):
    strategy = fitted(collection, name)
    index = ask(home, collection, strategy, stored(collection, strategy, "items"))
    exact = ExactIndex.of(collection, strategy)
    for query in queries(collection):
        assert_alike(index.search(query, 12), exact.search(query, 12), engine)


@pytest.mark.parametrize("name", ["raw", "znorm", "nnn", "route", "items-rrf", "items-max"])
def test_fields_of_items_are_ranked_as_single_vectors_are_where_an_item_has_one(
    home, engine, single, fitted, stored, name
):
    strategy = fitted(single, name)
    index = ask(home, single, strategy, stored(single, strategy, "items"))
    exact = ExactIndex.of(single, strategy)
    for query in queries(single):
        for only in (None, "image"):
            found, whole = (one.search(query, 12, only=only) for one in (index, exact))
            assert_alike(found, whole, engine)


def test_of_several_vectors_of_an_item_the_best_is_listed(home, collection, fitted, stored):
    strategy = fitted(collection, "raw")
    index = ask(home, collection, strategy, stored(collection, strategy, "items"))
    found = index.search(queries(collection)[3], 30)
    assert len({(hit.item, hit.modality) for hit in found.hits}) == 30
    assert "Of several vectors of an item only the best is listed." in index.described


@pytest.mark.parametrize("name", ["raw", "znorm", "route"])
def test_one_modality_is_searched_alone(home, engine, collection, fitted, stored, name):
    strategy = fitted(collection, name)
    index = ask(home, collection, strategy, stored(collection, strategy))
    exact = ExactIndex.of(collection, strategy)
    for query in queries(collection):
        found = index.search(query, 8, only="audio")
        assert {hit.modality for hit in found.hits} == {"audio"}
        assert_alike(found, exact.search(query, 8, only="audio"), engine)


@pytest.mark.parametrize("name", ["raw", "znorm", "route", "items-rrf"])
def test_many_queries_get_what_each_gets_alone(home, engine, collection, fitted, stored, name):
    strategy = fitted(collection, name)
    index = ask(home, collection, strategy, stored(collection, strategy))
    vectors = collection.modality("text").vectors[:6]
    found = index.search_many(vectors, "text", 7)
    exact = ExactIndex.of(collection, strategy).search_many(vectors, "text", 7)
    near = engine.rounding * 50 or 2e-4
    np.testing.assert_allclose(found.scores, exact.scores, atol=near, rtol=near)
    if index.fusion is None and not engine.rounding:
        np.testing.assert_array_equal(found.rows, exact.rows)


def test_the_engines_own_rank_fusion_is_used_where_it_is_the_formula(
    home, engine, collection, fitted, stored
):
    """Each rank is shared by the three lists: the same rows at each, in any order."""
    strategy = fitted(collection, "route")
    index = ask(home, collection, strategy, stored(collection, strategy))
    if index.spec.fusion:
        assert index.fusion is None
        assert "gapviz merges" in index.described
        return
    assert index.fusion.k == 60
    assert f"{index.spec.title} fuses the lists by rank" in index.described
    query = queries(collection)[3]
    found = index.search(query, 12)
    exact = ExactIndex.of(collection, strategy).search(query, 12)
    np.testing.assert_allclose(
        [hit.score for hit in found.hits], np.repeat(1 / np.arange(61, 65), 3)
    )
    if not engine.rounding:
        for first in range(0, 12, 3):
            level = slice(first, first + 3)
            assert {h.row for h in found.hits[level]} == {h.row for h in exact.hits[level]}


def test_weights_of_lists_are_fused_by_gapviz(home, engine, collection, fitted, stored):
    strategy = fitted(collection, "route", weights=(("text", 2.0),))
    index = ask(home, collection, strategy, stored(collection, strategy))
    assert index.fusion is None
    exact = ExactIndex.of(collection, strategy)
    for query in queries(collection):
        assert_alike(index.search(query, 12), exact.search(query, 12), engine)


@pytest.mark.parametrize("name", ["znorm", "nnn", "csls"])
def test_adjusted_scores_are_re_ranked_from_the_best_of_each_modality(
    home, engine, collection, fitted, stored, name
):
    """Twelve of each are as good as all: none of the ten first stands further behind in its list.

    CSLS counts ten neighbours of the query in each list.
    """
    strategy = fitted(collection, name)
    index = ask(home, collection, strategy, stored(collection, strategy), depth=12)
    exact = ExactIndex.of(collection, strategy)
    query = queries(collection)[3]
    found = index.search(query, 3)
    assert "re-ranked by gapviz from the 12 best of each modality" in index.described
    near = engine.rounding * 50 or 2e-4
    expected = [hit.score for hit in exact.search(query, 3).hits]
    np.testing.assert_allclose([hit.score for hit in found.hits], expected, atol=near, rtol=near)


def test_a_match_behind_what_was_fetched_has_no_rank(home, collection, fitted, stored):
    strategy = fitted(collection, "raw")
    exact = ExactIndex.of(collection, strategy)
    image = collection.modality("image")
    asked = [
        Query(v, "image", int(i)) for v, i in zip(image.vectors, image.item_index, strict=True)
    ]
    ranks = [exact.search(query, 5).match_rank for query in asked]
    index = ask(home, collection, strategy, stored(collection, strategy), depth=10)
    for query, rank in zip(asked, ranks, strict=True):
        found = index.search(query, 5).match_rank
        assert found is None if rank > 12 else found in (rank, None)
    assert max(ranks) > 12


def test_an_exact_engine_has_full_recall(home, engine, collection, fitted, stored):
    strategy = fitted(collection, "raw")
    index = ask(home, collection, strategy, stored(collection, strategy), exact=True)
    exact = ExactIndex.of(collection, strategy)
    asked = {name: collection.modality(name).vectors for name in ("image", "text")}
    found = recall_against_exact(index, exact, asked, 10, n_sample=20)
    assert {one.modality for one in found} == {"image", "text"}
    for one in found:
        assert one.n_queries == 20
        assert one.recall.value == pytest.approx(1, abs=0 if not engine.rounding else 0.05)
        assert one.recall.low < 1


def test_a_store_without_a_modality_is_refused(home, single, fitted, stored):
    store = stored(single, fitted(single, "raw"), "items")
    more = replace(single, modalities={**single.modalities, "video": single.modality("image")})
    with pytest.raises(GapvizError, match="no vector field 'video'"):
        StoreIndex.of(more, fitted(more, "raw"), store)


def test_an_entry_of_another_collection_is_told(home, collection, fitted, stored):
    strategy = fitted(collection, "raw")
    store = stored(collection, strategy)
    few = collection.modalities | {"text": collection.modality("text").rows(np.arange(5))}
    part = Collection("part", collection.items, few, collection.splits)
    index = StoreIndex.of(part, fit_strategy(StrategyOptions("raw"), part), store)
    with pytest.raises(GapvizError, match="not of the collection"):
        index.search(queries(collection)[3])


def test_queries_that_do_not_fit_are_refused(home, collection, fitted, stored):
    strategy = fitted(collection, "raw")
    index = ask(home, collection, strategy, stored(collection, strategy))
    query = queries(collection)[3]
    with pytest.raises(GapvizError, match="the query has shape"):
        index.search(Query(query.vector[:-1], "text"))
    with pytest.raises(GapvizError, match="'video' is not indexed"):
        index.search(query, only="video")
    with pytest.raises(GapvizError, match="has not seen the modality"):
        index.search(Query(query.vector, "video"))
    with pytest.raises(GapvizError, match="cannot return 0"):
        index.search(query, 0)


def test_every_engine_is_asked():
    assert {"arrays", "qdrant", "lancedb"} <= set(ENGINES)
