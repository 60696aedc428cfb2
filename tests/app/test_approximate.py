"""The page of approximate indexes."""

import json

import pytest

from gapviz.dashboard.catalogue import workspace
from tests.worlds import clustered

PAGE = "pages/approximate.py"


@pytest.fixture
def stored():
    kept = workspace().add([clustered(300, scattered=True)], title="clusters")
    yield kept.id
    workspace().remove(kept.id)


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def words(app):
    kinds = ("markdown", "caption", "info")
    return " ".join(element.value for kind in kinds for element in getattr(app, kind))


def test_recall_is_drawn_over_cost_for_each_strategy_and_index(open_app, stored):
    app = open_app(PAGE, collection=stored, strategy="half", index_kind="ivf")
    assert not app.exception and not app.error
    assert len(charts(app)) == 9
    axis = charts(app)[0]["layout"]["xaxis"]
    assert axis["title"]["text"].startswith("distance computations") and axis["type"] == "log"
    assert "text queries over image entries need" in words(app)
    assert "nprobe" in words(app) and "Raw cosine: image entries alone" in words(app)


def test_the_widgets_of_one_kind_of_index_are_shown(open_app, stored):
    app = open_app(PAGE, collection=stored, strategy="raw", index_kind="ivf")
    assert [one.key for one in app.main.number_input] == ["lists"]
    app.number_input(key="lists").set_value(4).run()
    assert not app.exception and "4 lists" in words(app)
    app.segmented_control(key="index_kind").set_value("hnsw").run()
    assert [one.key for one in app.main.number_input] == ["links", "ef_construction"]
    app.selectbox(key="storage").set_value("int8").run()
    assert [one.key for one in app.main.number_input][-1] == "overfetched"


def test_storage_has_a_panel_for_each_strategy(open_app, stored):
    app = open_app(PAGE, collection=stored, strategy="raw", approximate="storage")
    assert not app.exception and not app.error
    assert len(charts(app)) == 2
    assert "signs keep" in words(app)
