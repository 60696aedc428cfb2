import copy
import inspect
import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from gapviz import GapvizError
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.measures.experiment import Experiment
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy
from gapviz.strategies.estimator import estimator_class, strategy
from gapviz.strategies.registry import fitted_for

OTHER = {
    "strength": 0.7, "moves": "text", "anchor": "image", "neighbours": 4, "alpha": 0.5,
    "tau": 0.07, "sweeps": 3, "rrf_k": 30.0, "weights": {"image": 2.0}, "rank_base": 0,
    "chain": "centre,nnn",
}  # fmt: skip
"""A value that is not the usual one, for parameters that have many."""


@pytest.fixture
def collection(make_collection):
    return make_collection(n=60)


def through_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def learned(estimator):
    state = estimator.strategy_.state()
    return {key: array.tobytes() for key, array in state.arrays.items()}, repr(state.values)


def other_value(parameter):
    if parameter.name in OTHER:
        return OTHER[parameter.name]
    if parameter.kind == "choice":
        return next(one for one in parameter.choices if one != parameter.default)
    return parameter.default + (parameter.step or 1)


@pytest.mark.parametrize("name", STRATEGIES)
def test_it_moves_and_learns_bit_for_bit_as_the_fitted_strategy(collection, name):
    estimator = strategy(name).fit(collection)
    options = StrategyOptions(name)
    part = collection.split("calibrate") if options.spec.learns else collection
    plain = fit_strategy(options, part)
    for modality, block in collection.modalities.items():
        moved = estimator.transform(block.vectors, modality)
        assert moved.tobytes() == plain.transform(block.vectors, modality).tobytes()
        asked = estimator.transform(block.vectors, modality, queries=True)
        assert asked.tobytes() == plain.transform_queries(block.vectors, modality).tobytes()
    assert learned(estimator)[0].keys() == plain.state().arrays.keys()
    assert repr(plain.state().values) == learned(estimator)[1]


@pytest.mark.parametrize("again", [through_pickle, through_joblib, copy.deepcopy])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_copy_of_a_fitted_one_gives_the_same_bits(collection, name, again):
    estimator = strategy(name).fit(collection)
    other = again(estimator)
    assert type(other) is type(estimator) and repr(other) == repr(estimator)
    assert learned(other) == learned(estimator)
    for modality, block in collection.modalities.items():
        moved = estimator.transform(block.vectors, modality)
        assert other.transform(block.vectors, modality).tobytes() == moved.tobytes()
    x, y = (collection.modality(one).vectors[:9] for one in ("text", "image"))
    if not (estimator.strategy_.spec.routed or estimator.strategy_.spec.ranks_items):
        scores = estimator.scores(x, "text", y, "image")
        assert other.scores(x, "text", y, "image").tobytes() == scores.tobytes()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_clone_has_the_parameters_and_nothing_that_was_learned(collection, name):
    values = {one.name: other_value(one) for one in STRATEGIES[name].parameters}
    estimator = strategy(name, **values).fit(collection)
    other = clone(estimator)
    assert other.get_params() == estimator.get_params() == values
    with pytest.raises(NotFittedError):
        check_is_fitted(other)
    check_is_fitted(estimator)


@pytest.mark.parametrize("name", STRATEGIES)
def test_parameters_are_set_read_and_shown_where_they_are_not_the_usual_ones(name):
    estimator = strategy(name)
    spec = STRATEGIES[name]
    assert estimator.get_params(deep=False) == {one.name: one.default for one in spec.parameters}
    assert repr(estimator) == f"{type(estimator).__name__}()"
    assert list(inspect.signature(type(estimator)).parameters) == list(estimator.get_params())
    for one in spec.parameters:
        value = other_value(one)
        assert estimator.set_params(**{one.name: value}) is estimator
        assert getattr(estimator, one.name) == value
        assert f"{one.name}={value!r}" in repr(estimator)


def test_the_repr_of_a_fitted_one_says_what_it_was_fitted_on(collection):
    fitted = strategy("centre", strength=0.8).fit(collection)
    assert repr(fitted) == (
        f"Centre(strength=0.8), fitted on 30 items (calibrate split of {collection.name})"
    )
    rows = {name: block.vectors for name, block in collection.modalities.items()}
    assert repr(strategy("ridge").fit(rows)).endswith("fitted on 60 items (all rows)")
    assert repr(strategy("raw").fit(rows)) == "Raw(), fitted on no item (it learns nothing)"


