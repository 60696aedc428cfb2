"""What every engine answers live is what exact search in memory answers, in either layout."""

import numpy as np
import pytest

from gapviz.core.corpus import Corpus
from gapviz.measures.live import LIVE_FIGURES, measure_live, paired_queries
from gapviz.measures.retrieval.judged import Judged
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import ranked_lists
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.stores.read_only import opened_to_read
from gapviz.sources.stores.reading import read_store
from gapviz.sources.stores.store import Batch, FieldVectors, VectorField
from gapviz.strategies.raw import Raw
from tests.sources.stores.engines import DIM, N, filled, vectors_of


def by_field(home):
    """An item an entry; each fourth has no text."""
    has = np.array([at for at in range(N) if at % 4])
    held = {
        "image": FieldVectors(np.arange(N), vectors_of(N, 5)),
        "text": FieldVectors(has, vectors_of(N, 5)[has] + vectors_of(N, 6)[has]),
    }
    fields = [VectorField("image", DIM), VectorField("text", DIM)]
    batch = Batch(tuple(f"i{at}" for at in range(N)), held, ({"caption": "x"},) * N)
    filled(home("live-fields"), fields, batch, ("caption",)).close()
    return home("live-fields")


def by_entry(home):
    """A vector an entry."""
    names = ("image", "text")
    rows = np.concatenate([vectors_of(N, 7), vectors_of(N, 7) + vectors_of(N, 8)])
    payload = tuple({"modality": name, "item": f"i{at}"} for name in names for at in range(N))
    ids = tuple(f"{one['modality']}/{one['item']}" for one in payload)
    held = {"": FieldVectors(np.arange(2 * N), rows)}
    batch = Batch(ids, held, payload)
    filled(home("live-entries"), [VectorField("", DIM)], batch, ("modality", "item")).close()
    return home("live-entries")


@pytest.mark.parametrize("write", [by_field, by_entry])
def test_an_engine_that_does_not_approximate_has_the_figures_of_memory(home, write):
    address = write(home)
    collection = read_store(address, ReadOptions(sample=None)).collection
    evaluation = paired_queries(collection, 20)
    with opened_to_read(address) as store:
        found = measure_live(store, collection, evaluation)
    raw = Raw()
    raw.modalities_ = collection.modality_names
    run = ranked_lists(ExactIndex.of(collection, raw), evaluation, depth=20)
    expected = Judged(run, evaluation, Corpus.of(collection)).values
    for asked in ("image", "text"):
        one = found.answered[asked]
        assert np.nanmin(one.recall) == 1
        for side in (one.engine, one.exact):
            for figure in LIVE_FIGURES:
                np.testing.assert_allclose(side.values[figure], expected[figure], atol=1e-4)
