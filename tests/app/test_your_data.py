"""The Data page: what is there, what is in it, how it is encoded, how it goes."""

from dataclasses import replace

import pytest
from PIL import Image

from gapviz.collection import Collection, Item, alternate_splits
from gapviz.dashboard.catalogue import workspace
from gapviz.readers.reading import Skipped

PAGE = "pages/your_data.py"


@pytest.fixture
def photos(tmp_path):
    items = []
    for n in range(6):
        Image.new("RGB", (16, 16), (40 * n, 0, 0)).save(tmp_path / f"{n}.png")
        items.append(Item(f"{n}", "even" if n % 2 == 0 else "odd", (f"number {n}",), f"{n}.png"))
    collection = Collection("photos", tuple(items), {}, alternate_splits(6), root=tmp_path)
    skipped = [Skipped("broken.png", "is cut short")]
    stored = workspace().add([collection], title="Photos", origin="a test", skipped=skipped)
    yield stored
    if stored.id in {one.id for one in workspace().collections()}:
        workspace().remove(stored.id)


def pressed(app, label):
    return next(button for button in app.button if button.label == label)


def html(app):
    return "".join(element.proto.body for element in app.get("html"))


def test_an_empty_workspace_says_what_to_do(open_app):
    app = open_app(PAGE)
    assert not app.exception
    assert "Nothing of your own yet" in app.info[-1].value


def test_what_is_in_a_collection_is_shown_before_it_is_encoded(open_app, photos):
    app = open_app(PAGE)
    assert not app.exception
    assert [(card.label, card.value) for card in app.metric] == [
        ("Items", "6"),
        ("Pictures", "6"),
        ("Captions", "6"),
        ("Labels", "2"),
    ]
    assert "number 3" in html(app)
    assert "not encoded yet" in html(app)
    assert "1 thing of the source was skipped" in [box.label for box in app.expander]


def test_a_collection_that_is_not_encoded_is_on_no_other_page(open_app, photos):
    assert "Photos" not in open_app().sidebar.selectbox(key="collection").options


def test_an_encoding_can_be_removed_after_a_question(open_app, photos, make_collection):
    vectors = make_collection(n=6)
    encoded = replace(workspace().load(photos.id), modalities=vectors.modalities, encoder="model")
    workspace().put_encoding(photos.id, encoded)
    app = open_app(PAGE)
    pressed(app, "Remove vectors by model").click().run()
    assert workspace().find(photos.id).encodings
    app.button(key="remove").click().run()
    assert not app.exception
    assert not workspace().find(photos.id).encodings


def test_a_path_needs_a_folder_that_may_be_read(open_app):
    app = open_app(PAGE)
    app.session_state["add_by"] = "path"
    app.run()
    assert "GAPVIZ_FOLDERS" in app.info[0].value


def test_a_published_set_tells_size_licence_and_checksums_first(open_app):
    app = open_app(PAGE)
    app.session_state["add_by"] = "set"
    app.run()
    assert not app.exception
    words = " ".join(element.value for element in app.markdown)
    assert "licence MIT" in words
    assert "to download" in words
    assert app.dataframe[0].value["SHA-256"].str.len().eq(64).all()


def test_a_model_is_chosen_with_its_size(open_app, photos):
    app = open_app(PAGE)
    app.session_state["encode_with"] = "open_clip"
    app.run()
    assert not app.exception
    assert "million parameters" in " ".join(element.value for element in app.caption)


@pytest.mark.parametrize("name", ["local-dir:/etc", "open_clip:ViT-B-32:/etc/passwd"])
def test_a_path_to_weights_must_lie_in_an_allowed_folder(open_app, photos, name):
    app = open_app(PAGE)
    app.session_state["encode_with"] = "name"
    app.session_state["encoder_name"] = name
    app.run()
    assert "not in a folder that may be read" in app.error[0].value
    assert pressed(app, "Encode").disabled


def test_an_encoded_collection_has_links_to_the_other_pages(open_app, photos, make_collection):
    vectors = make_collection(n=6)
    encoded = replace(workspace().load(photos.id), modalities=vectors.modalities, encoder="model")
    workspace().put_encoding(photos.id, encoded)
    app = open_app(PAGE)
    assert "search?collection=Photos" in html(app)