def test_arrays_are_learned_from_as_a_collection_without_splits_is(collection):
    rows = {name: block.vectors for name, block in collection.modalities.items()}
    whole = fit_strategy(StrategyOptions("ridge"), collection)
    fitted = strategy("ridge").fit(rows)
    moved = fitted.transform(rows)
    assert fitted.modalities_ == collection.modality_names and list(moved) == list(rows)
    for name, block in collection.modalities.items():
        assert moved[name].tobytes() == whole.transform(block.vectors, name).tobytes()
    assert strategy("ridge").fit_transform(rows)["text"].tobytes() == moved["text"].tobytes()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_whole_collection_is_moved_with_its_items_and_splits(collection, name):
    moved = strategy(name).fit_transform(collection)
    assert moved.items is collection.items and moved.splits is collection.splits
    alone = strategy(name).fit(collection)
    for modality, block in collection.modalities.items():
        expected = ModalityVectors.of(alone.transform(block.vectors, modality)).vectors
        assert moved.modality(modality).vectors.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "name", [n for n, s in STRATEGIES.items() if not (s.routed or s.ranks_items)]
)
def test_scores_are_those_of_a_search(collection, name):
    estimator = strategy(name).fit(collection)
    fitted = fitted_for(StrategyOptions(name), collection, collection.split("calibrate"))
    x, y = collection.modality("text").vectors[:7], collection.modality("image").vectors
    corpus = corpus_rows(collection.of_modalities(["image"]), fitted)
    asking = query_rows(collection.subset(range(7)).of_modalities(["text"]), fitted)
    cosines = asking.vectors @ corpus.vectors.T
    # None of the queries is one of the documents.
    strangers = type(asking)(asking.names, asking.vectors, asking.modality, asking.item - 100)
    prepared = fitted.prepare(corpus, strangers)
    expected = cosines if prepared is None else prepared.adjust(cosines, "text")
    found = estimator.scores(x, "text", y, "image")
    assert found.shape == (7, 60)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_fuses_lists_has_no_score_of_a_pair(collection):
    rows = collection.modality("text").vectors
    with pytest.raises(GapvizError, match="fuses lists"):
        strategy("route").fit(collection).scores(rows, "text", rows, "text")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kind_of_float_stays_and_what_is_given_is_not_written_to(collection, dtype):
    rows = 3 * collection.modality("text").vectors.astype(dtype)
    before = rows.copy()
    fitted = strategy("centre").fit(collection)
    moved = fitted.transform(rows, "text")
    assert moved.dtype == dtype
    assert fitted.scores(rows, "text", rows, "text").dtype == dtype
    moved[:] = 0
    strategy("raw").fit(collection).transform(rows, "text")[:] = 0
    assert (rows == before).all()


@pytest.mark.parametrize(
    "held",
    [
        lambda rows: torch.tensor(rows, requires_grad=True),
        lambda rows: torch.tensor(rows).double(),
        list,
        lambda rows: pd.Series(list(rows)),
    ],
    ids=["a tensor with gradient", "a tensor of float64", "a list", "a column of arrays"],
)
def test_rows_are_moved_whatever_holds_them(collection, held):
    rows = collection.modality("text").vectors
    fitted, given = strategy("centre").fit(collection), held(rows)
    assert np.allclose(fitted.transform(given, "text"), fitted.transform(rows, "text"), atol=1e-6)
    scores = fitted.scores(given, "text", given, "text")
    assert np.allclose(scores, fitted.scores(rows, "text", rows, "text"), atol=1e-6)


def test_bfloat16_is_moved_as_float32(collection):
    rows = torch.tensor(collection.modality("text").vectors).bfloat16()
    moved = strategy("centre").fit(collection).transform(rows, "text")
    assert moved.dtype == np.float32


def test_fitting_leaves_the_parameters_as_they_were_given(collection):
    weights = {"image": 2}
    fitted = strategy("route", weights=weights).fit(collection)
    assert fitted.weights is weights
    assert fitted.strategy_.value("weights") == (("image", 2.0),)


def test_what_is_learned_is_read_under_the_name_of_the_strategy(collection):
    fitted = strategy("centre").fit(collection)
    assert fitted.directions_["text"].shape == (fitted.n_features_in_,)
    assert fitted.n_calibration_ == 30
    assert not hasattr(fitted, "classes_") and not hasattr(strategy("centre"), "directions_")


