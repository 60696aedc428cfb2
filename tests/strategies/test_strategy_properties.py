"""What must hold of every strategy, whatever the vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz import Collection, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.splits import EVALUATE
from gapviz.measures.experiment import measure
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy

seeds = st.integers(0, 10_000)


def figures(collection, options):
    outcomes = evaluate_mixed(collection, fit_strategy(options, collection))
    return {
        name: [outcome.match_rank.tolist(), outcome.own_share.tolist()]
        for name, outcome in outcomes.items()
    }


def changed(collection, change):
    return Collection(
        "changed",
        collection.items,
        {name: ModalityVectors.of(change(b.vectors)) for name, b in collection.modalities.items()},
        collection.splits,
    )


# Standardising by dimension reads the axes, which a rotation turns.
@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "zscore"])
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_one_rotation_of_all_vectors_changes_nothing(make_collection, name, seed):
    collection = make_collection(25, seed=seed)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((8, 8)))[0]
    turned = changed(collection, lambda rows: rows @ turn)
    options = StrategyOptions(name)
    before, after = figures(collection, options), figures(turned, options)
    for modality in before:
        np.testing.assert_array_equal(before[modality][0], after[modality][0])
        np.testing.assert_allclose(before[modality][1], after[modality][1], atol=1e-9)


@given(seed=seeds, k=st.floats(0.1, 1e5))
@settings(max_examples=10, deadline=None)
def test_over_disjoint_lists_k_changes_nothing(make_collection, seed, k):
    collection = make_collection(15, seed=seed)
    usual = figures(collection, StrategyOptions("route"))
    assert figures(collection, StrategyOptions("route", rrf_k=k)) == usual


@pytest.mark.parametrize("name", STRATEGIES)
def test_bias_of_vectors_without_a_gap_is_chance(name):
    rng = np.random.default_rng(0)
    collection = Collection(
        "random",
        items_of_rows(500),
        {m: ModalityVectors.of(rng.standard_normal((500, 24))) for m in ("image", "text")},
    )
    apart = Collection("other", collection.items[:200], make_rows(rng, 200))
    outcomes = evaluate_mixed(collection, fit_strategy(StrategyOptions(name), apart))
    for outcome in outcomes.values():
        assert outcome.expected_share.mean() == pytest.approx(0.5, abs=0.01)
        assert outcome.own_share.mean() == pytest.approx(0.5, abs=0.06)


def make_rows(rng, n):
    return {m: ModalityVectors.of(rng.standard_normal((n, 24))) for m in ("image", "text")}


@pytest.mark.parametrize("name", STRATEGIES)
def test_pairing_the_evaluated_items_otherwise_moves_no_vector_and_no_level(make_collection, name):
    collection = make_collection(40)
    held_out = collection.splits[EVALUATE]

    def otherwise(block):
        rows = block.vectors.copy()
        rows[held_out] = rows[np.roll(held_out, 1)]
        return ModalityVectors.of(rows)

    modalities = dict(collection.modalities) | {"text": otherwise(collection.modalities["text"])}
    other = Collection("other", collection.items, modalities, collection.splits)
    probe = collection.modality("image").vectors
    one, two = (measure(c, StrategyOptions(name)).strategy for c in (collection, other))
    assert one.transform(probe, "image").tobytes() == two.transform(probe, "image").tobytes()
    assert one.warnings == two.warnings
