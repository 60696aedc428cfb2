from dataclasses import replace

import pytest

from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.dashboard import scoreboard
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, workspace
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec, usual_strategies
from tests.patience import run_until

PAGE = "pages/scoreboard.py"
FIGURES_FIRST = ["strategy", "labels", "ndcg", "imbalance", "bytes"]
"""Keys of the columns that are shown at first of one encoder."""


@pytest.fixture
def stored(store_collection):
    return store_collection(("first model", "second model"))


def grid(app):
    """The table of the page, without its columns of intervals."""
    frame = app.dataframe[0].value
    return frame[[name for name in frame.columns if not name.endswith("_interval")]]


def opened(open_app, **query):
    """The page once its scoreboard has been measured."""
    app = open_app(PAGE, **query)
    return run_until(app, lambda page: page.get("plotly_chart"))


def words(app):
    kinds = (app.caption, app.markdown, app.warning)
    return " ".join(one.value for kind in kinds for one in kind)


def test_every_strategy_of_every_encoder_has_a_row_and_five_columns_come_first(open_app, stored):
    app = opened(open_app, collection=stored.id)
    assert not app.exception and not app.error
    first = grid(app)
    assert list(first.columns) == ["strategy", "model", "labels", "ndcg", "imbalance"]
    assert sum(len(one.value) for one in app.dataframe) == 2 * len(usual_strategies())
    assert set(first["model"]) == {"first model", "second model"}
    assert "Another protocol" in words(app)


def test_the_figures_are_those_of_the_library_each_with_its_interval(open_app, stored):
    app = opened(open_app, collection=stored.id, models="one", figures="NDCG and MRR")
    collection = collection_of(View(stored.id, "first model"))
    options = StrategyOptions("znorm")
    row = ScoreboardRequest({"m": collection}, [options]).compute().rows[0]
    frame = app.dataframe[0].value
    assert list(grid(app).columns[: len(FIGURES_FIRST)]) == FIGURES_FIRST
    (line,) = frame[frame["strategy"].str.startswith(strategy_spec("znorm").title)].to_dict(
        "records"
    )
    assert line["imbalance"] == row.imbalance.value
    assert line["ndcg-text"] == row.ndcg["text"].value
    of_text = row.ndcg["text"]
    assert line["ndcg-text_interval"] == f"[{of_text.low:.3f}, {of_text.high:.3f}]"


@pytest.mark.parametrize(
    ("task", "found", "column", "falls"),
    [
        ("mixed", "image", "ndcg", True),
        ("one-way", "image", "recall10-text-image", True),
        ("within", "text", "ndcg", True),  # no item has a label
        ("scores", "image", "imbalance", False),
    ],
)
def test_the_task_of_decide_sorts_it_best_first(open_app, stored, task, found, column, falls):
    app = opened(open_app, collection=stored.id, models="one", task=task, found=found)
    assert app.segmented_control(key="task").value == task
    assert grid(app).columns[2] == column
    figures = grid(app)[column].dropna()
    assert figures.is_monotonic_decreasing if falls else figures.is_monotonic_increasing
    assert len(figures) > 2


def test_what_cannot_be_measured_is_listed_with_the_reason(open_app, unpaired_collection):
    app = opened(open_app, collection=unpaired_collection.id)
    assert not app.exception
    lacking = [one.value for one in app.caption if "is not available here" in one.value]
    assert len(lacking) == 2 and all("needs matched pairs" in words for words in lacking)


def test_rows_appear_as_they_are_measured(open_app, stored, monkeypatch):
    collection = collection_of(View(stored.id, "first model"))
    # A seed of its own, since rows are cached by what they are of.
    ScoreboardRequest({"first model": collection}, [StrategyOptions()], 977).compute()

    def meanwhile(request, wait):
        wait.so_far()

    monkeypatch.setattr(scoreboard, "result_of", meanwhile)
    app = open_app(PAGE, collection=stored.id, models="one", seed="977")
    assert not app.exception
    assert list(grid(app)["strategy"]) == ["Raw cosine"]
    assert not app.get("plotly_chart")


def test_a_doubtful_split_stands_above_the_table_and_other_warnings_in_their_rows(
    open_app, make_ordered
):
    ordered = workspace().add([replace(make_ordered(), encoder="a model")], title="ordered")
    try:
        app = opened(open_app, collection=ordered.id)
    finally:
        workspace().remove(ordered.id)
    first, *others = (warning.value for warning in app.warning)
    assert "in an order that the split follows" in first
    assert not any("in an order" in other for other in others)
    number, few = next((n, w) for n, w in enumerate(others, 1) if "20 calibration pairs" in w)
    assert few.startswith(f"**{number}. {STRATEGIES['procrustes'].title}")
    frame = grid(app)
    marked = frame[frame["labels"].str.contains(f"⚠ {number}")]
    (title,) = marked["strategy"]
    assert title.startswith(STRATEGIES["procrustes"].title)


def test_a_second_visit_paints_at_once(open_app, stored):
    opened(open_app, collection=stored.id)
    app = open_app(PAGE, collection=stored.id)
    assert app.dataframe and app.get("plotly_chart")


@pytest.mark.parametrize("n", [3, 8])
def test_three_modalities_and_few_items_are_measured(open_app, store_collection, n):
    three = store_collection(modalities=("audio", "image", "text"), n=n)
    app = opened(open_app, collection=three.id, figures="Recall across")
    assert not app.exception
    assert not app.error
    assert "recall10-audio-image" in grid(app).columns
