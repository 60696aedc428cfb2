"""Where the built-in encoder is out of its depth a button leads to a real CLIP, size and licence
said."""

import html
import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from gapviz.analyses.domain import REAL_MODEL, real_model
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.real_model import OFFLINE_SWITCHES
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.files import read

# It measures every strategy.
PAGES = ("cones", "search", pytest.param("decide", marks=pytest.mark.slow))


def of_another_kind(encoder="builtin"):
    """Drawings whose vectors lie where no drawing does."""
    shipped = builtin_collection()
    turned = {
        name: ModalityVectors.of(-block.vectors, block.item_index, block.query_only)
        for name, block in shipped.modalities.items()
    }
    return replace(shipped, modalities=turned, encoder=encoder, root=None)


def button(app):
    """Where the button leads, what it says, and what stands beside it; None where there is none."""
    for one in app.get("html"):
        found = re.search(r'gv-action.*?href="(.*?)".*?>(.*?)</a><small>(.*?)<', one.proto.body)
        if found:
            address, words, about = map(html.unescape, found.groups())
            return urlsplit(address), words, about
    return None


def test_the_button_names_the_model_with_size_and_licence(open_app, brought):
    app = open_app("pages/cones.py", collection=brought(of_another_kind()))
    address, words, about = button(app)
    assert address.path == "data"
    assert words == f"Encode these pictures with CLIP {REAL_MODEL[0]}"
    assert "MB to download once; MIT licence" in about and "needs a network once" in about
    # What the button says, the warning above it does not.
    assert not any("gapviz encode" in one.value for one in app.warning)


def test_it_leads_to_the_panel_with_the_model_chosen(open_app, brought):
    address, *_ = button(open_app("pages/cones.py", collection=brought(of_another_kind())))
    app = open_app(f"pages/{address.path}.py", **dict(parse_qsl(address.query)))
    assert not app.exception
    assert not [one for one in app.warning if "link" in one.value]
    assert app.selectbox(key="open_clip_model").value == real_model().encoder_name
    assert any(one.label == "Encode" and not one.disabled for one in app.button)


def test_pictures_that_a_real_model_has_encoded_are_shown_by_it(open_app, brought):
    name = brought(of_another_kind(), of_another_kind("open_clip:ViT-B-32:openai"))
    address, words, _ = button(open_app("pages/cones.py", collection=name, encoder="builtin"))
    assert address.path == "" and words.startswith("See it with ")
    assert dict(parse_qsl(address.query))["encoder"] == "open_clip:ViT-B-32:openai"


@pytest.mark.parametrize("switch", OFFLINE_SWITCHES)
def test_a_server_that_stays_offline_says_what_can_be_done(open_app, brought, monkeypatch, switch):
    monkeypatch.setenv(switch, "1")
    *_, about = button(open_app("pages/cones.py", collection=brought(of_another_kind())))
    assert "cannot be downloaded here" in about and "add the vectors" in about


def test_the_built_in_drawings_need_no_other_model(open_app):
    assert button(open_app("pages/cones.py")) is None


@pytest.fixture(scope="module")
def photographs(reference):
    """A hundred photographs of COCO with their captions, by the built-in encoder."""
    from gapviz.encoders.registry import load_encoder

    published = read(str(reference / "coco100")).collections[0]
    encoder = load_encoder("builtin")
    files = [published.root / item.image for item in published.items]
    captions = [item.captions[0] for item in published.items]
    vectors = {
        "image": encoder.encode_images([Image.open(file) for file in files]),
        "text": encoder.encode_texts(captions),
    }
    encoded = {name: ModalityVectors.of(one) for name, one in vectors.items()}
    stored = workspace().add(
        [replace(published, modalities=encoded, encoder="builtin")], title="photographs"
    )
    yield stored
    workspace().remove(stored.id)


@pytest.mark.reference
@pytest.mark.encoder
@pytest.mark.parametrize("page", PAGES)
def test_photographs_are_warned_of_with_the_way_out_on_every_page(open_app, photographs, page):
    app = open_app(f"pages/{page}.py", collection=photographs.id)
    assert not app.exception
    assert sum("not of the kind" in one.value for one in app.warning) == 1
    address, *_ = button(app)
    assert address.path == "data"
