"""Three modalities with planted ties: gapviz and all generated code break them alike."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import corpus_rows
from gapviz.core.splits import EVALUATE
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
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


@pytest.mark.parametrize("options", PLANS, ids=lambda o: f"{o.name}-{o.value('ties')}")
@pytest.mark.parametrize("place", ["in_numpy", "in_qdrant", "in_lancedb"])
def test_ties_of_three_lists_break_alike(take_home, tied, generated, tmp_path, options, place):
    folder, _, strategy = take_home(options, tied)
    module = generated(folder, place)
    held_out = tied.split(EVALUATE)
    blocks = {name: held_out.modality(name).corpus.vectors for name in NAMES}
    keys = [(name, row) for name in NAMES for row in range(len(blocks[name]))]
    if place == "in_numpy":
        rows = {name: module.move(block, name) for name, block in blocks.items()}

        def ask(query, modality):
            return [key for key, _ in module.search(query, modality, rows, k=K)]

    elif place == "in_qdrant":
        from qdrant_client import QdrantClient

        client = QdrantClient(":memory:")
        module.store(client, [(n, {name: blocks[name][row]}) for n, (name, row) in enumerate(keys)])

        def ask(query, modality):
            return [keys[key] for key, _ in module.search(client, query, modality, k=K)]

    else:
        import lancedb

        table = module.store(
            lancedb.connect(tmp_path),
            [(n, name, blocks[name][row]) for n, (name, row) in enumerate(keys)],
        )

        def ask(query, modality):
            return [keys[key] for key, _ in module.search(table, query, modality, k=K)]

    for modality in ("image", "text"):
        for row in (0, 3, 5, 12, 33):
            query = blocks[modality][row]
            assert ask(query, modality) == expected(held_out, strategy, query, modality)
