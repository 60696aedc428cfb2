"""Exact top 10 of 100,000 × 512 against torch, numpy and faiss.

The first peer is no search at all but the bare matrix product: what is left to gain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import faiss
import numpy as np
import torch

from benchmarks.timing import Comparison, compare
from gapviz.core.rows import rows_of_one
from gapviz.core.vectors import Float32, unit_rows
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.strategies.raw import Raw

N_ROWS, DIM, K = 100_000, 512, 10
ROUNDS = {1: 31, 100: 11, 1_000: 5}

# faiss 1.15 decides by the size of the problem whether to use a matrix product at all, and
# then takes small blocks. This is the fastest setting found for these sizes.
FAISS_TUNED = {
    "distance_compute_blas_threshold": 20,
    "distance_compute_blas_query_bs": 4_096,
    "distance_compute_blas_database_bs": 65_536,
}


def comparisons() -> Iterator[Comparison]:
    """At 1, 100 and 1,000 queries."""
    random = np.random.default_rng(0)
    corpus = unit_rows(random.standard_normal((N_ROWS, DIM), dtype=np.float32))
    raw = Raw()
    raw.modalities_ = ("image",)
    ours = ExactIndex(rows_of_one("image", corpus, np.arange(N_ROWS)), raw)
    index = faiss.IndexFlatIP(DIM)
    index.add(corpus)
    for n_queries, rounds in ROUNDS.items():
        queries = unit_rows(random.standard_normal((n_queries, DIM), dtype=np.float32))
        yield from compare(
            f"top {K}, {n_queries:,} × {N_ROWS:,} × {DIM}",
            partial(ours.search_many, queries, "image", K),
            _peers(queries, corpus, index),
            rounds=rounds,
        )


def _peers(
    queries: Float32, corpus: Float32, index: faiss.IndexFlatIP
) -> Mapping[str, Callable[[], object]]:
    """Each may write its scores into memory it has used before."""
    scores = np.empty((len(queries), len(corpus)), dtype=np.float32)
    shared = torch.from_numpy(scores)
    asked, searched = torch.from_numpy(queries), torch.from_numpy(corpus)

    def numpy_product() -> Float32:
        return np.matmul(queries, corpus.T, out=scores)

    def torch_product() -> torch.Tensor:
        return torch.mm(asked, searched.T, out=shared)

    def argpartition() -> object:
        product = numpy_product()
        rows = np.argpartition(product, -K, axis=1)[:, -K:]
        best = np.take_along_axis(product, rows, axis=1)
        return np.take_along_axis(rows, np.argsort(-best, axis=1), axis=1)

    def tuned_faiss() -> object:
        before = {name: getattr(faiss.cvar, name) for name in FAISS_TUNED}
        try:
            for name, value in FAISS_TUNED.items():
                setattr(faiss.cvar, name, value)
            return index.search(queries, K)
        finally:
            for name, value in before.items():
                setattr(faiss.cvar, name, value)

    return {
        "bare product, torch": torch_product,
        "bare product, numpy": numpy_product,
        "torch.topk": lambda: torch.topk(torch_product(), K),
        "numpy argpartition": argpartition,
        "faiss IndexFlatIP": lambda: index.search(queries, K),
        "faiss IndexFlatIP, tuned": tuned_faiss,
    }
