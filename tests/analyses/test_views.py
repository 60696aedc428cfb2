"""What a saved view shows: its figures, whether it is still so, and two of them side by side."""

from dataclasses import replace

import pytest

from gapviz.analyses.views.comparison import NOT_SET, compare_views
from gapviz.analyses.views.shown import (
    figures_of,
    settings_of,
    view_finding,
    views_finding,
    warnings_of,
)
from gapviz.analyses.views.subject import measured, opened, subject_of
from gapviz.core.errors import GapvizError
from gapviz.measures.experiment import measure
from gapviz.sources.library.stored import Workspace
from gapviz.storage.saved_views import SavedView
from gapviz.strategies import StrategyOptions


@pytest.fixture
def stored(make_collection, tmp_path, monkeypatch):
    """A collection of a workspace of its own, as two encoders saw it."""
    monkeypatch.setenv("GAPVIZ_HOME", str(tmp_path))
    both = [replace(make_collection(40, seed=n), encoder=f"model {n}") for n in (1, 2)]
    return Workspace().add(both, title="brought")


def a_view(stored, name="a view", encoder="model 1", **params):
    told = {"collection": stored.id, "encoder": encoder, "strategy": "raw"} | params
    collection = Workspace().load(stored.id, encoder)
    shown = opened(subject_of(SavedView(page="cones", name="x", params=tuple(told.items()))))
    assert shown.n_items == collection.n_items
    return SavedView(
        id="0a0a0a0a",
        page="search",
        params=tuple(told.items()),
        name=name,
        content_hash=shown.content_hash,
        kept="2026-01-31T12:30:00.000+00:00",
    )


def test_the_figures_are_those_that_anybody_measures(stored):
    view = a_view(stored, strategy="centre", strength="0.5", seed="7")
    expected = measure(opened(subject_of(view)), StrategyOptions("centre", strength=0.5), seed=7)
    found = {one.key: one.cell for one in figures_of(measured(subject_of(view)))}
    assert found["gap",].value == expected.geometry.gap.gap
    assert found["bias", "text"] == expected.bias["text"]
    assert found["recall@10", "image", "text"] == expected.recall["image", "text"][10]
    table = view_finding(view).tables[0]
    assert table.rows[0][1].value == expected.geometry.gap.gap


def test_parameters_of_a_strategy_are_read_of_the_address(stored):
    view = a_view(stored, strategy="route", weight_image="2.0", rrf_k="20", rank_base="0")
    options = subject_of(view).options
    assert dict(options.value("weights")) == {"image": 2.0}
    assert options.value("rrf_k") == 20


def test_nothing_speaks_against_a_view_that_is_as_it_was(stored):
    assert warnings_of(a_view(stored)) == []


def test_a_collection_that_has_changed_is_said_and_measured_as_it_is(stored, make_collection):
    view = a_view(stored)
    Workspace().put_encoding(stored.id, replace(make_collection(40, seed=9), encoder="model 1"))
    (words,) = warnings_of(view)
    assert words.startswith("The collection has changed since this view was kept (2026-01-31")
    assert view_finding(view).tables


def test_a_collection_or_an_encoder_that_is_gone_is_said_in_a_sentence(stored):
    view, other = a_view(stored), a_view(stored, encoder="model 2")
    Workspace().remove_encoding(stored.id, "model 2")
    Workspace().remove(stored.id)
    for gone in (view, other):
        (words,) = warnings_of(gone)
        assert words.startswith("What this view shows is gone. ") and words.endswith(".")
        finding = view_finding(gone)
        assert finding.warnings == [words] and not finding.tables


@pytest.mark.parametrize(
    ("name", "value"),
    [("strategy", "magic"), ("strength", "much"), ("seed", "-1"), ("seed", "9" * 12)],
)
def test_what_an_address_cannot_say_is_said_in_a_sentence(stored, name, value):
    view = replace(
        a_view(stored), params=(("collection", stored.id), ("strategy", "half"), (name, value))
    )
    with pytest.raises(GapvizError):
        subject_of(view)
    assert len(warnings_of(view)) == 1


