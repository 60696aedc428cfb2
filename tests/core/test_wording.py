from math import nan

import pytest

from gapviz.core.wording import counted, figure, interval, too_few


@pytest.mark.parametrize(
    ("value", "words"), [(-0.7134, "−0.713"), (-0.0001, "0.000"), (1234.5, "1,234.500")]
)
def test_a_figure_has_a_true_minus_and_none_before_a_zero(value, words):
    assert figure(value) == words


def test_a_difference_shows_its_sign():
    assert [figure(value, 2, signed=True) for value in (0.2, -0.2, 0.0)] == [
        "+0.20",
        "−0.20",
        "0.00",
    ]


def test_what_is_not_known_is_called_unknown():
    assert figure(nan) == interval(nan, 1.0) == "unknown"
    assert interval(-0.1, 0.25, 2) == "−0.10 to 0.25"


def test_one_is_singular():
    assert [counted(n, "pair") for n in (0, 1, 1_000)] == ["0 pairs", "1 pair", "1,000 pairs"]


def test_few_items_are_doubted_in_a_sentence():
    assert too_few(10) is None
    assert "Too few held-out items to measure: 1;" in (too_few(1) or "")