def test_another_fit_with_another_parameter_forgets_the_first(collection):
    fitted = strategy("centre", strength=0.0).fit(collection)
    rows = collection.modality("text").vectors
    assert (fitted.transform(rows, "text") == rows).all()
    fitted.set_params(strength=1.0)
    assert (fitted.transform(rows, "text") == rows).all()
    once = strategy("centre").fit(collection).transform(rows, "text")
    assert fitted.fit(collection).transform(rows, "text").tobytes() == once.tobytes()


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda c: strategy("centr"), "there is no strategy 'centr'"),
        (lambda c: strategy("centre", power=2), "has no parameter 'power'"),
        (lambda c: strategy("centre").set_params(power=2), "has no parameter 'power'"),
        (lambda c: strategy("centre", strength=9).fit(c), "strength λ = 9 is out of range"),
        (lambda c: strategy("centre").fit(np.eye(3)), "a ndarray is no collection"),
        (lambda c: strategy("centre").fit({}), "there are no vectors"),
        (
            lambda c: strategy("centre").fit({"image": np.eye(3), "text": np.eye(4)}),
            "their rows differ in number",
        ),
        (lambda c: strategy("ridge").fit({"text": np.eye(3)}), "pairs|modalit"),
        (lambda c: strategy("centre").fit(c).transform(np.eye(8)), "name one of image, text"),
        (lambda c: strategy("centre").fit(c).transform(np.eye(8), "audio"), "'audio'"),
        (lambda c: strategy("centre").fit(c).transform(np.eye(5), "text"), "5 dimensions"),
        (lambda c: strategy("centre").fit(c).transform(c, "text"), "leave out the modality"),
        (
            lambda c: strategy("centre").fit(c).transform([np.eye(8)[0], None], "text"),
            "text, row 1: has no vector",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_a_value_error(collection, use, told):
    with pytest.raises(ValueError, match=told) as caught:
        use(collection)
    assert isinstance(caught.value, GapvizError)


@pytest.mark.parametrize(
    "use",
    [
        lambda one: one.transform(np.eye(8), "text"),
        lambda one: one.scores(np.eye(8), "text", np.eye(8), "text"),
        lambda one: one.get_feature_names_out(),
    ],
)
def test_what_is_not_fitted_says_so_as_scikit_learn_does(use):
    with pytest.raises(NotFittedError, match="this Centre is not fitted yet; call fit") as caught:
        use(strategy("centre"))
    assert isinstance(caught.value, GapvizError)


def test_the_names_of_the_dimensions_are_as_many_as_come_out(collection):
    names = strategy("whitening").fit(collection).get_feature_names_out()
    assert names[:2].tolist() == ["whitening0", "whitening1"] and names.size == collection.dim


def test_the_class_tells_its_parameters_and_is_one_for_each_strategy():
    assert estimator_class("gr-clip") is estimator_class("centre")
    assert "strength: how much of the offset" in (estimator_class("centre").__doc__ or "")


def test_an_experiment_fits_what_the_estimator_fits(collection):
    experiment = Experiment(collection, StrategyOptions("whitening"))
    fitted = strategy("whitening").fit(collection)
    rows = collection.modality("text").vectors
    expected = experiment.strategy.transform(rows, "text")
    assert fitted.transform(rows, "text").tobytes() == expected.tobytes()


def test_strategies_are_fitted_without_scikit_learn():
    code = (
        "import sys\n"
        "sys.modules['sklearn'] = None  # as where it is not installed\n"
        "import numpy as np\n"
        "from gapviz.strategies.estimator import strategy\n"
        "x = np.random.default_rng(0).normal(size=(2, 20, 4))\n"
        "fitted = strategy('ridge').fit({'image': x[0], 'text': x[1]})\n"
        "print(fitted.transform(x[1], 'text').shape)\n"
        "try:\n    strategy('centre').transform(x[0], 'image')\n"
        "except ValueError as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "(20, 4)",
        "GapvizError this Centre is not fitted yet; call fit first, with a collection or arrays by "
        "modality.",
    ]


def test_importing_the_strategies_does_not_import_scikit_learn():
    code = "import sys, gapviz.strategies.estimator\nprint('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
