"""What storing vectors in fewer bytes loses."""

from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.approximate_recall import sampled
from gapviz.measures.retrieval.stored_recall import bytes_of, storage_losses
from gapviz.strategies import StrategyOptions
from tests.worlds import clustered

PAIR = ("image", "text")


def test_storage_loses_more_the_fewer_bytes_it_has():
    collection = clustered(600)
    strategy = Experiment(collection).fitted(StrategyOptions("raw"))
    sample = sampled(collection, PAIR, n_queries=100, most_rows=2_000, seed=0)
    found = storage_losses(sample, strategy, ("float32", "int8", "binary"), seed=0)
    means = {
        one.storage: one.recall.mean() for one in found if (one.source, one.target) == PAIR[::-1]
    }
    assert means["float32"] == 1 and means["int8"] > 0.9 > means["binary"]
    assert all(one.ranked_again.mean() >= one.recall.mean() for one in found)
    assert [bytes_of(one, 20) for one in ("float32", "int8", "binary", "pq")] == [80, 20, 3, 3]
