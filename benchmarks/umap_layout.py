"""Our UMAP layout against umap-learn's own defaults, warm, on 2,000 vectors.

Two peers: umap-learn as it comes (Euclidean, which orders unit rows as cosine does) and with
`metric="cosine"`, as its users ask for embeddings. All three have seed 42, and every function
has compiled before the clock starts. Ours is timed whole, but with the disk cache off.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from unittest import mock

import numpy as np

from benchmarks.timing import Comparison, compare
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, unit_rows
from gapviz.measures.projection.layout import Layout
from gapviz.measures.projection.project import project, trustworthiness
from gapviz.storage.configuration import CACHE_VARIABLE

N_ROWS = 2_000
ROUNDS = 3
SEED = 42


def comparisons() -> Iterable[Comparison]:
    """Time the three in turns; the case names the trustworthiness of ours, the peers theirs."""
    import umap

    name, vectors = _vectors()
    pooled = np.concatenate(list(vectors.values()))
    layouts: dict[str, Float32] = {}

    def peer(label: str, **metric: str) -> Callable[[], None]:
        def fit() -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                layouts[label] = umap.UMAP(random_state=SEED, **metric).fit_transform(pooled)

        return fit

    def ours() -> None:
        # An empty folder each time: nothing to read back.
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.dict("os.environ", {CACHE_VARIABLE: folder}),
        ):
            layouts["gapviz"] = project(vectors, method="umap", seed=SEED).points

    peers = {
        "umap.UMAP(random_state=42)": {},
        'umap.UMAP(metric="cosine", random_state=42)': {"metric": "cosine"},
    }
    compared = compare(
        f"UMAP of {name}, {pooled.shape[0]:,} × {pooled.shape[1]}",
        ours,
        {label: peer(label, **metric) for label, metric in peers.items()},
        rounds=ROUNDS,
    )
    drawn = project(vectors, method="pca")
    trust = {label: _trust(vectors, drawn, points) for label, points in layouts.items()}
    for row in compared:
        yield replace(
            row,
            case=f"{row.case} (trustworthiness {trust['gapviz']:.3f})",
            peer=f"{row.peer} ({trust[row.peer]:.3f})",
        )


def _trust(vectors: dict[str, Float32], drawn: Layout, points: Float32) -> float:
    return trustworthiness(vectors, replace(drawn, points=points))


def _vectors() -> tuple[str, dict[str, Float32]]:
    """Up to 2,000 rows of the built-in collection; made-up clouds where it is missing."""
    from gapviz.sources.builtin import builtin_collection

    try:
        collection = builtin_collection()
    except GapvizError:
        return "synthetic clouds (the built-in collection is missing)", _clouds()
    per_modality = N_ROWS // len(collection.modalities)
    return collection.name, {
        name: block.corpus.vectors[:per_modality] for name, block in collection.modalities.items()
    }


def _clouds() -> dict[str, Float32]:
    random = np.random.default_rng(SEED)
    topics = random.standard_normal((40, 512))
    items = topics[random.integers(40, size=N_ROWS // 2)]
    gap = 6 * np.eye(512)[0]
    return {
        name: unit_rows(items + random.standard_normal(items.shape) + side * gap)
        for name, side in (("image", 1), ("text", -1))
    }
