import numpy as np
import pytest

from gapviz.core.vectors import unit_rows
from gapviz.measures.sketch.copies import CopySample, design_effect

DIM = 64
CENTRE = np.zeros(DIM)


def drawn(n, seed, copies=1, slight=0.02):
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.standard_normal((n // copies, DIM)), copies, axis=0)
    return unit_rows(rng.permutation(rows + slight * rng.standard_normal(rows.shape)))


def effect(rows, other):
    one, two = (CopySample.of(part, CENTRE) for part in (rows, other))
    return design_effect(one, len(rows), two)


@pytest.mark.parametrize("slight", [0.0, 0.02])
def test_five_copies_of_each_row_count_as_one(slight):
    assert effect(drawn(2_000, 0, copies=5, slight=slight), drawn(500, 1)) == pytest.approx(
        5, rel=0.2
    )


def test_copies_are_seen_in_a_sample_of_many_rows():
    parts = [CopySample.of(part, CENTRE) for part in np.split(drawn(20_000, 3, copies=5), 10)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    assert whole.hashes.size == 1_024
    other = CopySample.of(drawn(500, 1), CENTRE)
    assert design_effect(whole, 20_000, other) == pytest.approx(5, rel=0.35)


def test_rows_that_differ_count_whole():
    assert effect(drawn(2_000, 0), drawn(500, 1)) == 1


def test_what_the_subject_repeats_by_itself_is_no_copy():
    """Ten class names, on both sides alike: rows are drawn one by one all the same."""
    names = drawn(10, 5)
    rng = np.random.default_rng(6)
    before, today = names[rng.integers(10, size=500)], names[rng.integers(10, size=800)]
    assert effect(today, before) < 12
    assert effect(today, drawn(500, 1)) > 60
