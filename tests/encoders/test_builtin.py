import re

import numpy as np
import pytest
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.core.places import DATA
from gapviz.encoders import load_encoder
from gapviz.encoders.builtin import BuiltinEncoder
from gapviz.encoders.heads import Head, ImageInputs, load_joined
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.builtin.drawings import render, render_transparent

MODEL_CARD = DATA / "encoder" / "MODEL_CARD.md"


@pytest.fixture(scope="module")
def collection():
    return builtin_collection()


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("builtin", device="cpu")


@pytest.fixture(scope="module")
def held_out(collection):
    return collection.split("evaluate")


def match_ranks(queries, items):
    scores = queries @ items.T
    own = np.diag(scores).copy()
    np.fill_diagonal(scores, -np.inf)
    return (scores >= own[:, None]).sum(axis=1)


def stated(what):
    (figure,) = re.findall(rf"^\| {re.escape(what)} \| ([\d.]+)", MODEL_CARD.read_text(), re.M)
    return float(figure)


def test_the_shipped_vectors_are_what_the_encoder_gives(encoder, collection):
    chosen = [0, 100, 700, 1200, collection.n_items - 1]
    images = encoder.encode_images([render(collection.items[i].id, 224) for i in chosen])
    texts = encoder.encode_texts([collection.items[i].captions[0] for i in chosen])
    shipped_images = collection.modality("image").vectors[chosen]
    shipped_texts = collection.modality("text").corpus.vectors[chosen]
    assert (images * shipped_images).sum(axis=1).min() > 0.9999
    assert (texts * shipped_texts).sum(axis=1).min() > 0.9999


@pytest.mark.parametrize("name", [name for name in BUILTIN_ENCODERS if ":" in name])
def test_a_variant_encodes_what_its_shipped_vectors_hold(name):
    variant, shipped = load_encoder(name, device="cpu"), builtin_collection(name)
    assert variant.card.name == name
    chosen = [0, 100, 700, 1200]
    images = variant.encode_images([render(shipped.items[i].id, 224) for i in chosen])
    texts = variant.encode_texts([shipped.items[i].captions[0] for i in chosen])
    # Shipped as float16, loaded as unit rows.
    assert (images * shipped.modality("image").vectors[chosen]).sum(axis=1).min() > 0.9999
    assert (texts * shipped.modality("text").corpus.vectors[chosen]).sum(axis=1).min() > 0.9999


def test_a_variant_that_does_not_exist_is_answered_with_those_there_are():
    with pytest.raises(GapvizError, match="hoose one of builtin, builtin:sigmoid"):
        BuiltinEncoder("cpu", name="builtin:cold")


@pytest.mark.parametrize("k", [1, 5, 10])
def test_held_out_recall_is_the_model_cards_and_far_above_chance(held_out, k):
    x, y = held_out.modality("image").vectors, held_out.modality("text").corpus.vectors
    for name, ranks in (
        ("text → image", match_ranks(y, x)),
        ("image → text", match_ranks(x, y)),
    ):
        recall = (ranks < k).mean()
        assert recall > 20 * k / held_out.n_items
        assert recall == pytest.approx(stated(f"R@{k} {name}"), abs=0.0031)


def test_the_gap_is_the_model_cards_and_plainly_visible(held_out):
    x, y = held_out.modality("image").vectors, held_out.modality("text").corpus.vectors
    gap = np.linalg.norm(x.mean(0) - y.mean(0))
    noise_floor = np.sqrt((x.var(0).sum() + y.var(0).sum()) / len(x))
    assert gap > 5 * noise_floor
    assert gap == pytest.approx(stated("gap (distance of the centroids)"), abs=0.002)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_asking_in_other_words_finds_held_out_drawings_as_often_as_the_model_card_says(held_out, k):
    text = held_out.modality("text")
    rows = [np.flatnonzero(text.item_index == item) for item in range(held_out.n_items)]
    asking = text.vectors[[own[min(1, own.size - 1)] for own in rows]]
    recall = (match_ranks(asking, held_out.modality("image").vectors) < k).mean()
    assert recall > 15 * k / held_out.n_items
    assert recall == pytest.approx(stated(f"R@{k} second caption → image"), abs=0.0031)


