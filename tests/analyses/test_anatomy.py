import numpy as np
import pytest

from gapviz.analyses.anatomy.analysis import (
    dimensions_reading,
    heat_map_reading,
    hubs_reading,
    plane_reading,
    spectra_reading,
)
from gapviz.analyses.anatomy.groups import cached_groups, groups_reading, groups_table
from gapviz.analyses.anatomy.matched import cached_matched, matched_reading, matched_table
from gapviz.analyses.anatomy.parts import (
    cached_dimensions,
    cached_heat_maps,
    cached_hubs,
    cached_plane,
    cached_spectra,
)
from gapviz.measures.diagnostics.groups import NO_LABELS
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
        "matched": cached_matched(collection, BOTH, PAIR, seed=0),
        "groups": cached_groups(collection, BOTH, seed=0),
        "plane": cached_plane({"made": collection}, BOTH, PAIR, seed=0),
    }


@pytest.mark.parametrize(
    "part", ["dimensions", "heat map", "hubs", "spectra", "plane", "matched", "groups"]
)
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


def test_squared_gap_and_residual_add_up_to_the_alignment_by_strategy(collection):
    found = works(collection)["matched"].compute()
    plane = works(collection)["plane"].compute()
    for one, placed in zip(found.by_strategy.values(), plane, strict=True):
        assert one.alignment == pytest.approx(placed.point.alignment, abs=1e-5)
        assert one.squared_gap + one.residual == one.alignment
    raw, centred = found.by_strategy.values()
    # What the gap no longer takes, unit length gives to the residual.
    assert centred.squared_gap < 0.05 * raw.squared_gap and centred.residual > raw.residual
    assert "Raw cosine: of a pair's mean squared distance" in matched_reading(found)
    assert len(matched_table(found).rows) == 2


def test_clusters_without_labels_are_held_against_modality_alone(collection):
    found = works(collection)["groups"].compute()
    assert groups_reading(found).startswith(NO_LABELS)
    assert [row[0] for row in groups_table(found).rows] == ["modality, a cluster each"] * 2


def test_clusters_follow_labels_once_the_gap_is_closed(make_labelled_world):
    found = cached_groups(make_labelled_world(), BOTH, seed=0).compute()
    before, after, *others = groups_table(found).rows
    assert before[3].value < 0.9 < after[3].value and after[5].figure.low > 0
    raw, centred = others[0], others[1]
    assert raw[6].value == 1 and centred[6].value < 0.5
    assert "6 clusters, as many as labels" in groups_reading(found)


@pytest.mark.reference
def test_clip_groups_by_modality_until_it_is_centred(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    raw, centred = cached_groups(collection, BOTH, seed=0).compute().by_strategy.values()
    assert raw.modality.v.value == 1 and centred.modality.v.value < 0.01
    pairs = cached_matched(collection, BOTH, PAIR, seed=0).compute().by_strategy["Raw cosine"]
    assert (pairs.squared_gap, pairs.residual) == pytest.approx((0.724, 0.656), abs=5e-4)
    assert (pairs.agreement.cka, pairs.agreement.mutual_knn) == pytest.approx(
        (0.670, 0.301), abs=5e-4
    )


@pytest.mark.reference
def test_two_dimensions_hold_the_gap_of_clip(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    found = cached_dimensions(collection, PAIR, seed=0).compute()
    assert found.shares.top(2) == pytest.approx(0.69, abs=0.01)
    two = int(np.flatnonzero(found.ablation.removed == 2)[0])
    assert found.ablation.gap[two] < 0.75 * found.ablation.gap[0]
