"""How much of exact search an approximate index finds, told with an interval."""

import lancedb
import numpy as np
import pytest
from lancedb.index import IvfFlat

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import Rows, corpus_rows
from gapviz.core.splits import alternate_splits
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.recall import recall_against_exact
from gapviz.retrieval.store_index import StoreIndex
from gapviz.sources.stores.registry import open_store
from gapviz.strategies import StrategyOptions, fit_strategy
from tests.sources.stores.engines import written

N, DIM, K = 300, 16, 10


@pytest.fixture(scope="module")
def collection():
    random = np.random.default_rng(0)
    meaning = random.standard_normal((N, DIM))
    blocks = {
        name: ModalityVectors.of(
            meaning + random.standard_normal((N, DIM)) + place * np.eye(DIM)[0]
        )
        for place, name in enumerate(("image", "text"))
    }
    return Collection("pairs", items_of_rows(N), blocks, alternate_splits(N))


@pytest.fixture(scope="module")
def strategy(collection):
    return fit_strategy(StrategyOptions("raw"), collection)


@pytest.fixture(scope="module")
def exact(collection, strategy):
    return ExactIndex.of(collection, strategy)


@pytest.fixture(scope="module")
def approximate(collection, strategy, tmp_path_factory):
    """The same rows in a table under an index of thirty lists."""
    folder = tmp_path_factory.mktemp("lance")
    rows = corpus_rows(collection, strategy)
    address = f"lancedb://{folder}#t"
    written(address, collection, rows).close()
    made = lancedb.connect(folder).open_table("t")
    made.create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=30))
    with open_store(address) as store:
        yield store


def asked(collection):
    return {name: block.vectors for name, block in collection.modalities.items()}


def test_recall_is_the_share_of_the_exact_list_that_is_found(
    collection, strategy, exact, approximate
):
    index = StoreIndex.of(collection, strategy, approximate, effort=2)
    (image, text) = recall_against_exact(index, exact, asked(collection), K, n_sample=50)
    drawn = np.sort(np.random.default_rng(42).choice(N, 50, replace=False))
    for found, name in ((image, "image"), (text, "text")):
        vectors = collection.modality(name).vectors[drawn]
        lists = [one.search_many(vectors, name, K).rows for one in (index, exact)]
        shares = [np.isin(mine, theirs).mean() for mine, theirs in zip(*lists, strict=True)]
        assert found.recall.value == pytest.approx(np.mean(shares))
        assert 0.1 < found.recall.value < 0.95
        assert found.recall.low < found.recall.value < found.recall.high
        assert str(found).endswith(f"of exact search (50 queries of {name})")


def test_recall_grows_with_the_effort_and_is_whole_where_the_engine_is_exact(
    collection, strategy, exact, approximate
):
    def recall(**options):
        index = StoreIndex.of(collection, strategy, approximate, **options)
        found = recall_against_exact(index, exact, asked(collection), K, n_sample=40)
        return found[0].recall.value

    assert recall(effort=1) < recall(effort=5) < recall(effort=30)
    assert recall(exact=True) == recall(effort=30) == 1


def test_a_copy_of_the_last_entry_counts_as_found():
    """Of four equal entries at the end of the list any may stand there."""
    random = np.random.default_rng(1)
    few = random.standard_normal((12, DIM)).astype(np.float32)
    few /= np.linalg.norm(few, axis=1, keepdims=True)
    rows = np.concatenate([few, few[[3, 3, 3]]])
    made = Rows(("image",), rows, np.zeros(15, np.int64), np.arange(15))
    strategy = fit_strategy(
        StrategyOptions("raw"),
        Collection("one", items_of_rows(15), {"image": ModalityVectors.of(rows)}, {}),
    )
    turned = Rows(("image",), rows[::-1].copy(), np.zeros(15, np.int64), np.arange(15))

    class Backwards:
        """The rows in another order, told by their first numbers."""

        def search_many(self, vectors, modality, k=10):
            found = ExactIndex(turned, strategy).search_many(vectors, modality, k)
            return type(found)(14 - found.rows, found.scores)

    exact = ExactIndex(made, strategy)
    (found,) = recall_against_exact(Backwards(), exact, {"image": few[[3]]}, 2)
    assert found.recall.value == 1


def test_no_queries_are_told(exact):
    nothing = {"image": np.zeros((0, DIM), dtype=np.float32)}
    with pytest.raises(GapvizError, match="no queries of image"):
        recall_against_exact(exact, exact, nothing)
