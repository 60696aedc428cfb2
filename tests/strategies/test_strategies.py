import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.analyses.registry import analyses
from gapviz.core.item import items_of_rows
from gapviz.core.rows import corpus_rows
from gapviz.measures.experiment import measure
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.strategies import (
    STRATEGIES,
    StrategyOptions,
    fit_strategy,
    strategy_parameters,
    strategy_spec,
    unavailable_reason,
)

LEARNING = [name for name, card in STRATEGIES.items() if card.learns]


def learned(collection, name):
    """Everything that a fit leaves behind, as bytes."""
    state = measure(collection, StrategyOptions(name)).strategy.state()
    arrays = {key: array.tobytes() for key, array in state.arrays.items()}
    return arrays, repr(state.values)


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
        return fit_strategy(StrategyOptions("centre"), collection).directions_["text"]

    other = rows.copy()
    other[4:] = 7 - rows[4:]
    np.testing.assert_array_equal(direction(rows), direction(other))


@pytest.mark.parametrize("alias", [a for spec in STRATEGIES.values() for a in spec.aliases])
def test_every_alias_leads_to_a_strategy(alias):
    assert strategy_spec(alias.upper()).name in STRATEGIES


def test_an_unknown_strategy_is_refused_with_the_known_ones():
    with pytest.raises(GapvizError, match="choose one of raw"):
        strategy_spec("magic")


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("centre", {"strength": float("nan")}),
        ("half", {"strength": -1.0}),
        ("offset", {"strength": 3.0}),
        ("ridge", {"ridge": 0.0}),
        ("ridge", {"ridge": float("nan")}),
        ("ridge", {"ridge": 1e9}),
        ("nnn", {"alpha": -0.1}),
        ("nnn", {"alpha": float("nan")}),
        ("csls", {"neighbours": 0}),
        ("csls", {"neighbours": 2.5}),
        ("nnn", {"neighbours": 10_000}),
        ("route", {"rrf_k": -1}),
        ("items-rrf", {"weights": (("image", float("inf")),)}),
    ],
)
def test_a_number_out_of_range_is_refused(name, chosen):
    with pytest.raises(GapvizError, match=r"out of range.*choose a"):
        StrategyOptions(name, **chosen)


def test_a_parameter_that_a_strategy_does_not_have_is_refused_with_those_that_it_has():
    with pytest.raises(GapvizError, match=r"no parameter 'ridge'.*strength, moves"):
        StrategyOptions("offset", ridge=3.0)


def test_options_are_equal_where_they_ask_for_the_same():
    assert StrategyOptions("centre") == StrategyOptions("gr-clip", strength=1)
    assert hash(StrategyOptions("route", weights={"text": 2})) == hash(
        StrategyOptions("route", weights=[("text", 2.0)])
    )
    assert StrategyOptions("half", strength=0.5).having(strength=1.0) == StrategyOptions("half")
    assert StrategyOptions("raw").having(strength=0.5) == StrategyOptions("raw")


def test_a_card_says_what_its_strategy_changes(make_collection):
    collection = make_collection()
    image = collection.modality("image").vectors
    for name, card in STRATEGIES.items():
        strategy = fit_strategy(StrategyOptions(name), collection)
        moved = strategy.transform(image, "image")
        assert (moved.tobytes() != image.tobytes()) == card.moves_vectors
        rows = corpus_rows(collection, strategy)
        assert (strategy.prepare(rows, rows) is not None) == card.adjusts_scores
        assert (strategy.fusion.plain is not None) == (card.acts_on in ("lists", "items"))
        assert strategy.fusion.ranks_items == (card.acts_on == "items")


def test_every_card_says_what_is_known():
    for card in STRATEGIES.values():
        assert card.title and card.formula and card.stores and card.query_cost
        assert card.known.endswith(".")


def test_every_declared_parameter_changes_what_its_strategy_does(make_collection):
    other = {
        "strength": 0.5,
        "moves": "text",
        "ridge": 2.0,
        "anchor": "image",
        "alpha": 0.2,
        "neighbours": 3,
        "rrf_k": 3.0,
        "weights": (("image", 1.6),),
        "ties": "other-first",
        "tau": 0.5,
        "bank_tau": 0.5,
        "best": 5,
        "shrinkage": 0.2,
        "chain": "centre:strength=0.5,znorm",
    }
    # Over the ranks of whole lists a base of 0 is a k that is smaller by one.
    silent = {"rank_base"}
    assert set(other) | silent == {one.name for one in strategy_parameters()}
    collection = make_collection(150, dim=48, gap=0.3)

    def outcome(options):
        strategy = fit_strategy(options, collection)
        listed = evaluate_mixed(collection, strategy)
        return strategy.label, [
            (o.match_rank.tolist(), o.own_share.tolist()) for o in listed.values()
        ]

    for name, spec in STRATEGIES.items():
        usual = outcome(StrategyOptions(name))
        for parameter in spec.parameters:
            if parameter.name not in silent:
                chosen = {parameter.name: other[parameter.name]}
                assert outcome(StrategyOptions(name, **chosen)) != usual, (name, parameter.name)


def test_what_needs_pairs_refuses_in_one_sentence_and_is_foretold(make_collection, make_unpaired):
    apart = make_unpaired(3)
    alone = make_collection(6, modalities=("image",))
    for name, card in STRATEGIES.items():
        for collection in (apart, alone):
            reason = unavailable_reason(StrategyOptions(name), collection)
            assert (reason is not None) == card.needs_pairs
            if card.needs_pairs:
                with pytest.raises(GapvizError, match="needs matched pairs"):
                    fit_strategy(StrategyOptions(name), collection)
            else:
                fit_strategy(StrategyOptions(name), collection)
        assert unavailable_reason(StrategyOptions(name), make_collection(6)) is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [3, 4, 7])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_handful_of_items_is_measured_or_refused_in_one_sentence(make_collection, name, n):
    collection = make_collection(n, modalities=("image", "text", "audio"))
    try:
        result = measure(collection, StrategyOptions(name))
        figures = result.to_json()
    except GapvizError as error:
        assert "length zero" in error.sentence
        return
    assert set(figures["bias_at_10"]) == {"image", "text", "audio"}
    assert all(warning.endswith(".") for warning in figures["warnings"])


def test_too_few_pairs_for_a_rotation_are_warned_of(make_collection):
    few = measure(make_collection(12), StrategyOptions("procrustes")).strategy
    assert "6 calibration pairs" in few.warnings[0]
    many = measure(make_collection(60), StrategyOptions("procrustes")).strategy
    assert many.warnings == ()


def test_dimensions_that_do_not_vary_are_centred_and_told(make_collection):
    rows = np.random.default_rng(0).standard_normal((20, 5))
    rows[:, 2] = 0
    collection = Collection(
        "flat",
        items_of_rows(20),
        {"image": ModalityVectors.of(rows), "text": ModalityVectors.of(rows[::-1])},
    )
    strategy = fit_strategy(StrategyOptions("zscore"), collection)
    assert len(strategy.warnings) == 2 and "1 of the 5 dimensions" in strategy.warnings[0]
    moved = strategy.transform(collection.modality("image").vectors, "image")
    assert np.isfinite(moved).all()


def test_no_analysis_has_a_parameter_of_the_name_of_a_strategys():
    of_strategies = {one.option for one in strategy_parameters()}
    for analysis in analyses().values():
        assert not of_strategies & {one.option for one in analysis.parameters}, analysis.name
