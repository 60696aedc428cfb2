import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.collection import items_of_rows
from gapviz.measure import measure
from gapviz.strategies import ALIASES, STRATEGIES, StrategyOptions, fit_strategy, strategy_card

LEARNING = [name for name, card in STRATEGIES.items() if card.learns]


def learned(collection, name):
    strategy = measure(collection, StrategyOptions(name)).strategy
    return {key: value.tobytes() for key, value in strategy.alignment.directions_.items()}


def changed(collection, vectors_of):
    """The same collection with the vectors of its evaluate split replaced."""
    rows = collection.splits["evaluate"]
    modalities = {}
    for name, block in collection.modalities.items():
        vectors = block.vectors.copy()
        vectors[rows] = vectors_of(name, vectors[rows])
        modalities[name] = ModalityVectors.of(vectors)
    return Collection("changed", collection.items, modalities, collection.splits)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_vectors_of_the_evaluate_split_do_not_reach_the_fit(make_collection, name):
    collection = make_collection()
    rng = np.random.default_rng(9)
    other = changed(collection, lambda _, rows: rng.standard_normal(rows.shape))
    assert learned(other, name) == learned(collection, name)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_pairing_of_the_evaluate_split_does_not_reach_the_fit(make_collection, name):
    collection = make_collection()
    other = changed(collection, lambda which, rows: rows[::-1] if which == "text" else rows)
    assert learned(other, name) == learned(collection, name)


@pytest.mark.parametrize("name", LEARNING)
def test_the_calibrate_split_does_reach_the_fit(make_collection, name):
    assert learned(make_collection(seed=1), name) != learned(make_collection(seed=2), name)


def test_query_only_rows_do_not_reach_the_fit():
    rows = np.random.default_rng(0).standard_normal((6, 4))

    def direction(vectors):
        text = ModalityVectors.of(vectors, [0, 1, 2, 3, 0, 1], [False] * 4 + [True] * 2)
        collection = Collection(
            "x",
            items_of_rows(4),
            {"image": ModalityVectors.of(rows[:4]), "text": text},
        )
        return fit_strategy(StrategyOptions("centre"), collection).alignment.directions_["text"]

    other = rows.copy()
    other[4:] = 7 - rows[4:]
    np.testing.assert_array_equal(direction(rows), direction(other))


@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_leads_to_a_strategy(alias):
    assert strategy_card(alias.upper()).name in STRATEGIES


def test_an_unknown_strategy_is_refused_with_the_known_ones():
    with pytest.raises(GapvizError, match="choose one of raw"):
        strategy_card("magic")


@pytest.mark.parametrize("strength", [float("nan"), -1.0, 3.0])
def test_a_strength_out_of_range_is_refused_even_where_it_is_not_used(strength):
    with pytest.raises(GapvizError, match="out of range"):
        StrategyOptions("raw", strength)


def test_only_routing_fuses_and_only_offsets_learn(make_collection):
    collection = make_collection()
    for name, card in STRATEGIES.items():
        strategy = fit_strategy(StrategyOptions(name), collection)
        assert (strategy.fusion is not None) == card.routed
        directions = strategy.alignment.directions_.values()
        assert any(direction.any() for direction in directions) == card.learns


def test_every_card_says_what_is_known():
    assert all(card.title and card.formula and card.known for card in STRATEGIES.values())
