"""The words of the field: each has one hint, is found in text, and is named by any of its ways."""

import pytest

from gapviz.analyses.figure_families import families
from gapviz.core.errors import GapvizError
from gapviz.core.terms import TERMS, term, terms_in

ASKED_FOR = (
    "modality gap", "cone", "bias rate", "NDCG@10", "R@10", "MRR", "lift", "neutral", "noise floor",
    "cloud separation", "UMAP", "held-out", "calibrate split", "λ", "z-norm", "RRF", "hub",
)  # fmt: skip
MOST_WORDS = 50


def names(text):
    return [one.name for one in terms_in(text)]


@pytest.mark.parametrize("word", ASKED_FOR)
def test_the_words_of_the_field_have_hints(word):
    assert term(word).hint


def test_no_two_terms_share_a_way_of_writing():
    ways = [way for one in TERMS for way in {way.casefold() for way in one.written}]
    assert len(ways) == len(set(ways))


@pytest.mark.parametrize("one", TERMS, ids=lambda one: one.name)
def test_a_hint_is_short_and_ends_as_a_sentence(one):
    assert one.hint.endswith(".") and len(one.hint.split()) <= MOST_WORDS


def test_the_figure_that_a_term_names_is_one_that_is_measured():
    measured = {figure.name for family in families().values() for figure in family.figures}
    assert {one.figure for one in TERMS if one.figure} <= measured


def test_terms_are_found_in_text_however_they_are_written():
    assert names("Bias@10 and R@1 are read on the held-out items.") == [
        "bias rate",
        "R@10",
        "held-out",
    ]
    assert names("Two Cones, many hubs") == ["cone", "hub"]
    assert names("UMAP") == ["UMAP"]


def test_a_word_inside_another_word_is_no_term():
    assert names("gapviz uplifts a chubby conehead by MAPS") == []


def test_a_term_is_named_by_any_of_its_ways_in_any_case():
    assert term("BIAS@10") is term("bias rate")
    assert term("hubs") is term("hub")


def test_a_word_that_is_no_term_is_answered_with_those_like_it():
    with pytest.raises(GapvizError, match=r"perhaps .*NDCG@10"):
        term("ndgc")
    with pytest.raises(GapvizError, match="lists all terms"):
        term("zzzzqqq")
