import numpy as np
import pytest

from gapviz.analyses.anatomy.analysis import (
    dimensions_reading,
    heat_map_reading,
    hubs_reading,
    plane_reading,
    spectra_reading,
)
from gapviz.analyses.anatomy.parts import (
    cached_dimensions,
    cached_heat_maps,
    cached_hubs,
    cached_plane,
    cached_spectra,
)
from gapviz.measures.experiment import measure
from gapviz.measures.geometry.anatomy import plane_point
from gapviz.sources.files import read
from gapviz.storage.cache import clear_memory
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")
BOTH = (StrategyOptions("raw"), StrategyOptions("centre"))


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    clear_memory()


@pytest.fixture(scope="module")
def collection(make_collection):
    return make_collection(60, dim=16, gap=3.0)


def works(collection):
    return {
        "dimensions": cached_dimensions(collection, PAIR, seed=0),
        "heat map": cached_heat_maps(collection, BOTH, PAIR, seed=0),
        "hubs": cached_hubs(collection, BOTH, PAIR, seed=0),
        "spectra": cached_spectra(collection, BOTH, PAIR),
        "plane": cached_plane({"made": collection}, BOTH, PAIR, seed=0),
    }


@pytest.mark.parametrize("part", ["dimensions", "heat map", "hubs", "spectra", "plane"])
def test_every_part_is_the_same_from_disk(collection, part, monkeypatch):
    work = works(collection)[part]
    made = work.compute()
    clear_memory()
    read = work.get()
    assert read is not None
    assert read is not made
    assert repr(read) == repr(made)


def test_the_gap_made_of_one_dimension_is_told_so(collection):
    sentence = dimensions_reading(works(collection)["dimensions"].compute())
    shares = measure(collection).geometry.shares
    assert f"Two of 16 dimensions hold {shares.top(2):.0%} of the squared gap" in sentence
    assert "Mean recall@1 goes from" in sentence


def test_the_maps_show_the_same_pairs_in_the_same_order(collection):
    found = works(collection)["heat map"].compute()
    raw, centred = found.by_strategy.values()
    np.testing.assert_array_equal(raw.pairs, centred.pairs)
    measured = collection.split("evaluate")
    pairs = measured.pairs(*PAIR)
    cell = (
        measured.modality("image").vectors[pairs.rows_a[raw.pairs[3]]]
        @ measured.modality("text").vectors[pairs.rows_b[raw.pairs[5]]]
    )
    assert raw.cosines[3, len(raw.pairs) + 5] == pytest.approx(cell, abs=1e-6)


def test_the_quadrants_are_told_by_their_means(collection):
    sentence = heat_map_reading(works(collection)["heat map"].compute())
    assert "Raw cosine: image–image" in sentence
    assert "-0.00" not in sentence


def test_the_plane_has_a_point_a_model_and_strategy(collection):
    plane = works(collection)["plane"].compute()
    assert [(one.model, one.strategy) for one in plane] == [
        ("made", "Raw cosine"),
        ("made", "Centre both (λ = 1)"),
    ]
    measured = collection.split("evaluate")
    expected = plane_point(
        measured.modality("image").vectors,
        measured.modality("text").vectors,
        measured.pairs(*PAIR),
    )
    assert plane[0].point == expected
    assert "Centre both" in plane_reading(plane)


def test_a_model_without_the_modality_has_no_point(collection, make_collection):
    other = make_collection(20, modalities=("audio", "text"))
    work = cached_plane({"made": collection, "other": other}, BOTH, PAIR, seed=0)
    assert {one.model for one in work.compute()} == {"made"}


def test_hubs_and_spectra_are_told_for_both_modalities(collection):
    found = works(collection)
    hubs = hubs_reading(found["hubs"].compute())
    assert "Image → text: " in hubs
    assert "text → image: " in hubs
    assert spectra_reading(found["spectra"].compute()).startswith(
        "Effective rank, of 16 dimensions."
    )


@pytest.mark.reference
def test_two_dimensions_hold_the_gap_of_clip(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    found = cached_dimensions(collection, PAIR, seed=0).compute()
    assert found.shares.top(2) == pytest.approx(0.69, abs=0.01)
    two = int(np.flatnonzero(found.ablation.removed == 2)[0])
    assert found.ablation.gap[two] < 0.75 * found.ablation.gap[0]
