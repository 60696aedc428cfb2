import hashlib
import shutil
from functools import partial

import numpy as np
import pytest
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.encoders import load_encoder
from gapviz.encoders.encoding import VectorStore, encode_collection
from gapviz.encoders.encoding.engine import SHARD_ROWS
from gapviz.encoders.registry import load_any_encoder
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.background import Cancelled


def vectors(encoded, modality):
    return encoded.collection.modality(modality).vectors


def test_every_picture_and_caption_becomes_a_row(paint, encoder):
    collection = paint(5, captions=lambda i: ("first one", f"second {i}") if i % 2 else ())
    done = encode_collection(collection, encoder)
    image, text = (done.collection.modality(name) for name in ("image", "text"))
    assert image.item_index.tolist() == [0, 1, 2, 3, 4]
    assert text.item_index.tolist() == [1, 1, 3, 3]
    assert text.query_only.tolist() == [False, True, False, True]
    assert done.collection.encoder == "counting"
    assert done.collection.items == collection.items and done.collection.root == collection.root
    assert (done.skipped, done.device) == ((), "cpu")


def test_all_captions_can_be_indexed(paint, encoder):
    collection = paint(3, captions=lambda i: ("one", f"two {i}"))
    done = encode_collection(collection, encoder, indexed_captions="all")
    assert not done.collection.modality("text").query_only.any()


def test_what_was_encoded_is_looked_up(paint, encoder):
    first = encode_collection(paint(40), encoder)
    again = encode_collection(paint(40), encoder)
    assert (first.n_encoded, first.n_reused) == (80, 0)
    assert (again.n_encoded, again.n_reused) == (0, 80)
    assert np.array_equal(vectors(first, "image"), vectors(again, "image"))
    assert np.array_equal(vectors(first, "text"), vectors(again, "text"))


def test_ten_new_pictures_are_ten_to_encode(paint, encoder):
    encode_collection(paint(300), encoder, decode_workers=0)
    encoder.batches.clear()
    done = encode_collection(
        paint(310, start=300), encoder, modalities=("image",), decode_workers=0
    )
    assert encoder.batches == [10]
    assert (done.n_encoded, done.n_reused) == (10, 300)


def test_equal_contents_are_encoded_once(paint, encoder):
    collection = paint(6, captions=lambda i: ("the same words",))
    for copy in ("3.png", "5.png"):
        shutil.copy(collection.root / "1.png", collection.root / copy)
    done = encode_collection(collection, encoder)
    assert (encoder.n_images, encoder.n_texts) == (4, 1)
    image = vectors(done, "image")
    assert np.array_equal(image[1], image[3]) and np.array_equal(image[1], image[5])


def test_another_encoder_starts_afresh(paint, encoder):
    encode_collection(paint(4), encoder)
    other = type(encoder)("other")
    assert encode_collection(paint(4), other).n_encoded == 8


def test_a_changed_picture_is_encoded_again(paint, encoder):
    collection = paint(4)
    before = encode_collection(collection, encoder)
    shutil.copy(collection.root / "0.png", collection.root / "2.png")
    after = encode_collection(collection, encoder)
    assert np.array_equal(vectors(after, "image")[2], vectors(before, "image")[0])


def test_what_cannot_be_read_is_listed_and_its_item_stays(paint, encoder):
    collection = paint(5, captions=lambda i: ("fine", "word " * 13) if i == 4 else ("fine",))
    (collection.root / "1.png").write_bytes(b"no picture")
    whole = (collection.root / "2.png").read_bytes()
    (collection.root / "2.png").write_bytes(whole[:-40])
    (collection.root / "3.png").unlink()
    done = encode_collection(collection, encoder, long_captions="leave-out")
    assert done.n_cut == 0
    assert [(one.what, one.why) for one in done.skipped] == [
        ("1.png", "is not an image"),
        ("2.png", "is damaged or cut short"),
        ("3.png", "cannot be read (No such file or directory)"),
        ("4, caption 2", "has 13 tokens, and the encoder reads 12"),
    ]
    assert done.collection.n_items == 5
    assert done.collection.modality("image").item_index.tolist() == [0, 4]


def test_captions_over_the_limit_are_cut_and_counted_unless_they_are_to_be_left_out(paint, encoder):
    collection = paint(3, captions=lambda i: ("fine", "word " * 13, "word " * 13 + "more"))
    done = encode_collection(collection, encoder)
    assert done.n_cut == 6 and done.skipped == ()
    assert done.collection.modality("text").n_rows == 9
    without = encode_collection(collection, encoder, long_captions="leave-out")
    assert without.n_cut == 0 and len(without.skipped) == 6
    assert without.collection.modality("text").n_rows == 3


