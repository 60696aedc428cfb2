from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.search import hits_json
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.queries import item_query
from gapviz.sources.builtin import builtin_collection, shipped_collection
from gapviz.sources.builtin.drawings import OUTLINE_SCHEME, render
from gapviz.sources.source import read
from gapviz.storage.saved_collection import load_collection, save_collection
from gapviz.strategies import StrategyOptions, fit_strategy


@pytest.fixture(scope="module")
def outlines():
    return read("outlines").collection


def test_it_holds_three_modalities_of_what_the_heads_were_not_trained_on(outlines):
    builtin = builtin_collection()
    trained = {builtin.items[place].id for place in builtin.splits["train"]}
    assert outlines.modality_names == ("image", "outline", "text")
    assert not trained & {item.id for item in outlines.items}
    for name in ("calibrate", "evaluate"):
        ids = [outlines.items[place].id for place in outlines.splits[name]]
        assert ids == [builtin.items[place].id for place in builtin.splits[name]]
    assert outlines.content_hash == shipped_collection("outlines").content_hash


def test_drawings_and_names_keep_the_rows_that_they_have_in_the_built_in_collection(outlines):
    builtin = builtin_collection()
    for name in ("image", "text"):
        split, whole = outlines.split("evaluate"), builtin.split("evaluate")
        assert np.array_equal(split.modality(name).vectors, whole.modality(name).vectors)


def test_an_outline_is_the_drawing_without_its_colours():
    colour, lines = (np.asarray(render(f"{scheme}1F34E", 96), dtype=int)
                     for scheme in ("openmoji:", OUTLINE_SCHEME))  # fmt: skip
    assert np.ptp(colour, axis=2).max() > 100
    assert np.ptp(lines, axis=2).max() == 0
    assert (lines.mean(axis=2) < 128).any()


@pytest.mark.encoder
def test_outlines_are_what_the_built_in_encoder_makes_of_them(outlines):
    from gapviz.encoders import load_encoder
    from gapviz.encoders.image_only import IMAGE_EDGE

    chosen = outlines.items[:3]
    pictures = [render(item.picture("outline"), IMAGE_EDGE) for item in chosen]
    made = load_encoder("builtin").encode_images(pictures)
    stored = outlines.modality("outline").vectors[:3]
    assert np.allclose((made * stored).sum(axis=1), 1, atol=1e-3)


def test_an_answer_shows_the_picture_of_its_modality(outlines):
    strategy = fit_strategy(StrategyOptions("raw"), outlines.split("calibrate"))
    index = ExactIndex.of(outlines, strategy)
    found = index.search(item_query(outlines, 0, "outline"), 40)
    told = hits_json(outlines, found)
    schemes = {hit["modality"]: hit["image"].partition(":")[0] for hit in told}
    assert schemes["outline"] == "openmoji-outline"
    assert schemes["image"] == "openmoji"


def test_a_picture_of_another_modality_is_saved_and_counts_in_the_hash(outlines, tmp_path):
    few = outlines.subset(range(5))
    save_collection(few, tmp_path)
    again = load_collection(tmp_path)
    assert again.items == few.items
    assert again.content_hash == few.content_hash
    plain = replace(few, items=tuple(replace(item, other_pictures=()) for item in few.items))
    assert plain.content_hash != few.content_hash


def test_a_damaged_picture_of_another_modality_is_told(tmp_path):
    from gapviz.core.errors import GapvizError

    few = builtin_collection().subset(range(2))
    odd = replace(few.items[0], other_pictures=(("outline", 7),))
    save_collection(replace(few, items=(odd, few.items[1])), tmp_path)
    with pytest.raises(GapvizError, match="not a collection"):
        load_collection(tmp_path)


def test_vectors_of_outlines_are_one_row_an_item(outlines):
    block = outlines.modality("outline")
    assert isinstance(block, ModalityVectors)
    assert np.array_equal(block.item_index, np.arange(outlines.n_items))
