"""Vectors that are to be doubted are doubted on every page that shows what they do."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import centre

# They measure every strategy.
SLOW = [pytest.param(page, marks=pytest.mark.slow) for page in ("scoreboard", "decide")]
PAGES = ("story", "cones", "search", "scoreboard", "tour", "decide")


def without_content(make_collection, encoder):
    """Each modality points its own way, and nothing else is shared."""
    made = make_collection(60, 8, modalities=("image", "text"))
    rng = np.random.default_rng(5)
    noise = {
        name: ModalityVectors.of(rng.standard_normal((60, 8)) + 2 * np.eye(8)[code])
        for code, name in enumerate(made.modality_names)
    }
    return replace(made, modalities=noise, encoder=encoder)


def of_another_kind():
    shipped = builtin_collection()
    turned = {
        name: ModalityVectors.of(-block.vectors, block.item_index, block.query_only)
        for name, block in shipped.modalities.items()
    }
    return replace(shipped, modalities=turned, root=None)


@pytest.mark.parametrize("page", PAGES)
def test_vectors_without_content_are_said_to_have_none(open_app, make_collection, brought, page):
    name = brought(without_content(make_collection, "some model"))
    app = open_app(f"pages/{page}.py", collection=name)
    assert not app.exception
    # Start tells it as its story instead.
    told = app.markdown if page == "story" else app.warning
    assert sum("share no content" in one.value for one in told) == 1
    assert page != "story" or not app.warning


@pytest.mark.parametrize("page", ["cones", "anatomy", "data", "export", "tour", "why"])
def test_random_weights_are_said_to_be_that(open_app, make_collection, brought, page):
    untrained = replace(make_collection(60, 8), encoder="open_clip:ViT-S-32-alt:random-0")
    app = open_app(f"pages/{page}.py", collection=brought(untrained))
    assert not app.exception
    assert "has random weights" in app.warning[0].value


@pytest.mark.parametrize("page", ["cones", "search", *SLOW[1:]])
def test_pictures_that_the_built_in_encoder_does_not_know_are_named(open_app, brought, page):
    app = open_app(f"pages/{page}.py", collection=brought(of_another_kind()))
    assert not app.exception
    assert sum("not of the kind" in one.value for one in app.warning) == 1


@pytest.mark.parametrize("page", ["story", "cones", "search", "tour", *SLOW])
def test_the_built_in_drawings_are_not_doubted(open_app, page):
    warned = " ".join(one.value for one in open_app(f"pages/{page}.py", models="one").warning)
    assert "share no content" not in warned and "not of the kind" not in warned


def test_of_two_encoders_each_doubt_names_its_own(open_app, make_collection, brought):
    first = replace(make_collection(60, 8), encoder="sound")
    name = brought(first, without_content(make_collection, "noise"))
    app = open_app("pages/cones.py", collection=name, encoder="sound", compare="noise")
    said = [one.value for one in app.warning if "share no content" in one.value]
    assert len(said) == 1 and said[0].startswith("**noise.**")


@pytest.mark.parametrize("page", ["cones", "search"])
def test_of_two_encoders_the_warnings_of_both_fits_are_shown(open_app, monkeypatch, page):
    fit = centre.CentreBoth.fit

    def doubtful(self, *args, **named):
        fitted = fit(self, *args, **named)
        fitted.warnings_ = ("A fit to be doubted.",)
        return fitted

    monkeypatch.setattr(centre.CentreBoth, "fit", doubtful)
    from gapviz.dashboard.caches import forget_collections

    forget_collections()
    app = open_app(f"pages/{page}.py", compare="builtin:sigmoid", strategy="centre", q="cat face")
    forget_collections()
    said = [one.value for one in app.warning if "to be doubted" in one.value]
    assert said == [
        "Built-in dual encoder: A fit to be doubted.",
        "Built-in, sigmoid loss: A fit to be doubted.",
    ]