def test_a_typed_word_finds_its_drawing(encoder, collection):
    scores = collection.modality("image").vectors @ encoder.encode_texts(["dog"])[0]
    found = [collection.items[i].captions[0] for i in np.argsort(-scores)[:5]]
    assert "dog" in found


def test_rows_have_length_one_and_do_not_depend_on_their_neighbours(encoder):
    texts = ["cat", "a much longer text about a cat that sits on a mat, " * 4, "dog"]
    together = encoder.encode_texts(texts)
    alone = np.concatenate([encoder.encode_texts([text]) for text in texts])
    assert together.shape == (3, encoder.card.dim)
    assert np.abs(together - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-6)


def test_transparent_pixels_lie_over_white(encoder):
    rows = encoder.encode_images([render_transparent("1F34E", 224), render("1F34E", 224)])
    assert rows[0] @ rows[1] > 0.999


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "HSV", "I", "F"]
)
def test_any_mode_of_picture_is_read(encoder, mode):
    picture = Image.new("L", (31, 17), 128).convert("RGB")
    if mode in ("PA", "I", "F"):
        picture = picture.convert("L").convert(mode)
    row = encoder.encode_images([picture.convert(mode)])
    assert np.isfinite(row).all()


def test_a_sixteen_bit_picture_reads_like_its_eight_bit_twin(encoder):
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (64, 1))
    deep = Image.fromarray(ramp.astype(np.uint16) * 257)
    rows = encoder.encode_images([Image.fromarray(ramp), deep])
    assert rows[0] @ rows[1] > 0.999


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 3)])
def test_odd_shapes_are_read(encoder, size):
    assert np.isfinite(encoder.encode_images([Image.new("RGB", size, "red")])).all()


@pytest.mark.parametrize("texts", [[""], ["dog", "  \n"], [], "dog"])
def test_an_empty_text_is_refused(encoder, texts):
    with pytest.raises(GapvizError, match=r"empty|no texts"):
        encoder.encode_texts(texts)


def test_no_images_are_refused(encoder):
    with pytest.raises(GapvizError, match="no images"):
        encoder.encode_images([])


def test_the_limit_is_the_last_length_read(encoder):
    fits, over = "dog " * 254, "dog " * 255
    assert encoder.count_tokens(fits) == encoder.card.text_limit == 256
    encoder.encode_texts([fits])
    with pytest.raises(GapvizError, match="text 2: has 257 tokens, and the encoder reads 256"):
        encoder.encode_texts(["dog", over])


def test_a_text_over_the_limit_is_cut_where_it_ends_when_asked(encoder):
    cut, fits = encoder.encode_texts(["dog " * 300 + "cat", "dog " * 254], cut=True)
    np.testing.assert_allclose(cut, fits, atol=1e-5)


def test_one_character_can_be_many_tokens(encoder):
    assert len("한국 " * 66) < encoder.card.text_limit
    with pytest.raises(GapvizError, match="tokens"):
        encoder.encode_texts(["한국 " * 66])


def test_progress_ends_at_one_and_may_cancel(encoder):
    told = []
    encoder.encode_texts(["dog"] * 70, progress=lambda share, words: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0

    def cancel(share, words):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode_texts(["dog"], progress=cancel)


def test_damaged_heads_are_told_in_a_sentence(tmp_path):
    broken = tmp_path / "heads.safetensors"
    broken.write_bytes(b"half a file")
    for load in (load_joined, ImageInputs.load, lambda path: Head.load(path, "image")):
        with pytest.raises(GapvizError, match="missing or damaged"):
            load(broken)
    with pytest.raises(GapvizError, match="make data"):
        Head.load(tmp_path / "absent.safetensors", "image")
