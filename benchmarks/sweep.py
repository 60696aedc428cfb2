"""A λ sweep against moving, normalising, multiplying and ranking anew at every λ, in torch.

The peer is written as one would for speed: it works in place, and its scores stay in one
reused buffer. It computes the top 10 and the rank of the first match, which bias and MRR need.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from benchmarks.timing import Comparison, compare
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, unit_rows
from gapviz.retrieval.sweep import sweep

NAMES = ("image", "text")
LAMBDAS = np.linspace(0.0, 2.0, 21)
K = 10


def comparisons() -> Iterator[Comparison]:
    """At the size of a page of the dashboard, and at the size of a large collection."""
    for n_queries, n, dim, rounds in ((1_200, 1_200, 256, 7), (1_000, 100_000, 512, 3)):
        random = np.random.default_rng(0)
        queries, corpus = (_made_up_rows(random, rows, dim) for rows in (n_queries, n))
        directions = (0.02 * random.standard_normal((len(NAMES), dim))).astype(np.float32)
        named = dict(zip(NAMES, directions, strict=True))
        yield from compare(
            f"{LAMBDAS.size} λ, {n_queries:,} × {n:,} × {dim}",
            partial(sweep, queries, corpus, named, LAMBDAS, k=K),
            {"recomputing in torch": _Recomputing(queries, corpus, directions)},
            rounds=rounds,
        )


def _made_up_rows(random: np.random.Generator, n: int, dim: int) -> Rows:
    """Half of every modality; the items of a side are paired."""
    vectors = unit_rows(random.standard_normal((n, dim), dtype=np.float32))
    side = np.arange(n, dtype=np.int64)
    return Rows(NAMES, vectors, side // (n // 2), side % (n // 2))


class _Recomputing:
    """The peer, with the buffers that it uses again."""

    def __init__(self, queries: Rows, corpus: Rows, directions: Float32) -> None:
        self.queries, self.corpus = queries, corpus
        self.vectors = [torch.from_numpy(rows.vectors) for rows in (queries, corpus)]
        self.shifts = [torch.from_numpy(directions[rows.modality]) for rows in (queries, corpus)]
        self.moved = [torch.empty_like(vectors) for vectors in self.vectors]
        self.scores = torch.empty(queries.n_rows, corpus.n_rows)
        n_pairs = corpus.n_rows // 2
        # Row of the same item in the other modality, and the query's own entry.
        other = queries.item + np.where(queries.modality == 0, n_pairs, 0)
        own = queries.item + np.where(queries.modality == 0, 0, n_pairs)
        self.match, self.own = (torch.from_numpy(rows)[:, None] for rows in (other, own))

    def __call__(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        results = []
        for lam in LAMBDAS:
            for vectors, shift, moved in zip(self.vectors, self.shifts, self.moved, strict=True):
                torch.add(vectors, shift, alpha=float(lam), out=moved)
                lengths = torch.linalg.vector_norm(moved, dim=1, keepdim=True)
                torch.div(moved, lengths, out=moved)
            torch.mm(self.moved[0], self.moved[1].T, out=self.scores)
            self.scores.scatter_(1, self.own, -torch.inf)
            top = torch.topk(self.scores, K).indices
            best = self.scores.gather(1, self.match)
            results.append((top, 1 + (self.scores > best).sum(dim=1)))
        return results