def test_vectors_of_a_picture_as_it_lay_are_not_taken_for_it_upright(paint, encoder):
    collection = paint(2)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = collection.root / "0.png"
    Image.open(turned).save(turned, exif=exif)
    lying = hashlib.sha256(turned.read_bytes()).digest()
    stale = np.array([1, 0, 0, 0, 0], np.float32)
    VectorStore().write(encoder.card.name, "image", {lying: stale})
    done = encode_collection(collection, encoder)
    assert encoder.n_images == 2
    assert not np.allclose(vectors(done, "image")[0], stale)


def test_the_first_readable_caption_is_the_indexed_one(paint, encoder):
    collection = paint(2, captions=lambda i: ("", "\ud800", "a word", "another"))
    done = encode_collection(collection, encoder)
    assert done.collection.modality("text").query_only.tolist() == [False, True] * 2
    assert [one.why for one in done.skipped[:2]] == ["is empty", "is not valid Unicode"]


def test_nothing_to_encode_is_refused(encoder):
    empty = Collection("bare", (Item("0"), Item("1", image="gone.png")), {})
    with pytest.raises(GapvizError, match=r"gone.png the collection knows no folder of images"):
        encode_collection(empty, encoder)


@pytest.mark.slow
def test_processes_and_this_one_give_the_same_bits(paint, encoder, store):
    collection = paint(70)
    (collection.root / "7.png").write_bytes(b"no picture")
    apart = encode_collection(collection, encoder, decode_workers=2)
    shutil.rmtree(store.folder)
    here = encode_collection(collection, encoder, decode_workers=0)
    assert np.array_equal(vectors(apart, "image"), vectors(here, "image"))
    assert apart.skipped == here.skipped and len(here.skipped) == 1


@pytest.mark.slow
def test_progress_rises_to_the_end_and_tells_the_rate(paint, encoder):
    told = []
    encode_collection(
        paint(100),
        encoder,
        progress=lambda share, stage: told.append((share, stage)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] <= 1
    assert any("encoded 96 of 100 images" in stage for _, stage in told)


@pytest.mark.slow
def test_a_cancelled_run_keeps_its_full_shards_and_goes_on_bit_for_bit(paint, encoder, store):
    n = SHARD_ROWS + 70
    collection = paint(n)
    (collection.root / "3.png").write_bytes(b"no picture")

    def stop(share, stage):
        if f"encoded {SHARD_ROWS + 32} of" in stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        encode_collection(collection, encoder, progress=stop)
    images = partial(
        encode_collection,
        collection,
        encoder,
        modalities=("image",),
        decode_workers=0,
    )
    again = images()
    assert again.n_encoded == n - 1 - SHARD_ROWS
    shutil.rmtree(store.folder)
    assert np.array_equal(vectors(again, "image"), vectors(images(), "image"))


@pytest.mark.encoder
def test_an_encoder_of_one_modality_is_asked_for_one():
    collection = builtin_collection().subset(range(6))
    tower = load_any_encoder("efficientnet-lite0", device="cpu")
    with pytest.raises(GapvizError, match="does not encode the modality text"):
        encode_collection(collection, tower)
    image = encode_collection(collection, tower, modalities=("image",)).collection
    assert (image.encoder, image.modality_names, image.dim) == (
        "efficientnet-lite0", ("image",), 1280,
    )  # fmt: skip
    words = load_any_encoder("minilm", device="cpu")
    text = encode_collection(collection, words, modalities=("text",)).collection
    assert (text.modality_names, text.dim) == (("text",), 384)
    with pytest.raises(GapvizError, match="'smell' cannot be encoded"):
        encode_collection(collection, words, modalities=("smell",))


@pytest.mark.encoder
def test_the_builtin_collection_comes_out_as_it_ships():
    shipped = builtin_collection().subset(range(0, 1600, 100))
    done = encode_collection(shipped, load_encoder("builtin", device="cpu")).collection
    for modality in ("image", "text"):
        ours, theirs = done.modality(modality), shipped.modality(modality)
        assert np.array_equal(ours.item_index, theirs.item_index)
        assert np.array_equal(ours.query_only, theirs.query_only)
        assert np.abs(ours.vectors - theirs.vectors).max() < 1e-4
