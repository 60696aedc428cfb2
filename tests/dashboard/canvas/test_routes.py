"""Files of the clouds: sent to whoever has their address, and to no page of others."""

import json
from dataclasses import replace

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gapviz.dashboard.caches import forget_collections
from gapviz.dashboard.canvas.served import (
    NO_PICTURE,
    SCRIPTS,
    SCRIPTS_VERSION,
    ServedCloud,
    has_pictures,
    serve,
)
from gapviz.dashboard.guard import guards
from gapviz.dashboard.routes import ROUTES
from gapviz.figures.point_cloud import PointCloud
from gapviz.measures.projection.project import project
from gapviz.sources.builtin import builtin_collection


@pytest.fixture(scope="module")
def client():
    app = Starlette(routes=ROUTES, middleware=guards(["testserver"]))
    with TestClient(app) as opened:
        yield opened


@pytest.fixture
def served():
    collection = builtin_collection()
    random = np.random.default_rng(0)
    vectors = {name: random.standard_normal((collection.n_items, 3)) for name in ("image", "text")}
    layout = project(
        {name: rows.astype(np.float32) for name, rows in vectors.items()}, method="pca"
    )
    items = {name: np.arange(collection.n_items) for name in vectors}
    return ServedCloud(PointCloud.of(layout, items), "builtin", ("image", "text"))


def test_a_cloud_comes_whole_and_may_be_kept_by_this_browser_alone(client, served):
    answer = client.get(f"/cloud/{serve(served)}.bin")
    assert answer.content == served.cloud.content
    assert "private" in answer.headers["cache-control"]
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_pairs_come_as_numbers_of_points(client, served):
    answer = client.get(f"/cloud/{serve(served)}/pairs.bin")
    ends = np.frombuffer(answer.content, "<u4").reshape(-1, 2)
    assert (served.cloud.item[ends[:, 0]] == served.cloud.item[ends[:, 1]]).all()


@pytest.mark.parametrize("modality", ["image", "text"])
def test_a_point_tells_its_item_all_points_of_it_and_its_picture_unless_it_is_text(
    client, served, modality
):
    code = served.cloud.layout.modalities.index(modality)
    point = int(np.flatnonzero(served.cloud.modality_code == code)[0])
    answer = client.get(f"/cloud/{serve(served)}/{point}.json").json()
    position = int(served.cloud.item[point])
    item = builtin_collection().items[position]
    assert (answer["item"], answer["id"]) == (position, item.id)
    assert answer["caption"] == item.captions[0]
    assert answer["picture"] == (modality == "image")
    assert answer["points"] == np.flatnonzero(served.cloud.item == position).tolist()


def test_points_that_have_a_picture_name_its_item(client, served):
    answer = client.get(f"/cloud/{serve(served)}/pictures.bin")
    items = np.frombuffer(answer.content, "<u4")
    of_images = served.cloud.modality_code == served.cloud.layout.modalities.index("image")
    assert (items[of_images] == served.cloud.item[of_images]).all()
    assert (items[~of_images] == NO_PICTURE).all()


def test_items_without_a_picture_and_other_modalities_name_none(served):
    cloud = served.cloud
    plain = [replace(item, image=None) for item in builtin_collection().items]
    assert set(np.frombuffer(served.pictures(plain), "<u4").tolist()) == {NO_PICTURE}
    sounds = replace(cloud, layout=replace(cloud.layout, modalities=("audio", "text")))
    assert not has_pictures(sounds)
    of_sounds = replace(served, cloud=sounds).pictures(builtin_collection().items)
    assert set(np.frombuffer(of_sounds, "<u4").tolist()) == {NO_PICTURE}


@pytest.mark.parametrize("point", ["3238", "-1", "x", "9" * 5_000, "1.5"])
def test_there_is_no_other_point(client, served, point):
    assert client.get(f"/cloud/{serve(served)}/{point}.json").status_code == 404


@pytest.mark.parametrize("place", ["{}.bin", "{}/pairs.bin", "{}/pictures.bin", "{}/0.json"])
def test_a_cloud_that_no_page_shows_is_not_there(client, served, place):
    assert client.get("/cloud/" + place.format("0" * 32)).status_code == 404
    key = serve(served)
    forget_collections()
    assert client.get("/cloud/" + place.format(key)).status_code == 404


def test_scripts_come_under_their_version_as_scripts(client):
    for name, content in SCRIPTS.items():
        answer = client.get(f"/canvas/{SCRIPTS_VERSION}/{name}")
        assert answer.content == content
        assert answer.headers["content-type"].startswith("text/javascript")
    assert client.get(f"/canvas/{SCRIPTS_VERSION}/component.py").status_code == 404
    assert client.get("/canvas/0/canvas.js").status_code == 404


def test_every_script_that_another_one_imports_is_served():
    for name, content in SCRIPTS.items():
        if name != "regl-scatterplot.js":
            imported = [line for line in content.decode().splitlines() if line.startswith("import")]
            assert all(line.rpartition('"./')[2].rstrip('";') in SCRIPTS for line in imported)


def test_what_is_told_of_a_point_is_json(client, served):
    answer = client.get(f"/cloud/{serve(served)}/0.json")
    assert json.loads(answer.content)
