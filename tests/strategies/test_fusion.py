import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.core.rows import Rows
from gapviz.strategies.fusion import (
    ItemFusion,
    RankFusion,
    ScoreFusion,
    interleaving,
    rescaled,
)

lengths = st.lists(st.integers(0, 12), min_size=1, max_size=4)
ranked = st.lists(st.sampled_from("abcdefghij"), unique=True, min_size=1)


def fused(lists, weights, k=60.0):
    """Keys by Σ weight / (k + rank), equals in the order in which the lists name them."""
    scores = {}
    for keys, weight in zip(lists, weights, strict=True):
        for rank, key in enumerate(keys, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (k + rank)
    return sorted(scores, key=lambda key: -round(scores[key], 15))


def by_item(lists, fusion):
    """The result of an item fusion where list n ranks the items `lists[n]` names, best first."""
    names = tuple(f"list {n}" for n in range(len(lists)))
    modality = np.repeat(np.arange(len(lists)), [len(keys) for keys in lists])
    item = np.array(["abcdefghij".index(key) for keys in lists for key in keys])
    scores = np.concatenate([-np.arange(len(keys), dtype=np.float32) for keys in lists])
    rows = Rows(names, np.zeros((item.size, 1), np.float32), modality, item)
    found = fusion.ranked(rows, scores, np.ones(item.size, bool), -1, 10, None)
    keys = ["abcdefghij"[rows.item[row]] for row in found.rows]
    return dict(zip(keys, found.scores.tolist(), strict=True))


@given(st.lists(ranked, min_size=2, max_size=4), st.integers(1, 200))
@settings(deadline=None)
def test_fused_scores_agree_with_ranx(ranx, lists, k):
    runs = [{key: 100.0 - rank for rank, key in enumerate(keys)} for keys in lists]
    theirs = ranx(runs=runs, k=k)
    ours = by_item(lists, ItemFusion("rrf", RankFusion(k=float(k))))
    assert ours == pytest.approx(theirs)
    assert (np.diff([theirs[key] for key in ours]) <= 1e-15).all()


@given(lengths, st.floats(0.001, 1e6))
def test_disjoint_lists_are_interleaved_whatever_k(sizes, k):
    usual = interleaving(tuple(sizes), (1.0,) * len(sizes), RankFusion())
    np.testing.assert_array_equal(
        interleaving(tuple(sizes), (1.0,) * len(sizes), RankFusion(k=k)), usual
    )
    expected = sorted((place, which) for which, n in enumerate(sizes) for place in range(n))
    assert usual.tolist() == [[which, place] for place, which in expected]


@given(lengths, st.lists(st.sampled_from([0.5, 1, 1.1, 2]), min_size=4, max_size=4))
def test_interleaving_is_the_fusion_of_disjoint_lists(sizes, weights):
    weights = weights[: len(sizes)]
    lists = [[(which, place) for place in range(n)] for which, n in enumerate(sizes)]
    merged = interleaving(tuple(sizes), tuple(weights), RankFusion())
    assert merged.tolist() == list(map(list, fused(lists, weights)))
    assert sorted(map(tuple, merged.tolist())) == sorted(key for keys in lists for key in keys)


def test_long_lists_stay_interleaved_to_their_end():
    merged = interleaving((200_000, 200_000), (1.0, 1.0), RankFusion())
    assert (merged[:, 0] == np.tile([0, 1], 200_000)).all()


def test_a_slightly_heavier_list_takes_the_top():
    merged = interleaving((50, 50), (1.1, 1.0), RankFusion())
    assert (merged[:10, 0] == 0).sum() == 8


def test_a_list_of_weight_zero_comes_last_in_its_own_order():
    merged = interleaving((3, 2), (0.0, 1.0), RankFusion())
    assert merged.tolist() == [[1, 0], [1, 1], [0, 0], [0, 1], [0, 2]]


def test_rank_base_zero_with_61_is_rank_base_one_with_60():
    lists = [["a", "b", "c"], ["c", "d"]]
    one, other = RankFusion(k=61, rank_base=0), RankFusion(k=60, rank_base=1)
    assert by_item(lists, ItemFusion("rrf", one)) == by_item(lists, ItemFusion("rrf", other))


def test_equal_scores_keep_the_order_of_the_lists():
    assert list(by_item([["a", "b"], ["c", "d"]], ItemFusion())) == ["a", "c", "b", "d"]


def test_an_entry_of_both_lists_overtakes_the_first_of_one():
    assert next(iter(by_item([["a", "j"], ["b", "j"]], ItemFusion()))) == "j"


def test_nothing_fuses_to_nothing():
    assert interleaving((0, 0), (1, 1), RankFusion()).shape == (0, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"k": float("nan")},
        {"k": float("inf")},
        {"k": -1.0},
        {"k": 1e9},
        {"k": 0.0, "rank_base": 0},
        {"rank_base": 2},
        {"ties": "any"},
        {"weights": (("text", -1.0),)},
        {"weights": (("text", float("nan")),)},
    ],
)
def test_parameters_out_of_range_are_refused(options):
    with pytest.raises(GapvizError):
        RankFusion(**options)


scores = st.lists(
    st.lists(st.floats(-1, 1, width=32), min_size=6, max_size=6), min_size=1, max_size=4
)


@given(scores, st.sampled_from(["min-max", "z-score", "dbsf"]))
def test_rescaling_keeps_the_order_of_a_list(rows, scale):
    before = np.array(rows, dtype=np.float32)
    after = rescaled(before, scale)
    order = np.argsort(before, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(after, order, axis=1), axis=1) >= 0).all()
    assert np.isfinite(after).all()


def test_each_scale_follows_its_formula_and_leaves_out_what_is_left_out():
    row = np.random.default_rng(0).standard_normal((1, 40)).astype(np.float32)
    row[0, :3] = -np.inf
    row[0, 3] = 30
    known = row[:, 3:].astype(float)
    low, high = known.min(), known.max()
    standard = (known - known.mean()) / known.std()
    for scale, expected in (
        ("min-max", (known - low) / (high - low)),
        ("z-score", standard),
        ("dbsf", np.clip(standard, -3, 3)),
    ):
        found = rescaled(row, scale)
        np.testing.assert_allclose(found[:, 3:], expected, atol=1e-6)
        assert np.isneginf(found[:, :3]).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", ["min-max", "z-score", "dbsf"])
def test_a_list_of_equal_scores_or_of_none_is_rescaled_without_complaint(scale):
    assert (rescaled(np.full((2, 5), 0.3, np.float32), scale) == 0).all()
    assert np.isneginf(rescaled(np.full((2, 1), -np.inf, np.float32), scale)).all()
    assert rescaled(np.empty((2, 0), np.float32), scale).shape == (2, 0)


def test_unknown_ways_of_fusing_are_refused():
    with pytest.raises(GapvizError, match="choose min-max, z-score or dbsf"):
        ScoreFusion("softmax")
    with pytest.raises(GapvizError, match="choose rrf or max"):
        ItemFusion("sum")
