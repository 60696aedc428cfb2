import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from gapviz import GapvizError
from gapviz.notebook.modality_transformer import ModalityTransformer
from gapviz.strategies import STRATEGIES
from gapviz.strategies.estimator import strategy

MOVING = [name for name, spec in STRATEGIES.items() if name == "raw" or spec.moves_vectors]
ALONE = [name for name in MOVING if not STRATEGIES[name].across_modalities]

CANNOT_APPLY = {
    "check_estimators_dtypes": "it rounds rows to whole numbers, and one of them to (0, …, 0), "
    "which points nowhere: gapviz refuses it with a sentence",
}
"""Official checks that rows of unit length cannot pass, each with the reason."""


@parametrize_with_checks(
    [ModalityTransformer(name, "text") for name in ALONE]
    + [ModalityTransformer(strategy("centre", strength=0.5), "text", queries=True)],
    expected_failed_checks=lambda _: CANNOT_APPLY,
)
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@pytest.fixture
def collection(make_collection):
    return make_collection(n=60)


@pytest.mark.parametrize("name", MOVING)
def test_a_strategy_says_whether_it_learns_of_other_modalities(collection, name):
    rows = {one: block.vectors for one, block in collection.modalities.items()}
    both = strategy(name).fit(rows).transform(rows["image"], "image")
    if STRATEGIES[name].across_modalities:
        with pytest.raises(GapvizError, match="give calibration="):
            ModalityTransformer(name, "image").fit(rows["image"])
    else:
        alone = ModalityTransformer(name, "image").fit_transform(rows["image"])
        assert alone.tobytes() == both.tobytes()


def test_text_that_comes_in_goes_through_a_pipeline_with_a_fitted_strategy(collection):
    rows = collection.modality("text").vectors
    fitted = strategy("ridge").fit(collection)
    service = make_pipeline(
        FunctionTransformer(lambda texts: rows[[int(text) for text in texts]]),
        ModalityTransformer.of(fitted, "text"),
    )
    moved = service.transform(["3", "5"])
    assert moved.tobytes() == fitted.transform(rows[[3, 5]], "text").tobytes()
    again = pickle.loads(pickle.dumps(service[-1]))
    assert again.transform(rows[[3, 5]]).tobytes() == moved.tobytes()


def test_a_pipeline_learns_from_its_calibration_and_is_cloned_with_it(collection):
    rows = collection.modality("text").vectors
    step = clone(ModalityTransformer("procrustes", "text", calibration=collection))
    moved = Pipeline([("gap", step)]).fit(rows[:5]).transform(rows)
    expected = strategy("procrustes").fit(collection).transform(rows, "text")
    assert moved.tobytes() == expected.tobytes()


def test_a_grid_search_reaches_the_parameters_of_the_strategy(collection):
    rows = collection.modality("text").vectors
    labels = (rows[:, 0] > np.median(rows[:, 0])).astype(int)
    pipeline = Pipeline(
        [("gap", ModalityTransformer(strategy("centre"), "text")), ("c", LogisticRegression())]
    )
    search = GridSearchCV(pipeline, {"gap__strategy__strength": [0.0, 1.0]}, cv=2)
    search.fit(rows, labels)
    assert search.best_estimator_["gap"].strategy_.strength in (0.0, 1.0)
    assert {one["gap__strategy__strength"] for one in search.cv_results_["params"]} == {0.0, 1.0}


def test_the_columns_of_a_data_frame_get_names(collection):
    pytest.importorskip("pandas")
    rows = collection.modality("text").vectors
    step = ModalityTransformer("centre", "text").set_output(transform="pandas")
    frame = step.fit_transform(rows)
    assert list(frame.columns[:2]) == ["modalitytransformer0", "modalitytransformer1"]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (ModalityTransformer("znorm", "text"), "moves no vector"),
        (ModalityTransformer("composed", "text"), None),
        (ModalityTransformer("composed", "text", prefit=True), "not fitted"),
        (ModalityTransformer(strategy("centre"), "text", prefit=True), "not fitted"),
        (ModalityTransformer("offset", "text"), "learns of several modalities"),
        (ModalityTransformer("centre", "audio", calibration="builtin"), "'audio'"),
        (ModalityTransformer("centre", "text", calibration="builtin"), "8 dimensions"),
        (ModalityTransformer("centre", "text", calibration="no such file"), "no such file"),
    ],
)
def test_a_step_that_cannot_be_fitted_says_why(collection, step, told):
    rows = collection.modality("text").vectors
    if told is None:
        assert step.fit(rows).transform(rows).shape == rows.shape
        return
    with pytest.raises(GapvizError, match=told):
        step.fit(rows)


def test_a_step_without_rows_or_a_calibration_says_so():
    with pytest.raises(GapvizError, match="nothing to learn from"):
        ModalityTransformer().fit()
    with pytest.raises(NotFittedError, match="this ModalityTransformer is not fitted yet"):
        ModalityTransformer().transform(np.eye(3))
