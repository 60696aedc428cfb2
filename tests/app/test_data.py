"""The Data page: what is there, what is in it, how it is encoded, how it goes."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gapviz import ModalityVectors
from gapviz.core.collection import UNNAMED_MODEL, Collection
from gapviz.core.item import Item, items_of_rows
from gapviz.core.splits import alternate_splits
from gapviz.dashboard.catalogue import workspace
from gapviz.sources.files.format import Skipped
from gapviz.sources.files.upload import MAX_BYTES

PAGE = "pages/data.py"


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


@pytest.mark.parametrize("by", ["id", "title"])
def test_a_link_opens_a_collection_with_or_without_vectors(open_app, photos, store_collection, by):
    encoded = store_collection(title="A first")
    for stored in (photos, encoded):
        app = open_app(PAGE, collection=getattr(stored, by))
        assert not app.exception and not app.warning
        assert app.selectbox(key="opened").value == stored.id


def test_a_picture_without_vectors_and_caption_is_no_vector_alone(open_app, tmp_path):
    Image.new("RGB", (16, 16), (40, 0, 0)).save(tmp_path / "0.png")
    bare = Collection("bare", (Item("0", None, (), "0.png"),), {}, root=tmp_path)
    stored = workspace().add([bare], title="bare")
    page = html(open_app(PAGE, opened="bare"))
    workspace().remove(stored.id)
    assert "no caption" in page and "vector only" not in page


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


@pytest.mark.parametrize(
    "name",
    ["local-dir:/etc", "open_clip:ViT-B-32:/etc/passwd", "sentence-transformers:/etc:dims-4"],
)
def test_a_path_to_weights_must_lie_in_an_allowed_folder(open_app, photos, name):
    app = open_app(PAGE)
    app.session_state["encode_with"] = "name"
    app.session_state["encoder_name"] = name
    app.run()
    assert "not in a folder that may be read" in app.error[0].value
    assert pressed(app, "Encode").disabled


def test_a_model_of_sentence_transformers_is_named_with_its_dimensions(
    open_app, photos, monkeypatch
):
    from gapviz.dashboard.data import encoding

    begun = []
    monkeypatch.setattr(encoding, "encode_stored", lambda *given, **_: begun.append(given[2]))
    app = open_app(PAGE)
    app.session_state["encode_with"] = "sentences"
    app.run()
    assert pressed(app, "Encode").disabled
    app.session_state["sentence_transformer"] = "org/name"
    app.session_state["sentence_transformer_dims"] = 256
    app.run()
    pressed(app, "Encode").click().run()
    assert not app.exception
    assert begun == ["sentence-transformers:org/name:dims-256"]
    app.session_state["sentence_transformer"] = "/etc"
    app.run()
    assert "not in a folder that may be read" in app.error[0].value


def test_an_encoded_collection_has_links_to_the_other_pages(open_app, photos, make_collection):
    vectors = make_collection(n=6)
    encoded = replace(workspace().load(photos.id), modalities=vectors.modalities, encoder="model")
    workspace().put_encoding(photos.id, encoded)
    app = open_app(PAGE)
    assert "search?collection=Photos" in html(app)


@pytest.fixture
def stored_vectors():
    """`stored_vectors(image=…, text=…)`: vectors without pictures or words, in the workspace."""
    kept = []

    def stored(splits=None, **blocks):
        modalities = {name: ModalityVectors.of(rows) for name, rows in blocks.items()}
        n_items = max(len(rows) for rows in blocks.values())
        splits = alternate_splits(n_items) if splits is None else splits
        collection = Collection("bare", items_of_rows(n_items), modalities, splits)
        kept.append(workspace().add([collection], title="bare"))
        return kept[-1]

    yield stored
    for one in kept:
        workspace().remove(one.id)


ROWS = np.random.default_rng(0).standard_normal((12, 4))


def captions(app):
    return " ".join(element.value for element in app.caption)


def test_vectors_are_counted_by_modality_with_their_pairs(open_app, stored_vectors):
    stored_vectors(image=ROWS, text=ROWS[:9] + 1)
    app = open_app(PAGE)
    assert [(card.label, card.value) for card in app.metric] == [
        ("Items", "12"),
        ("Image vectors", "12"),
        ("Text vectors", "9"),
        ("Pairs", "9"),
    ]
    assert "row i of image belongs to row i of text" in captions(app)
    assert "3 items have image vectors only" in captions(app)


def test_one_modality_says_what_can_be_done_and_links_there_only(open_app, stored_vectors):
    stored_vectors(image=ROWS)
    app = open_app(PAGE)
    assert "there is no gap" in captions(app)
    assert "search?collection=bare" in html(app)
    assert "See its cones" not in html(app)


def test_vectors_without_a_name_are_those_of_an_unnamed_model(open_app, stored_vectors):
    stored_vectors(image=ROWS, text=ROWS)
    app = open_app(PAGE)
    assert "unknown" not in html(app)
    assert UNNAMED_MODEL in html(app)
    assert pressed(app, "Remove vectors by unnamed model")
    assert app.text_input(key="add_encoder").label == ("Which model made these vectors? (optional)")


def test_the_page_asks_for_all_that_a_reader_may_be_told(open_app):
    app = open_app(PAGE)
    for key in ("add_images", "add_captions", "add_label", "add_id", "add_modalities"):
        assert app.text_input(key=key).value == ""
    assert app.number_input(key="add_dims").value is None
    assert app.number_input(key="add_fuse").value is None
    assert "`ubinary`: sign bits" in app.text_input(key="add_quantisation").help
    app.text_input(key="add_quantisation").set_value("int4").run()
    assert "there is no quantisation 'int4'" in app.error[0].value


def test_a_split_that_follows_the_order_is_doubted(open_app, stored_vectors):
    image = np.random.default_rng(0).standard_normal((40, 8)) + 3
    image[0::2, 0] += 3
    stored_vectors(image=image, text=-image)
    app = open_app(PAGE)
    assert "offset of the calibrate split" in app.warning[0].value


def test_copies_in_one_half_are_counted(open_app, stored_vectors):
    image, text = np.random.default_rng(0).standard_normal((2, 40, 8))
    image[6] = image[4]
    stored_vectors(image=image, text=text)
    app = open_app(PAGE)
    assert "2 items are (nearly) equal to another; they stay in one half." in captions(app)


def test_copies_in_two_halves_are_a_warning(open_app, stored_vectors):
    image, text = np.random.default_rng(0).standard_normal((2, 40, 8))
    image[7] = image[4]
    stored_vectors(image=image, text=text)
    app = open_app(PAGE)
    assert any("to one of another split" in one.value for one in app.warning)


def test_queries_of_equal_captions_are_told(open_app, photos):
    there = workspace().load(photos.id)
    workspace().remove(photos.id)
    alike = replace(there, items=tuple(replace(one, captions=("a square",)) for one in there.items))
    brought = workspace().add([alike], title="alike")
    assert "100 % of the queries have equal captions" in captions(open_app(PAGE))
    workspace().remove(brought.id)


def test_a_large_file_has_another_way_in(open_app):
    app = open_app(PAGE)
    assert "gapviz serve PATH" in captions(app)
    app.session_state["add_by"] = "path"
    app.run()
    assert "gapviz serve PATH" in app.info[0].value


def test_the_server_takes_what_the_page_promises():
    settings = (Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text()
    allowed = tomllib.loads(settings)["server"]["maxUploadSize"]
    assert allowed * 1_000_000 == MAX_BYTES


def test_a_collection_that_is_damaged_is_named_with_what_is_wrong(open_app, photos):
    about = photos.folder / "about.json"
    whole = about.read_bytes()
    about.write_bytes(whole.replace(b'"n_items": 6', b'"n_items": 7'))
    app = open_app(PAGE)
    about.write_bytes(whole)
    assert not app.exception
    (said,) = [box.value for box in app.error]
    assert photos.id in said and "about.json is damaged (its checksum differs)" in said


def test_the_next_step_is_the_only_primary_one(open_app, photos, store_collection):
    def steps(app):
        current = re.search(
            r'aria-current="step"><span>.</span> (?:<a href="#encode">)?([^<]+)<', html(app)
        )
        primary = [one.label for one in app.button if one.proto.type == "primary"]
        return current[1], primary, "class=gv-button" in html(app)

    to_encode = open_app(PAGE, opened="Photos")
    assert steps(to_encode) == ("Encode it", ["Encode"], False)
    # A whole screen below, so that the step leads there.
    assert '<a href="#encode">' in html(to_encode)
    assert "encode" in [head.proto.anchor for head in to_encode.subheader]
    encoded = store_collection(title="Encoded")
    assert steps(open_app(PAGE, opened=encoded.title)) == ("See it", [], True)


def test_steps_begin_with_adding(open_app):
    assert re.search(r'aria-current="step"><span>1</span> Add', html(open_app(PAGE)))