def test_one_modality_alone_has_no_figures_and_says_so(make_collection, tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_HOME", str(tmp_path))
    alone = replace(make_collection(20).of_modalities(["text"]), encoder="model 1")
    finding = view_finding(a_view(Workspace().add([alone], title="texts")))
    assert not finding.tables and "one modality" in finding.warnings[0]


def test_two_views_differ_in_what_their_settings_differ_in(stored):
    first = a_view(stored, "raw", strategy="raw", q="cat")
    second = a_view(stored, "moved", strategy="centre", strength="0.5", q="dog")
    found = compare_views(first, second)
    assert found.readings[0] == "They differ in strategy, query, strength."
    assert [list(row) for row in found.tables[0].rows] == [
        ["strategy", "Raw cosine", "Centre both"],
        ["query", "cat", "dog"],
        ["strength", NOT_SET, "0.5"],
    ]


def test_of_two_pages_only_what_both_have_is_held_against_each_other(stored):
    first = a_view(stored, "one", q="cat")
    second = replace(a_view(stored, "two", strategy="centre", curve="mix"), page="curves")
    assert compare_views(first, second).readings[0] == "They differ in page, strategy."


def test_a_difference_of_gaps_is_that_of_the_gaps_beside_it(stored):
    first, second = a_view(stored, "raw"), a_view(stored, "moved", strategy="centre")
    title, before, after, change, *_ = compare_views(first, second).tables[-1].rows[0]
    assert title == "Gap without noise, image–text"
    assert change.value == pytest.approx(after.value - before.value)


def test_the_difference_has_the_interval_of_the_same_items_under_both(stored):
    first, second = a_view(stored, "raw"), a_view(stored, "moved", strategy="centre")
    before, after = measured(subject_of(first)), measured(subject_of(second))
    table = compare_views(first, second).tables[-1]
    rows = {row[0]: row for row in table.rows}
    expected = after.change(before, "ndcg", "text")
    assert rows["NDCG@10, text queries"][3] == expected
    assert rows["Gap without noise, image–text"][4] == "better"
    assert expected.value == pytest.approx(after.ndcg["text"].value - before.ndcg["text"].value)


def test_two_views_of_the_same_are_equal(stored):
    found = compare_views(a_view(stored, "one"), a_view(stored, "one"))
    assert "Both have the same settings." in found.readings
    assert "Both measure the same, so that all figures are equal." in found.readings
    (table,) = found.tables
    assert [column.title for column in table.columns][1:3] == ["one (1)", "one (2)"]


def test_views_of_other_items_have_no_difference(stored, make_collection):
    other = Workspace().add([replace(make_collection(30), encoder="model 1")], title="other")
    found = compare_views(a_view(stored, "one"), a_view(other, "two"))
    assert any("different items" in words for words in found.readings)
    assert "difference" not in [column.title for column in found.tables[-1].columns]


def test_a_view_that_is_gone_leaves_the_settings_compared(stored):
    first, second = a_view(stored, "one"), a_view(stored, "two", encoder="model 2")
    Workspace().remove_encoding(stored.id, "model 2")
    found = compare_views(first, second)
    assert found.warnings[0].startswith("two: What this view shows is gone.")
    assert [table.title for table in found.tables] == ["What differs"]


def test_what_ranks_items_is_not_held_against_what_ranks_vectors(stored):
    found = compare_views(a_view(stored, "raw"), a_view(stored, "items", strategy="items-rrf"))
    rows = {row[0]: row for row in found.tables[-1].rows}
    assert rows["NDCG@10, text queries"][4] == "another protocol"
    assert "another protocol" in found.tables[-1].note


def test_all_views_are_one_section_in_their_order(stored):
    views = [a_view(stored, "one"), replace(a_view(stored, "two"), id="0b0b0b0b", note="a\n\nb")]
    found = views_finding(views)
    assert [part.title for part in found.parts.values()] == ["one", "two"]
    assert list(found.parts["0b0b0b0b"].readings[:2]) == ["a", "b"]
    assert list(found.to_json()) == ["0a0a0a0a", "0b0b0b0b"]


def test_settings_are_told_with_the_page_first_and_long_words_cut():
    view = SavedView(
        page="cones",
        name="x",
        params=(("q", "w" * 500), ("selected", "a"), ("selected", "b"), ("collection", "c")),
    )
    told = settings_of(view)
    assert list(told) == ["page", "collection", "query", "selected"]
    assert told["page"] == "Cones" and told["selected"] == "a, b" and len(told["query"]) == 120
