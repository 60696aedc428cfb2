"""Every figure that is shown is listed, with all that is to be known of how it is measured."""

import json
from dataclasses import asdict, replace
from datetime import date
from math import isnan

import pytest

from benchmarks.coverage import plain
from gapviz.analyses.analysis import Request
from gapviz.analyses.figure_families import families
from gapviz.analyses.protocol import (
    ANALYSIS,
    COVERAGE,
    Coverage,
    find_protocol,
    measured_coverage,
    protocol_finding,
)
from gapviz.core.progress import no_progress
from gapviz.measures.described import NOT_STATED
from gapviz.measures.diagnostics import DIAGNOSTICS, Diagnostic
from gapviz.measures.experiment import measure
from gapviz.measures.retrieval.outcomes import figure_name

NO_LABELS = "no two held-out items share their only label"
FIGURES = {one.name: one for family in families().values() for one in family.figures}


def protocol_of(collection, **asked):
    return find_protocol(Request(collection, ANALYSIS.usual(), **asked), no_progress)


def lacking(collection, **asked):
    """Why a collection has not got each figure; None where it has."""
    told = protocol_of(collection, **asked).to_json()
    return {
        name: figure["not_here"]
        for family in families()
        for name, figure in told[family].items()
        if name != "title"
    }


def test_every_diagnostic_is_listed():
    assert set(DIAGNOSTICS) <= set(FIGURES)


def test_every_figure_that_a_measurement_has_parts_of_is_listed(make_collection):
    replicates = measure(make_collection()).replicates
    assert {*map(figure_name, replicates), "imbalance"} <= set(FIGURES)


def test_no_two_figures_have_one_name():
    assert len(FIGURES) == sum(len(family.figures) for family in families().values())


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_all_of_how_it_is_measured(name):
    figure = FIGURES[name]
    words = [figure.title, figure.formula, figure.reading, *asdict(figure.rules).values()]
    assert all(words) and figure.rules != NOT_STATED


def test_a_diagnostic_of_another_package_is_listed_last(monkeypatch):
    toy = Diagnostic(name="toy", title="Toy", formula="t", reading="A toy.", read=lambda m: 0.0)
    monkeypatch.setitem(DIAGNOSTICS, "toy", toy)
    *_, last = families().values()
    assert [one.name for one in last.figures] == ["toy"]
    assert "Not stated" in " ".join(protocol_finding([last]).parts["further"].readings)


def test_the_built_in_collection_has_every_figure_but_those_by_judgments_and_of_a_store():
    from gapviz.sources.builtin import builtin_collection

    found = lacking(builtin_collection(), source="builtin")
    without = {name for name, why in found.items() if why}
    judged, live = (
        {figure.name for figure in families()[name].figures} for name in ("judged", "live")
    )
    assert without == judged | live
    assert {found[name] for name in judged} == {"no queries with judgments"}
    assert {found[name] for name in live} == {"not read from a vector store"}


def test_a_collection_with_judgments_has_the_figures_by_them(make_judged):
    found = lacking(make_judged(n=20))
    assert not any(found[figure.name] for figure in families()["judged"].figures)


def test_what_needs_pairs_is_what_is_unknown_without_them(make_unpaired):
    apart = make_unpaired(40)
    measured, told = measure(apart), lacking(apart)
    for name, one in DIAGNOSTICS.items():
        found = one.read(measured)
        figures = found.values() if one.by_modality else [found]
        unknown = all(isnan(getattr(figure, "value", figure)) for figure in figures)
        assert (told[name] in ("no matched pairs", NO_LABELS)) == unknown, name
    for key, found in measured.replicates.items():
        assert (told[figure_name(key)] == "no matched pairs") == isnan(found.value), key


def test_the_reason_is_told_where_a_figure_is_missing(make_collection):
    unlabelled, one = make_collection(), make_collection(modalities=("image",))
    assert lacking(unlabelled)["within_map"] == "no label that two held-out items share"
    assert lacking(unlabelled)["gap"] is None
    assert lacking(one)["gap"] == "one modality" and lacking(one)["cone_x"] is None
    assert set(lacking(replace(one, splits={})).values()) == {"no held-out items"}
    assert set(lacking(replace(one, modalities={})).values()) == {"no vectors"}
    assert "one modality" in protocol_of(one).readings[0]


def test_items_of_several_labels_have_no_clusters_to_be_held_against(make_labelled_world):
    one = make_labelled_world()
    several = replace(
        one, items=tuple(replace(item, other_labels=("further",)) for item in one.items)
    )
    assert lacking(one)["v_measure_labels"] is None
    assert lacking(several)["v_measure_labels"] == NO_LABELS
    assert isnan(measure(several).groups.labels.v.value)
    assert lacking(several)["v_measure_modality"] is lacking(several)["within_map"] is None


def test_the_coverage_that_ships_is_of_figures_that_are_listed():
    told = json.loads(COVERAGE.read_text("utf-8"))
    assert date.fromisoformat(told["date"]) and told["draws"] > 0
    assert told["worlds"] and told["strategies"] and told["figures"]
    for kind in ("figures", "changes"):
        for name, ends in told[kind].items():
            assert FIGURES[name].rules.has_interval
            assert all(int(n) > 0 and 0 <= low <= high <= 1 for n, (low, high) in ends.items())


def test_the_page_says_from_how_many_draws_the_coverage_is():
    coverage = measured_coverage()
    assert coverage.sentence in protocol_finding(families().values()).readings
    assert f"{coverage.draws:,} draws" in coverage.sentence


def test_of_few_draws_a_right_interval_may_show_less_than_95_per_cent():
    few, many = (Coverage("2026-01-01", n, (), (), {}, {}).by_chance for n in (20, 10_000))
    # Binomial quantiles: of 20 at 0.95, 17 and 20 held.
    assert few == (0.85, 1.0)
    assert many == pytest.approx((0.95 - 0.00427, 0.95 + 0.00427), abs=2e-4)


def test_the_benchmark_writes_the_lowest_and_the_highest_of_every_figure(monkeypatch):
    class Options:
        draws, worlds, strategies = 7, [4], ["raw", "centre"]

    found = {
        ("raw", ("mrr", "image")): {60: [(0.9, 1.0), (0.95, 1.0)]},
        ("centre", ("mrr", "image")): {60: [(1.0, 1.0)]},
        ("centre", ("recall@1", "text", "image")): {60: [(0.8, 1.0)]},
        ("centre − raw", ("mrr", "image")): {60: [(0.7, 1.0)]},
    }
    told = plain(found, Options)
    assert told["draws"] == 7 and told["worlds"] == ["gap 0.6, weak content"]
    assert told["figures"] == {"mrr": {"60": [0.9, 1.0]}, "cross_recall@1": {"60": [0.8, 0.8]}}
    assert told["changes"] == {"mrr": {"60": [0.7, 0.7]}}
