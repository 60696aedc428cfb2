"""Photographs are told from the drawings that the built-in encoder knows, and drawings are not."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from gapviz.analyses.domain import Domain, domain_of, domain_reading
from gapviz.analyses.measure import find_measurement
from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.encoders import load_encoder
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.builtin.photographs import recall_on_photographs

SIZES = (5, 10, 20, 50, 100)


@pytest.fixture(scope="module")
def photographs(reference):
    """Photographs with the lines that describe them."""
    folder = reference / "coco100"
    captions = (folder / "prompts.txt").read_text("utf-8").splitlines()
    files = [folder / "images" / f"{i}.jpg" for i in range(len(captions))]
    return [Image.open(file).convert("RGB") for file in files], captions


@pytest.fixture(scope="module", params=list(BUILTIN_ENCODERS))
def encoded(request, photographs):
    """Name of an encoder, and what it makes of photographs and their captions."""
    encoder = load_encoder(request.param, device="cpu")
    pictures, captions = photographs
    return request.param, encoder.encode_images(pictures), encoder.encode_texts(captions)


def pictures(vectors, encoder):
    return Collection(
        "brought",
        items_of_rows(len(vectors)),
        {"image": ModalityVectors.of(vectors)},
        alternate_splits(len(vectors)),
        encoder,
    )


@pytest.fixture(scope="module", params=list(BUILTIN_ENCODERS))
def held_out(request):
    shipped = builtin_collection(request.param)
    block = shipped.modality("image").corpus
    return request.param, block.vectors[np.isin(block.item_index, shipped.splits["evaluate"])]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_fewer_than_one_in_a_hundred_collections_of_drawings_is_taken_for_another_kind(
    held_out, size
):
    encoder, vectors = held_out
    rng = np.random.default_rng(size)
    draws = [rng.choice(len(vectors), size, replace=False) for _ in range(400)]
    alarms = [domain_of(pictures(vectors[rows], encoder)).is_outside for rows in draws]
    assert np.mean(alarms) < 0.01


@pytest.mark.encoder
@pytest.mark.slow
def test_twenty_photographs_are_told_from_drawings(encoded):
    encoder, vectors, _ = encoded
    assert domain_of(pictures(vectors, encoder)).share > 0.5
    told = [domain_of(pictures(vectors[start::5], encoder)).is_outside for start in range(5)]
    assert all(told)


@pytest.mark.encoder
@pytest.mark.slow
def test_what_is_said_of_photographs_is_what_they_give(encoded):
    encoder, images, texts = encoded
    found = recall_on_photographs(encoder)
    scores = texts @ images.T
    for queries, told in ((scores, found.text_to_image), (scores.T, found.image_to_text)):
        own = np.diag(queries)[:, None]
        # The caption's own photograph is the one that reaches its score.
        recall = float(((queries >= own).sum(axis=1) <= 10).mean())
        assert recall == pytest.approx(told.value, abs=0.02)
        assert told.low > found.chance


def test_the_sentence_says_how_many_and_names_a_real_model_with_size_and_licence():
    away = -builtin_collection().modality("image").corpus.vectors[:40]
    said = domain_reading(pictures(away, "builtin"))
    assert "100% of them lie further" in said
    found = recall_on_photographs("builtin")
    assert f"in {found.text_to_image.value:.0%} of cases, a guess in 10%" in said
    assert "CLIP ViT-B-32 (about 605 MB to download once, MIT licence)" in said
    assert "gapviz encode --encoder ViT-B-32 --pretrained laion2b_s34b_b79k" in said


def test_the_built_in_drawings_themselves_and_vectors_of_other_encoders_are_not_doubted():
    shipped = builtin_collection()
    assert domain_reading(shipped) is None
    away = -shipped.modality("image").corpus.vectors[:40]
    assert domain_of(pictures(away, "open_clip:ViT-B-32:openai")) is None


def test_a_few_far_pictures_of_many_are_no_other_kind():
    assert not Domain(1_000, 120).is_outside
    assert not Domain(3, 1).is_outside
    assert Domain(20, 12).is_outside


def test_measuring_pictures_of_another_kind_warns_of_it():
    from gapviz.analyses.analysis import Request

    shipped = builtin_collection()
    turned = {
        name: ModalityVectors.of(-block.vectors, block.item_index, block.query_only)
        for name, block in shipped.modalities.items()
    }
    finding = find_measurement(
        Request(replace(shipped, modalities=turned), {"intervals": "queries"}), lambda *_: None
    )
    assert any("not of the kind" in one for one in finding.warnings)
