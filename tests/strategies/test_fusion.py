import itertools
from dataclasses import replace
from fractions import Fraction

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
    rescaled,
)
from gapviz.strategies.fusion.merged_lists import interleaving

lengths = st.lists(st.integers(0, 12), min_size=1, max_size=4)
ranked = st.lists(st.sampled_from("abcdefghij"), unique=True, min_size=1)


def as_one(lengths, weights, own, fusion):
    return interleaving(lengths, weights, own, fusion.k + fusion.rank_base, fusion.ties)


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
    usual = as_one(tuple(sizes), (1.0,) * len(sizes), 0, RankFusion())
    other = as_one(tuple(sizes), (1.0,) * len(sizes), 0, RankFusion(k=k))
    for name in ("order", "ahead", "size"):
        np.testing.assert_array_equal(getattr(other, name), getattr(usual, name))
    # The query's list has the first turn at the best rank, the others at the next, and so on.
    expected = sorted(
        (place, (which > 0) != place % 2, which)
        for which, n in enumerate(sizes)
        for place in range(n)
    )
    assert usual.order.tolist() == [[which, place] for place, _, which in expected]


@given(
    lengths,
    st.lists(st.sampled_from([0, 0.5, 1, 1.1, 2]), min_size=4, max_size=4),
    st.sampled_from([0.5, 60]),
    st.integers(-1, 3),
    st.sampled_from(["shared", "own-first", "other-first"]),
)
def test_interleaving_is_the_fusion_of_disjoint_lists(sizes, weights, k, own, ties):
    merged = as_one(tuple(sizes), tuple(weights[: len(sizes)]), own, RankFusion(k, ties=ties))
    entries = [(which, place) for which, n in enumerate(sizes) for place in range(n)]
    assert sorted(map(tuple, merged.order.tolist())) == entries

    def score(which, place):
        return Fraction(str(weights[which])) / (Fraction(k) + 1 + place)

    shown = [(score(which, place), which == own) for which, place in merged.order.tolist()]
    for (above, first), (below, second) in itertools.pairwise(shown):
        assert above >= below
        # Of equals, the modality that is to be first is.
        assert ties == "shared" or above > below or first in (second, ties == "own-first")
    scores = [score(*entry) for entry in entries]
    counted = [
        (sum(one > mine for one in scores), sum(one == mine for one in scores)) for mine in scores
    ]
    found = list(zip(merged.ahead.tolist(), merged.size.tolist(), strict=True))
    if ties == "shared":
        assert found == counted
    else:
        assert [merged.order[ahead].tolist() for ahead, _ in found] == list(map(list, entries))
        assert {size for _, size in found} <= {1}


def test_long_lists_stay_interleaved_to_their_end():
    merged = as_one((200_000, 200_000), (1.0, 1.0), 0, RankFusion())
    assert (merged.order[:, 0] == np.tile([0, 1, 1, 0], 100_000)).all()
    assert (merged.size == 2).all()


def test_a_slightly_heavier_list_takes_the_top():
    merged = as_one((50, 50), (1.1, 1.0), 0, RankFusion())
    assert (merged.order[:10, 0] == 0).sum() == 8


@pytest.mark.parametrize("own", [0, 1])
def test_a_list_of_weight_zero_comes_last_in_its_own_order(own):
    merged = as_one((3, 2), (0.0, 1.0), own, RankFusion())
    assert merged.order.tolist() == [[1, 0], [1, 1], [0, 0], [0, 1], [0, 2]]
    assert merged.size.tolist() == [3, 3, 3, 1, 1]


def test_rank_base_zero_with_61_is_rank_base_one_with_60():
    lists = [["a", "b", "c"], ["c", "d"]]
    one, other = RankFusion(k=61, rank_base=0), RankFusion(k=60, rank_base=1)
    assert by_item(lists, ItemFusion("rrf", one)) == by_item(lists, ItemFusion("rrf", other))


def test_equal_scores_keep_the_order_of_the_lists():
    assert list(by_item([["a", "b"], ["c", "d"]], ItemFusion())) == ["a", "c", "b", "d"]


def test_an_entry_of_both_lists_overtakes_the_first_of_one():
    assert next(iter(by_item([["a", "j"], ["b", "j"]], ItemFusion()))) == "j"


def test_nothing_fuses_to_nothing():
    assert as_one((0, 0), (1, 1), 0, RankFusion()).order.shape == (0, 2)


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
    after, _ = rescaled(before, scale)
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
    for scale, expected, divided_by in (
        ("min-max", (known - low) / (high - low), high - low),
        ("z-score", standard, known.std()),
        ("dbsf", np.clip(standard, -3, 3), known.std()),
    ):
        found, width = rescaled(row, scale)
        np.testing.assert_allclose(found[:, 3:], expected, atol=1e-6)
        np.testing.assert_allclose(width, [divided_by])
        assert np.isneginf(found[:, :3]).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", ["min-max", "z-score", "dbsf"])
def test_a_list_of_equal_scores_or_of_none_is_rescaled_without_complaint(scale):
    scores, width = rescaled(np.full((2, 5), 0.3, np.float32), scale)
    assert (scores == 0).all() and (width == 1).all()
    assert np.isneginf(rescaled(np.full((2, 1), -np.inf, np.float32), scale)[0]).all()
    assert rescaled(np.empty((2, 0), np.float32), scale)[0].shape == (2, 0)


@pytest.mark.parametrize("ties", ["shared", "own-first", "other-first"])
@pytest.mark.parametrize(
    "fusion", [RankFusion(weights=(("a", 0.0), ("b", 0.0))), ScoreFusion("dbsf")]
)
def test_of_equal_scores_too_a_shown_list_keeps_the_order_of_every_list(fusion, ties):
    # Two entries of either list lie beyond 3σ.
    far = np.where(np.arange(60) < 2, 9 + np.arange(60), 0).astype(np.float32)
    rows = Rows(("a", "b"), np.zeros((120, 0)), np.repeat([0, 1], 60), np.tile(np.arange(60), 2))
    found = replace(fusion, ties=ties).ranked(
        rows, np.concatenate([far, far + 1]), np.ones(120, bool), 0, 4, None
    )
    shown = found.rows.tolist()
    if ties == "shared":
        assert shown == [1, 61, 60, 0]
    elif isinstance(fusion, ScoreFusion):
        assert shown == ([1, 0, 61, 60] if ties == "own-first" else [61, 60, 1, 0])
    else:
        assert shown[:2] == ([1, 0] if ties == "own-first" else [61, 60])


def test_unknown_ways_of_fusing_are_refused():
    with pytest.raises(GapvizError, match="choose min-max, z-score or dbsf"):
        ScoreFusion("softmax")
    with pytest.raises(GapvizError, match="choose rrf or max"):
        ItemFusion("sum")
