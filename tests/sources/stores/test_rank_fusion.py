"""Reciprocal rank fusion of fetched lists."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gapviz.sources.stores.rank_fusion import rank_fused
from gapviz.sources.stores.store import Nearest, ReciprocalFusion
from tests.sources.stores.engines import fused_by_formula

LISTS = st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), min_size=1, max_size=4)


def nearest(ids):
    return Nearest((tuple(ids),), (np.zeros(len(ids), dtype=np.float32),))


@given(LISTS, st.integers(0, 100), st.integers(1, 9))
def test_scores_are_those_of_the_formula(lists, constant, k):
    found = rank_fused([nearest(ids) for ids in lists], k, ReciprocalFusion(constant))
    expected = fused_by_formula(lists, k, constant)
    np.testing.assert_allclose(found.scores[0], [score for _, score in expected[:k]], rtol=1e-6)
    of_entry = dict(expected)
    np.testing.assert_allclose([of_entry[one] for one in found.ids[0]], found.scores[0], rtol=1e-6)


@given(LISTS, st.integers(1, 5))
def test_what_lies_deeper_counts_nothing(lists, depth):
    whole = rank_fused([nearest(ids) for ids in lists], 9, ReciprocalFusion(60, depth))
    cut = rank_fused([nearest(ids[:depth]) for ids in lists], 9, ReciprocalFusion(60))
    assert whole.ids == cut.ids


def test_of_equal_sums_the_first_list_leads_whatever_the_order_of_adding():
    """1/61 + 1/62 + 1/63 is not 1/63 + 1/62 + 1/61 in floating point."""
    found = rank_fused([nearest("abc"), nearest("cab"), nearest("bca")], 3, ReciprocalFusion())
    assert found.ids[0] == ("a", "b", "c")
    assert len(set(found.scores[0].tolist())) == 1
