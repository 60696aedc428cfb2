"""Every page on vectors of one modality alone: an answer, what a second would add, no error."""

import json
from dataclasses import replace

import pytest

from gapviz.analyses.one_cloud import study_cloud
from gapviz.dashboard.catalogue import workspace

PAGES = (
    "story", "cones", "search", "within", "why", "tour", "scoreboard", "directions", "curves",
    "scores", "anatomy", "approximate", "protocol", "decide", "export", "data",
)  # fmt: skip
NEED_NO_SECOND = ("within", "protocol", "data")


@pytest.fixture
def one(store_collection):
    return store_collection(modalities=("image",))


@pytest.fixture
def beside_a_tower(make_collection):
    """One collection through an encoder of one modality, and through one of two."""
    joint = replace(make_collection(), encoder="z joint")
    images = {"image": joint.modality("image")}
    tower = replace(joint, modalities=images, encoder="a tower")
    stored = workspace().add([tower, joint], title="beside a tower")
    yield stored
    workspace().remove(stored.id)


def links(app):
    return " ".join(html.proto.body for html in app.get("html"))


def test_every_page_says_what_needs_a_second_modality_and_where_to_add_it(open_app, one):
    app = open_app(collection=one.id)
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, page
        assert not app.error, (page, app.error[0].value)
        if page in NEED_NO_SECOND:
            continue
        told = app.info[0]
        assert told.proto.title == "first model has image vectors alone", page
        assert "To add a second" in told.value, page
        assert 'href="data?' in links(app) and "collection=brought" in links(app), page


def test_the_one_cone_is_drawn_with_its_figures(open_app, one):
    app = open_app("pages/cones.py", collection=one.id)
    cloud = study_cloud(workspace().load(one.id, "first model"), "image")
    values = [metric.value for metric in app.metric]
    assert values[:3] == [
        f"{value:.3f}"
        for value in (cloud.cloud.cone, cloud.cloud.mean_norm, cloud.cloud.mean_distance)
    ]
    assert values[3] == f"{cloud.spectrum.effective_rank:.1f}"
    (picture,) = app.main.get("bidi_component")
    assert [view["title"] for view in json.loads(picture.proto.json)["views"]] == [
        "The image cone, raw"
    ]
    assert "Gap axis" not in app.segmented_control(key="projection").options
    assert any("Two image vectors have a cosine of" in line.value for line in app.markdown)


def test_like_finds_like_in_one_list(open_app, one):
    app = open_app("pages/search.py", collection=one.id, query_by="item")
    assert "Nearest by image" in [head.value for head in app.subheader]
    assert links(app).count('class="gv-grid"') == 1
    assert "like the query" not in links(app)


def test_the_spectrum_of_one_cloud_is_drawn(open_app, one):
    app = open_app("pages/anatomy.py", collection=one.id)
    assert len(app.get("plotly_chart")) == 1
    assert "effective rank" in links(app)


def test_a_collection_opens_with_the_encoder_of_two_modalities(open_app, beside_a_tower):
    app = open_app(collection=beside_a_tower.id)
    assert app.sidebar.selectbox(key="encoder").value == "z joint"
    assert "compare" not in [box.key for box in app.sidebar.selectbox]


def test_of_a_tower_one_is_led_to_the_encoder_of_two_modalities(open_app, beside_a_tower):
    app = open_app("pages/curves.py", collection=beside_a_tower.id, encoder="a tower")
    assert "z joint has image and text vectors" in app.info[0].value
    assert 'href="?' in links(app) and "encoder=z+joint" in links(app)


def test_the_scoreboard_leaves_encoders_of_one_modality_out(open_app, beside_a_tower):
    app = open_app("pages/scoreboard.py", collection=beside_a_tower.id)
    assert not app.error
    assert "models" not in [control.key for control in app.segmented_control]
