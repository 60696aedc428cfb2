import re
import time
from dataclasses import replace

import pytest

from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, workspace
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec, usual_strategies

PAGE = "pages/scoreboard.py"


@pytest.fixture
def stored(store_collection):
    return store_collection(("first model", "second model"))


def table(app):
    bodies = [html.proto.body for html in app.get("html")]
    return next(body for body in bodies if "gv-table gv-board" in body)


def opened(open_app, **query):
    """The page once its scoreboard has been measured."""
    app = open_app(PAGE, **query)
    deadline = time.monotonic() + 60
    while not any("gv-table gv-board" in html.proto.body for html in app.get("html")):
        assert not app.exception
        assert time.monotonic() < deadline, "the scoreboard was never measured"
        time.sleep(0.05)
        app.run()
    return app


def test_every_strategy_of_every_encoder_has_a_row_with_its_search(open_app, stored):
    app = opened(open_app, collection=stored.id)
    assert not app.exception
    assert not app.error
    body = table(app)
    links = re.findall(r'<td><a href="(search\?[^"]+)"', body)
    assert len(links) == 2 * len(usual_strategies())
    assert sum("encoder=second+model" in link for link in links) == len(usual_strategies())
    assert all("collection=brought" in link for link in links)
    assert len(app.get("plotly_chart")) == 1
    assert "Another protocol" in body


def test_the_figures_are_those_of_the_library(open_app, stored):
    app = opened(open_app, collection=stored.id, models="one", sort="ndcg-text")
    collection = collection_of(View(stored.id, "first model"))
    options = StrategyOptions("znorm")
    row = ScoreboardRequest({"m": collection}, [options]).compute().rows[0]
    body = table(app)
    line = next(part for part in body.split("<tr>") if strategy_spec("znorm").title in part)
    figures = re.findall(r"<strong>([\d.,]+)</strong>", line)
    assert figures[0] == f"{row.imbalance.value:.3f}"
    assert figures[5] == f"{row.ndcg['text'].value:.3f}"
    assert f"[{row.ndcg['text'].low:.3f}, {row.ndcg['text'].high:.3f}]" in line
    assert "second model" not in body


def test_a_link_sorts_and_chooses_figures(open_app, stored):
    app = opened(open_app, collection=stored.id, sort="bytes", figures="Cost")
    body = table(app)
    assert app.selectbox(key="sort").value == "bytes"
    assert "NDCG@10" not in body
    sizes = [
        float(found.replace(",", ""))
        for found in re.findall(r'gv-sorted"><strong>([\d,]+)', body.split("gv-part")[0])
    ]
    assert sizes == sorted(sizes)
    app.toggle(key="worst_first").set_value(True).run()
    assert table(app) != body


def test_what_cannot_be_measured_is_listed_with_the_reason(open_app, unpaired_collection):
    app = opened(open_app, collection=unpaired_collection.id)
    assert not app.exception
    body = table(app)
    assert body.count('class="gv-out"') == 2
    assert "needs matched pairs" in body


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
    rows = [part for part in table(app).split("<tr>") if f">⚠ {number}</span>" in part]
    assert len(rows) == 1 and STRATEGIES["procrustes"].title in rows[0]
    assert "20 calibration pairs" in rows[0]


def test_a_second_visit_paints_at_once(open_app, stored):
    opened(open_app, collection=stored.id)
    app = open_app(PAGE, collection=stored.id)
    assert "gv-board" in table(app)


@pytest.mark.parametrize("n", [3, 8])
def test_three_modalities_and_few_items_are_measured(open_app, store_collection, n):
    three = store_collection(modalities=("audio", "image", "text"), n=n)
    app = opened(open_app, collection=three.id)
    assert not app.exception
    assert not app.error
    assert "audio → image" in table(app)


def test_an_unknown_column_is_named(open_app, stored):
    app = opened(open_app, collection=stored.id, sort="beauty")
    assert "beauty" in app.warning[0].value
    assert workspace().find(stored.id)
