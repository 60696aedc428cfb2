import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.fused import FUSED, fused_rows, with_fused_documents
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.strategies import StrategyOptions, fit_strategy


def test_the_ends_of_alpha_are_text_and_image(make_collection):
    collection = make_collection(n=5)
    text, image = (collection.modality(name).vectors for name in ("text", "image"))
    assert np.allclose(fused_rows(text, image, 1), text, atol=1e-6)
    assert np.allclose(fused_rows(text, image, 0), image, atol=1e-6)
    with pytest.raises(GapvizError, match="α is 1"):
        fused_rows(text, image, 1.5)


def test_an_item_with_both_is_one_row_and_the_others_keep_theirs():
    rng = np.random.default_rng(0)
    collection = Collection(
        "made",
        items_of_rows(4),
        {
            "image": ModalityVectors.of(rng.standard_normal((3, 6)), [0, 1, 2]),
            "text": ModalityVectors.of(
                rng.standard_normal((4, 6)), [1, 1, 2, 3], [False, True, False, False]
            ),
        },
    )
    fused = with_fused_documents(collection)
    owners = {name: block.item_index.tolist() for name, block in fused.modalities.items()}
    assert owners == {"image": [0], "text": [1, 3], FUSED: [1, 2]}
    assert fused.modality("text").query_only.tolist() == [True, False]


def test_centring_fused_rows_comes_near_what_gr_clip_does(make_collection):
    collection = make_collection(n=200, dim=32, gap=2.0)
    fused = fit_strategy(StrategyOptions("centre"), with_fused_documents(collection))
    text, image = (collection.modality(n).vectors.astype(float) for n in ("text", "image"))
    mean = 0.5 * text.mean(axis=0) + 0.5 * image.mean(axis=0)
    theirs = 0.5 * text + 0.5 * image - mean
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    ours = fused.transform(with_fused_documents(collection).modality(FUSED).vectors, FUSED)
    assert (ours * theirs).sum(axis=1).min() > 0.99


def test_a_collection_without_pairs_has_nothing_to_fuse(make_collection):
    collection = make_collection(n=6)
    apart = {
        "image": collection.modality("image").rows(np.arange(3)),
        "text": collection.modality("text").rows(np.arange(3, 6)),
    }
    with pytest.raises(GapvizError, match="no item with text and picture"):
        with_fused_documents(Collection("apart", collection.items, apart))
